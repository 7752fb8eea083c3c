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
 * What a pipeline will do in the period of the estimate, if its runs go on as the last ones went.
 *
 * @param slots when it runs; of very many the first ones, which stand for the others
 * @param runs in the whole period
 * @param known how many completed runs the averages are from; none if they are assumed
 * @param attempts of a run, on average
 * @param bytes that a run moves, on average
 * @param busy how long all attempts of a run take, on average; not the pauses between them
 * @param waits whether {@code busy} has an assumed time in it, for Snowpipe
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

    /** How many of the last runs are looked at. */
    static final int HISTORY = 30;

    /** Every minute of a month and some more; only crons of seconds have more. */
    private static final int MOST_SLOTS = 50_000;

    /** For a pipeline that has not run yet: a day of exchange rates has 3 kB. */
    private static final double ASSUMED_BYTES = 5_000;

    private static final Duration ASSUMED_TIME = Duration.ofSeconds(30);

    /** Snowpipe mostly loads a file within a minute; a run asks every 15 seconds. */
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

    /** The same with the time that a run will wait for Snowpipe. */
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
     * When it keeps a warehouse on that suspends itself after a while: the runs between which it stays on are one use.
     * The slots that were not counted are as the ones that were.
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

    /** Attempts of all runs. */
    double allAttempts() {
        return runs * attempts;
    }

    /** Bytes of all runs. */
    double allBytes() {
        return runs * bytes;
    }

    /** How the averages were come by. */
    String basis() {
        String basis = known == 0
                ? "assumed, it has not run yet"
                : known == 1 ? "as its one run" : "average of " + known + " runs";
        return basis + (waits ? ", and " + ASSUMED_WAIT.toSeconds() + " s assumed for Snowpipe" : "");
    }
}
