package dev.caravan.operations.cost;

import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The expected runs of a pipeline in the period of the estimate, from its last runs.
 *
 * @param slots its slots; of very many only the first ones, which represent the others
 * @param runs the number of runs in the whole period
 * @param known the number of completed runs that the averages are from; 0 if they are assumed
 * @param attempts average attempts of a run
 * @param bytes average bytes of a run
 * @param busy average time of all attempts of a run, without the delays between them
 * @param waits whether {@code busy} includes an assumed wait for Snowpipe
 */
record Workload(
        String pipeline,
        List<Instant> slots,
        long runs,
        int known,
        double attempts,
        double bytes,
        Duration busy,
        boolean waits) {

    /** The number of last runs that are read. */
    static final int HISTORY = 30;

    /** More than the minutes of a month; only crons with seconds exceed it. */
    private static final int MOST_SLOTS = 50_000;

    /** The bytes of a pipeline that has not run yet; a day of exchange rates has 3 kB. */
    private static final double ASSUMED_BYTES = 5_000;

    private static final Duration ASSUMED_TIME = Duration.ofSeconds(30);

    /** Snowpipe loads most files within a minute; a run polls every 15 seconds. */
    private static final Duration ASSUMED_WAIT = Duration.ofSeconds(60);

    static Workload of(Pipelines pipelines, String pipeline, Instant after, Instant until) {
        List<Instant> slots = pipelines.slots(pipeline, after, until, MOST_SLOTS);
        long count = slots.size();
        if (count == MOST_SLOTS) {
            Instant first = slots.get(0);
            Instant last = slots.get(slots.size() - 1);
            count = 1 + (long) ((count - 1) * seconds(first, until) / seconds(first, last));
        }
        List<RunRecord> runs = pipelines.ledger().history().list(pipeline, RunState.COMPLETED, HISTORY);
        if (runs.isEmpty()) {
            return new Workload(pipeline, slots, count, 0, 1, ASSUMED_BYTES, ASSUMED_TIME, false);
        }
        double millis = runs.stream()
                .flatMap(run -> pipelines.ledger().history().attempts(run.id()).stream())
                .filter(attempt -> attempt.finished() != null)
                .mapToLong(Workload::millis)
                .sum();
        return new Workload(
                pipeline,
                slots,
                count,
                runs.size(),
                runs.stream().mapToInt(RunRecord::attempts).average().orElseThrow(),
                runs.stream().mapToLong(RunRecord::bytes).average().orElseThrow(),
                Duration.ofMillis(Math.round(millis / runs.size())),
                false);
    }

    /** Returns the workload with the time that a run will wait for Snowpipe. */
    Workload waiting() {
        return new Workload(pipeline, slots, runs, known, attempts, bytes, busy.plus(ASSUMED_WAIT), true);
    }

    private static long millis(AttemptRecord attempt) {
        return Duration.between(attempt.started(), attempt.finished()).toMillis();
    }

    private static double seconds(Instant from, Instant until) {
        return Duration.between(from, until).toMillis() / 1000.0;
    }

    /**
     * Returns the times in which it keeps the warehouse on. Runs between which the warehouse does not suspend itself are one
     * use. Slots beyond those counted repeat their pattern.
     */
    List<WarehouseTime.Use> uses(Duration autoSuspend, Instant until) {
        List<WarehouseTime.Use> uses = new ArrayList<>();
        for (Instant slot : slots) {
            WarehouseTime.Use last = uses.isEmpty() ? null : uses.get(uses.size() - 1);
            Instant end = slot.plus(busy);
            if (last != null && !slot.isAfter(last.until().plus(autoSuspend))) {
                uses.set(uses.size() - 1, new WarehouseTime.Use(last.from(), end));
            } else {
                uses.add(new WarehouseTime.Use(slot, end));
            }
        }
        if (runs > slots.size()) {
            Duration span = Duration.between(slots.get(0), slots.get(slots.size() - 1));
            List<WarehouseTime.Use> counted = List.copyOf(uses);
            for (Duration later = span; slots.get(0).plus(later).isBefore(until); later = later.plus(span)) {
                for (WarehouseTime.Use use : counted) {
                    if (use.from().plus(later).isBefore(until)) {
                        uses.add(new WarehouseTime.Use(
                                use.from().plus(later), earlier(use.until().plus(later), until.plus(busy))));
                    }
                }
            }
        }
        return uses;
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    /** Returns the attempts of all runs. */
    double allAttempts() {
        return runs * attempts;
    }

    /** Returns the bytes of all runs. */
    double allBytes() {
        return runs * bytes;
    }

    /** Returns how the averages were derived. */
    String basis() {
        String basis = known == 0
                ? "assumed: it has not run yet"
                : known == 1 ? "from its only run" : "average of " + known + " runs";
        return basis + (waits ? ", plus " + ASSUMED_WAIT.toSeconds() + " s assumed for Snowpipe" : "");
    }
}
