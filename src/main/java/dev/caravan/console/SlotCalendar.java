package dev.caravan.console;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.UsageException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The slots of a pipeline in a month, by day.
 *
 * @param month such as 2026-01
 */
record SlotCalendar(String month, List<Day> days) {

    /** More than a month has seconds apart by ten minutes; of more slots only the days until then show how many are due. */
    private static final int MOST_DUE = 5_000;

    /** The worst state first: it colours the day. */
    private static final List<RunState> BY_URGENCY = List.of(
            RunState.FAILED,
            RunState.CRASHED,
            RunState.MISSED,
            RunState.CANCELLED,
            RunState.RETRYING,
            RunState.RUNNING,
            RunState.SCHEDULED,
            RunState.SKIPPED,
            RunState.COMPLETED);

    /**
     * A day in UTC.
     *
     * @param slots those that have a run, or were missed, by state
     * @param due how many are still to come
     */
    record Day(LocalDate day, Map<RunState, Long> slots, int due) {

        /** Returns the state that needs attention most; null if no slot has a run. */
        RunState worst() {
            return BY_URGENCY.stream().filter(slots::containsKey).findFirst().orElse(null);
        }

        String title() {
            String known = slots.entrySet().stream()
                    .map(state -> Words.number(state.getValue()) + " " + state.getKey())
                    .collect(Collectors.joining(", "));
            String coming = due == 0 ? "" : Words.number(due) + " due";
            return Words.day(day) + ": "
                    + (known.isEmpty() && coming.isEmpty()
                            ? "no slot"
                            : known + (known.isEmpty() || coming.isEmpty() ? "" : ", ") + coming);
        }
    }

    /**
     * Returns the calendar of a pipeline.
     *
     * @param text the month, or empty for this one
     */
    static SlotCalendar of(Data data, String pipeline, String text) {
        YearMonth month = month(text, data.now());
        Instant from = month.atDay(1).atStartOfDay().toInstant(ZoneOffset.UTC);
        Instant until = month.plusMonths(1).atDay(1).atStartOfDay().toInstant(ZoneOffset.UTC);
        SortedMap<LocalDate, Map<RunState, Long>> known = data.ledger().slots().countByDay(pipeline, from, until);
        Map<LocalDate, Integer> due = new TreeMap<>();
        Instant now = data.now();
        if (now.isBefore(until)) {
            Instant after = now.isBefore(from) ? from.minusMillis(1) : now;
            data.pipelines()
                    .slots(pipeline, after, until.minusMillis(1), MOST_DUE)
                    .forEach(slot -> due.merge(LocalDate.ofInstant(slot, ZoneOffset.UTC), 1, Integer::sum));
        }
        List<Day> days = new ArrayList<>();
        for (int i = 1; i <= month.lengthOfMonth(); i++) {
            LocalDate day = month.atDay(i);
            days.add(new Day(day, known.getOrDefault(day, Map.of()), due.getOrDefault(day, 0)));
        }
        return new SlotCalendar(month.toString(), days);
    }

    private static YearMonth month(String text, Instant now) {
        try {
            return text.isEmpty() ? YearMonth.from(now.atOffset(ZoneOffset.UTC)) : YearMonth.parse(text);
        } catch (DateTimeException e) {
            throw new UsageException("Invalid month " + text + ": write it as 2026-01", e);
        }
    }

    /** Returns the weeks; null stands for a day of another month. */
    @JsonIgnore
    List<List<Day>> weeks() {
        return Weeks.of(days, Day::day);
    }

    String previous() {
        return YearMonth.parse(month).minusMonths(1).toString();
    }

    String next() {
        return YearMonth.parse(month).plusMonths(1).toString();
    }

    String title() {
        return Words.month(YearMonth.parse(month));
    }
}
