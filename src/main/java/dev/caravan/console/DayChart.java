package dev.caravan.console;

import dev.caravan.pipeline.ledger.RunState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Runs by day as stacked bars. */
record DayChart(List<Bar> bars, List<Total> totals, long most, String first, String last, String label) {

    private static final int STEP = 20;
    private static final int HEIGHT = 108;

    record Bar(int x, int y, int height, String state, String title) {}

    record Total(String state, long runs) {}

    static DayChart of(List<HomePage.Day> days) {
        long most = days.stream().mapToLong(DayChart::count).max().orElse(0);
        List<Bar> bars = new ArrayList<>();
        int x = 2;
        for (HomePage.Day day : days) {
            int y = HEIGHT;
            for (Map.Entry<RunState, Long> each : day.runs().entrySet()) {
                int height = (int) Math.max(2, Math.round((HEIGHT - 4.0) * each.getValue() / most));
                y = Math.max(0, y - height);
                bars.add(new Bar(
                        x,
                        y,
                        height,
                        each.getKey().toString(),
                        Words.day(day.day()) + ": " + Words.number(each.getValue()) + " " + each.getKey()));
            }
            x += STEP;
        }
        List<Total> totals = Arrays.stream(RunState.values())
                .map(state -> new Total(state.toString(), total(days, state)))
                .filter(total -> total.runs() > 0)
                .toList();
        return new DayChart(
                bars,
                totals,
                most,
                Words.day(days.get(0).day()),
                Words.day(days.get(days.size() - 1).day()),
                "Runs of the last " + days.size() + " days: "
                        + (totals.isEmpty()
                                ? "none"
                                : String.join(
                                        ", ",
                                        totals.stream()
                                                .map(total -> Words.number(total.runs()) + " " + total.state())
                                                .toList())));
    }

    private static long total(List<HomePage.Day> days, RunState state) {
        return days.stream()
                .mapToLong(day -> day.runs().getOrDefault(state, 0L))
                .sum();
    }

    private static long count(HomePage.Day day) {
        return day.runs().values().stream().mapToLong(Long::longValue).sum();
    }
}
