package dev.caravan.pipeline.ledger;

import java.util.List;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;

/**
 * What is usual for a pipeline, by its last completed runs.
 *
 * @param runs how many these are, at most {@link RunStatistics#USUAL_RUNS}
 * @param millis how long they took, from the beginning of the first attempt to the end
 * @param rows how many rows they loaded
 */
public record Usual(int runs, Range millis, Range rows) {

    /**
     * Where most values lie.
     *
     * @param low a tenth of the values are lower
     * @param median half of the values are lower
     * @param high a tenth of the values are higher
     */
    public record Range(long low, long median, long high) {

        static Range of(LongStream values) {
            long[] sorted = values.sorted().toArray();
            return new Range(at(sorted, 0.1), at(sorted, 0.5), at(sorted, 0.9));
        }

        private static long at(long[] sorted, double part) {
            return sorted[(int) Math.round((sorted.length - 1) * part)];
        }
    }

    /**
     * @param completed at least one run
     */
    static Usual of(List<RunRecord> completed) {
        return new Usual(
                completed.size(),
                range(
                        completed,
                        run -> run.finished().toEpochMilli() - run.started().toEpochMilli()),
                range(completed, RunRecord::rows));
    }

    private static Range range(List<RunRecord> runs, ToLongFunction<RunRecord> value) {
        return Range.of(runs.stream().mapToLong(value));
    }
}
