package dev.caravan.operations.cost;

import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What a pipeline will do in the period of the estimate, if its runs go on as the last ones went.
 *
 * @param slots when it runs
 * @param known how many completed runs the averages are from; none if they are assumed
 * @param attempts of a run, on average
 * @param bytes that a run moves, on average
 * @param busy how long all attempts of a run take, on average; not the pauses between them
 * @param waits whether {@code busy} has an assumed time in it, for Snowpipe
 */
record Workload(
        String pipeline, List<Instant> slots, int known, double attempts, double bytes, Duration busy, boolean waits) {

    /** How many of the last runs are looked at. */
    static final int HISTORY = 30;

    /** For a pipeline that has not run yet: a day of exchange rates has 3 kB. */
    private static final double ASSUMED_BYTES = 5_000;

    private static final Duration ASSUMED_TIME = Duration.ofSeconds(30);

    /** Snowpipe mostly loads a file within a minute; a run asks every 15 seconds. */
    private static final Duration ASSUMED_WAIT = Duration.ofSeconds(60);

    static Workload of(Pipelines pipelines, String pipeline, Instant after, Instant until) {
        List<Instant> slots = pipelines.slots(pipeline, after, until);
        List<RunRecord> runs = pipelines.ledger().history().list(pipeline, RunState.COMPLETED, HISTORY);
        if (runs.isEmpty()) {
            return new Workload(pipeline, slots, 0, 1, ASSUMED_BYTES, ASSUMED_TIME, false);
        }
        double millis = runs.stream()
                .flatMap(run -> pipelines.ledger().history().attempts(run.id()).stream())
                .filter(attempt -> attempt.finished() != null)
                .mapToLong(Workload::millis)
                .sum();
        return new Workload(
                pipeline,
                slots,
                runs.size(),
                runs.stream().mapToInt(RunRecord::attempts).average().orElseThrow(),
                runs.stream().mapToLong(RunRecord::bytes).average().orElseThrow(),
                Duration.ofMillis(Math.round(millis / runs.size())),
                false);
    }

    /** The same with the time that a run will wait for Snowpipe. */
    Workload waiting() {
        return new Workload(pipeline, slots, known, attempts, bytes, busy.plus(ASSUMED_WAIT), true);
    }

    private static long millis(AttemptRecord attempt) {
        return Duration.between(attempt.started(), attempt.finished()).toMillis();
    }

    int runs() {
        return slots.size();
    }

    /** Attempts of all runs. */
    double allAttempts() {
        return runs() * attempts;
    }

    /** Bytes of all runs. */
    double allBytes() {
        return runs() * bytes;
    }

    /** How the averages were come by. */
    String basis() {
        String basis = known == 0
                ? "assumed, it has not run yet"
                : known == 1 ? "as its one run" : "average of " + known + " runs";
        return basis + (waits ? ", and " + ASSUMED_WAIT.toSeconds() + " s assumed for Snowpipe" : "");
    }
}
