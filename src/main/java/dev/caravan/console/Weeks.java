package dev.caravan.console;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** The days of a month in weeks that begin on Monday. */
final class Weeks {

    private Weeks() {}

    /**
     * Returns the weeks. The first one begins with nulls, which stand for the days of another month.
     *
     * @param days of one month, in their order
     */
    static <D> List<List<D>> of(List<D> days, Function<D, LocalDate> date) {
        List<List<D>> weeks = new ArrayList<>();
        for (D day : days) {
            int weekday = date.apply(day).getDayOfWeek().getValue();
            if (weeks.isEmpty() || weekday == 1) {
                weeks.add(new ArrayList<>());
            }
            List<D> week = weeks.get(weeks.size() - 1);
            while (week.size() < weekday - 1) {
                week.add(null);
            }
            week.add(day);
        }
        return weeks;
    }
}
