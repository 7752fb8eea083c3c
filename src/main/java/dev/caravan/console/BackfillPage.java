package dev.caravan.console;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.caravan.console.DateRange.Days;
import dev.caravan.pipeline.Parameter;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.ledger.DayTable.KnownDay;
import dev.caravan.pipeline.ledger.QuotaTable.KnownQuota;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.UsageException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The days of a pipeline that loads a range of days, as far as the ledger knows them.
 *
 * @param pipeline its name; empty if there is none
 * @param start the first day shown
 * @param end the last day shown
 * @param days from the first to the last one
 * @param counts how many days are in each state
 * @param toLoad how many days have no data, but can have some
 * @param quotas what the APIs that the pipeline calls have left
 * @param runs the last runs for these days, newest first
 * @param range the parameters that name the days
 * @param names the pipelines that load a range of days
 * @param parameters the pipeline's other parameters
 * @param form as the user filled it in
 */
record BackfillPage(
        String pipeline,
        LocalDate start,
        LocalDate end,
        List<Day> days,
        Map<Status, Long> counts,
        long toLoad,
        List<Left> quotas,
        List<RunView> runs,
        @JsonIgnore DateRange range,
        List<String> names,
        @JsonIgnore List<Parameter> parameters,
        @JsonIgnore PipelinePage.Form form,
        Instant now) {

    private static final int MOST_DAYS = 1_100;
    private static final int MOST_RUNS = 500;
    private static final int SHOWN_RUNS = 10;
    private static final String API = "api://";

    /** What is known of a day. */
    enum Status {
        PRESENT("completed"),
        RUNNING("running"),
        FAILED("failed"),
        NOT_AVAILABLE("skipped"),
        MISSING("missing");

        private final String style;

        Status(String style) {
            this.style = style;
        }

        /** Returns the state of a run whose colours it has. */
        String style() {
            return style;
        }

        String words() {
            return toString().replace('_', ' ');
        }

        @Override
        @JsonValue
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A day.
     *
     * @param run the run that is known to have loaded it, or has failed to; or null
     * @param reason why it is not there, or null
     */
    record Day(LocalDate day, Status state, String run, String reason) {}

    /** What is left of the quota of an API, and when it said so. */
    record Left(String api, long requests, Instant told) {}

    /** A month of the calendar; null before its first and after its last day shown. */
    record Month(String name, List<List<Day>> weeks) {}

    /** The choice of the user, as in the address; empty fields have defaults. */
    record Filter(String pipeline, String start, String end) {}

    static BackfillPage of(Data data, Filter filter, PipelinePage.Form form) {
        Instant now = data.now();
        LocalDate today = LocalDate.ofInstant(now, ZoneOffset.UTC);
        Map<String, Pipeline> ranged = new TreeMap<>();
        data.pipelines().list().stream()
                .filter(pipeline -> DateRange.of(pipeline).isPresent())
                .forEach(pipeline -> ranged.put(pipeline.name(), pipeline));
        LocalDate end = date(filter.end(), today.minusDays(1));
        LocalDate start = date(filter.start(), end.minusMonths(2).withDayOfMonth(1));
        if (start.isAfter(end)) {
            throw new UsageException("start " + start + " is after end " + end);
        }
        if (isTooLong(start, end)) {
            throw new UsageException("Choose at most three years: " + start + " to " + end + " is too long");
        }
        Days shown = new Days(start, end);
        if (ranged.isEmpty()) {
            return new BackfillPage(
                    "", start, end, List.of(), Map.of(), 0, List.of(), List.of(), null, List.of(), List.of(), form,
                    now);
        }
        Pipeline pipeline = filter.pipeline().isEmpty()
                ? ranged.values().iterator().next()
                : Optional.ofNullable(ranged.get(filter.pipeline()))
                        .orElseThrow(() -> new UsageException("Unknown pipeline " + filter.pipeline()
                                + " with a range of days; such are " + String.join(", ", ranged.keySet())));
        DateRange range = DateRange.of(pipeline).orElseThrow();
        List<RunView> runs = data.runs(pipeline.name(), Set.of(), null, null, MOST_RUNS).stream()
                .filter(run ->
                        range.of(run.parameters()).filter(shown::overlaps).isPresent())
                .toList();
        List<Day> days = days(data, pipeline.name(), range, shown, runs);
        Map<Status, Long> counts = new EnumMap<>(Status.class);
        days.forEach(day -> counts.merge(day.state(), 1L, Long::sum));
        return new BackfillPage(
                pipeline.name(),
                start,
                end,
                days,
                counts,
                counts.getOrDefault(Status.MISSING, 0L) + counts.getOrDefault(Status.FAILED, 0L),
                quotas(data, pipeline.name()),
                runs.stream().limit(SHOWN_RUNS).toList(),
                range,
                List.copyOf(ranged.keySet()),
                pipeline.parameters().stream()
                        .filter(parameter -> !parameter.name().equals(range.first())
                                && !parameter.name().equals(range.last()))
                        .toList(),
                form,
                now);
    }

    private static LocalDate date(String text, LocalDate otherwise) {
        try {
            return text.isEmpty() ? otherwise : LocalDate.parse(text);
        } catch (DateTimeParseException e) {
            throw new UsageException("Invalid date " + text + ": use 2026-01-31", e);
        }
    }

    /** What was recorded of a day is more exact than what runs for several days say. */
    private static List<Day> days(Data data, String pipeline, DateRange range, Days shown, List<RunView> runs) {
        Map<LocalDate, Day> days = new TreeMap<>();
        shown.first()
                .datesUntil(shown.last().plusDays(1))
                .forEach(day -> days.put(day, new Day(day, Status.MISSING, null, null)));
        // the oldest first; of each day the last word counts, but what is loaded stays loaded
        for (int i = runs.size() - 1; i >= 0; i--) {
            RunView run = runs.get(i);
            Days its = range.of(run.parameters()).orElseThrow();
            status(run.state())
                    .ifPresent(status -> days.replaceAll((date, day) -> its.contains(date)
                                    && (day.state() != Status.PRESENT || status == Status.PRESENT)
                            ? new Day(date, status, run.run(), status == Status.FAILED ? run.firstError() : null)
                            : day));
        }
        for (KnownDay known : data.ledger().days().list(pipeline, shown.first(), shown.last())) {
            days.computeIfPresent(
                    known.day().day(),
                    (date, day) ->
                            day.state() == Status.RUNNING && known.day().state() != dev.caravan.run.Day.State.PRESENT
                                    ? day
                                    : new Day(
                                            date,
                                            Status.valueOf(known.day().state().name()),
                                            known.run(),
                                            known.day().reason()));
        }
        return List.copyOf(days.values());
    }

    private static Optional<Status> status(RunState state) {
        return switch (state) {
            case COMPLETED -> Optional.of(Status.PRESENT);
            case FAILED, CRASHED -> Optional.of(Status.FAILED);
            default -> state.live() ? Optional.of(Status.RUNNING) : Optional.empty();
        };
    }

    private static List<Left> quotas(Data data, String pipeline) {
        Set<String> apis = data.pipelines().endpoints(pipeline).stream()
                .map(endpoint -> endpoint.getEndpointUri())
                .filter(uri -> uri.startsWith(API))
                .map(uri -> uri.substring(API.length()).split("[/?]", 2)[0])
                .collect(Collectors.toSet());
        return data.ledger().quotas().list().stream()
                .filter(known -> apis.contains(known.quota().api()))
                .map(BackfillPage::left)
                .toList();
    }

    private static Left left(KnownQuota known) {
        return new Left(known.quota().api(), known.quota().remaining(), known.told());
    }

    /** Returns the days by months and weeks, which begin on Monday. */
    List<Month> months() {
        List<Month> months = new ArrayList<>();
        Map<YearMonth, List<Day>> byMonth = days.stream()
                .collect(Collectors.groupingBy(day -> YearMonth.from(day.day()), TreeMap::new, Collectors.toList()));
        byMonth.forEach((month, its) -> {
            months.add(new Month(Words.month(month), Weeks.of(its, Day::day)));
        });
        return months;
    }

    long count(Status status) {
        return counts.getOrDefault(status, 0L);
    }

    /** Returns the run of these days in progress, if there is one. */
    RunView live() {
        return runs.stream().filter(RunView::live).findFirst().orElse(null);
    }

    /** Returns the last run for these days, if it can be resumed and none is in progress. */
    RunView resumable() {
        return runs.stream()
                .filter(run -> run.live()
                        || EnumSet.of(RunState.COMPLETED, RunState.FAILED, RunState.CRASHED, RunState.CANCELLED)
                                .contains(run.state()))
                .findFirst()
                .filter(RunView::canRetry)
                .orElse(null);
    }

    /** Returns the days of a run. */
    String daysOf(RunView run) {
        return run.parameters().get(range.first()) + " to " + run.parameters().get(range.last());
    }

    /** Returns the command that loads these days. */
    String command() {
        return "caravan run " + Words.shell(pipeline) + " -p " + range.first() + "=" + start + " -p " + range.last()
                + "=" + end;
    }

    private static boolean isTooLong(LocalDate start, LocalDate end) {
        return start.plusDays(MOST_DAYS).isBefore(end);
    }

    /** Returns whether the page shows a range; an empty date stands for its default. */
    static boolean shows(String start, String end) {
        return start.isEmpty() || !isTooLong(date(start, null), date(end, LocalDate.now(ZoneOffset.UTC)));
    }

    /** Returns the address of this choice. */
    static String address(String pipeline, String start, String end) {
        return "/backfill?pipeline=" + Words.path(pipeline) + "&start=" + Words.path(start) + "&end=" + Words.path(end);
    }
}
