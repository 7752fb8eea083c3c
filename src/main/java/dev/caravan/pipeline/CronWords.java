package dev.caravan.pipeline;

import java.time.Month;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Describes common cron expressions in English; others are returned as written. */
final class CronWords {

    private static final String[] DAYS = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
    private static final int MOST_TIMES = 6;
    private static final Pattern ANY = Pattern.compile("[*?](/1)?");
    private static final Pattern LIST = Pattern.compile("\\d+(,\\d+)*");
    private static final Pattern RANGE = Pattern.compile("(\\d+)-(\\d+)");
    private static final Pattern STEP = Pattern.compile("[*0]/(\\d+)");

    private final String second;
    private final String minute;
    private final String hour;
    private final String dayOfMonth;
    private final String month;
    private final String dayOfWeek;
    private final String year;
    private final int sunday;

    private CronWords(String[] fields, int sunday) {
        this.second = fields[0];
        this.minute = fields[1];
        this.hour = fields[2];
        this.dayOfMonth = fields[3];
        this.month = numbers(fields[4], 1, 12, n -> monthName(n).substring(0, 3));
        this.sunday = sunday;
        this.dayOfWeek = numbers(fields[5], sunday, sunday + 6, n -> dayName(n).substring(0, 3));
        this.year = fields[6];
    }

    /** Describes a crontab expression, which has five fields. */
    static String crontab(String cron) {
        return words(cron, ("0 " + cron + " *").split(" ", -1), 0);
    }

    /** Describes a Quartz expression, which has six or seven fields. */
    static String quartz(String cron) {
        return words(cron, (cron + " *").split(" ", -1), 1);
    }

    private static String words(String cron, String[] fields, int sunday) {
        CronWords words = new CronWords(fields, sunday);
        List<Optional<String>> parts = List.of(words.time(), words.days(), words.months(), words.years());
        return parts.stream().allMatch(Optional::isPresent)
                ? parts.stream()
                        .flatMap(Optional::stream)
                        .filter(part -> !part.isEmpty())
                        .collect(Collectors.joining(" "))
                : "cron " + cron;
    }

    /** Returns the time of day; empty if there is no short description. */
    private Optional<String> time() {
        if (!LIST.matcher(second).matches()) {
            return ANY.matcher(minute).matches() && ANY.matcher(hour).matches()
                    ? every(second, 60, "second")
                    : Optional.empty();
        }
        List<String> times = times();
        if (times.size() <= MOST_TIMES && !times.isEmpty()) {
            return Optional.of("at " + join(times));
        }
        if (!second.matches("0+")) {
            return Optional.empty();
        }
        return LIST.matcher(minute).matches()
                ? hourly()
                : every(minute, 60, "minute").flatMap(this::duringHours);
    }

    /** Returns the times of day, if hours, minutes and seconds are lists. */
    private List<String> times() {
        List<String> times = new ArrayList<>();
        for (int h : list(hour)) {
            for (int m : list(minute)) {
                for (int s : list(second)) {
                    times.add(clock(h, m) + (s == 0 ? "" : String.format(":%02d", s)));
                }
            }
        }
        return times;
    }

    private Optional<String> hourly() {
        List<Integer> minutes = list(minute);
        String at = minute.matches("0+") ? "" : " at minute " + join(minutes);
        if (ANY.matcher(hour).matches()) {
            return Optional.of("every hour" + at);
        }
        Matcher range = RANGE.matcher(hour);
        if (range.matches() && minutes.size() == 1 && from(range) < to(range)) {
            return Optional.of("every hour between " + clock(from(range), minutes.get(0)) + " and "
                    + clock(to(range), minutes.get(0)));
        }
        return every(hour, 24, "hour").map(text -> text + at);
    }

    private Optional<String> duringHours(String often) {
        if (ANY.matcher(hour).matches()) {
            return Optional.of(often);
        }
        Matcher range = RANGE.matcher(hour.matches("\\d+") ? hour + "-" + hour : hour);
        return range.matches() && from(range) <= to(range)
                ? Optional.of(often + " between " + clock(from(range), 0) + " and " + clock(to(range), 59))
                : Optional.empty();
    }

    private Optional<String> days() {
        Optional<String> inMonth = dayOfMonth.equals("L")
                ? Optional.of("on the last day of the month")
                : choice(dayOfMonth, "on day ", String::valueOf, "on day ", " to ")
                        .map(text -> text.isEmpty() ? text : text + " of the month");
        Optional<String> inWeek = choice(dayOfWeek, "on ", this::dayName, "every day between ", " and ");
        return inMonth.flatMap(
                one -> inWeek.map(other -> one.isEmpty() || other.isEmpty() ? one + other : one + " or " + other));
    }

    private Optional<String> months() {
        return choice(month, "in ", CronWords::monthName, "from ", " to ");
    }

    private Optional<String> years() {
        return choice(year, "in ", String::valueOf, "from ", " to ");
    }

    /** Returns an empty text if the field matches any value. */
    private static Optional<String> choice(
            String field, String one, IntFunction<String> name, String between, String and) {
        if (ANY.matcher(field).matches()) {
            return Optional.of("");
        }
        Matcher range = RANGE.matcher(field);
        if (range.matches() && from(range) < to(range)) {
            return Optional.of(between + name.apply(from(range)) + and + name.apply(to(range)));
        }
        return LIST.matcher(field).matches()
                ? Optional.of(one + join(list(field).stream().map(name::apply).toList()))
                : Optional.empty();
    }

    private static Optional<String> every(String field, int all, String unit) {
        if (ANY.matcher(field).matches()) {
            return Optional.of("every " + unit);
        }
        Matcher step = STEP.matcher(field);
        return step.matches() && from(step) > 1 && all % from(step) == 0
                ? Optional.of("every " + from(step) + " " + unit + "s")
                : Optional.empty();
    }

    private static List<Integer> list(String field) {
        return LIST.matcher(field).matches()
                ? Stream.of(field.split(",", -1))
                        .map(Integer::valueOf)
                        .sorted()
                        .distinct()
                        .toList()
                : List.of();
    }

    private static String numbers(String field, int first, int last, IntFunction<String> name) {
        String text = field;
        for (int n = first; n <= last; n++) {
            text = text.replaceAll("(?i)" + name.apply(n), String.valueOf(n));
        }
        return text;
    }

    private String dayName(int number) {
        return DAYS[(number - sunday) % 7];
    }

    private static String monthName(int number) {
        return Month.of(number).getDisplayName(TextStyle.FULL, Locale.ENGLISH);
    }

    private static String clock(int hour, int minute) {
        return String.format("%02d:%02d", hour, minute);
    }

    private static String join(List<?> items) {
        List<String> texts = items.stream().map(String::valueOf).toList();
        int last = texts.size() - 1;
        return last == 0 ? texts.get(0) : String.join(", ", texts.subList(0, last)) + " and " + texts.get(last);
    }

    private static int from(Matcher matcher) {
        return Integer.parseInt(matcher.group(1));
    }

    private static int to(Matcher matcher) {
        return Integer.parseInt(matcher.group(2));
    }
}
