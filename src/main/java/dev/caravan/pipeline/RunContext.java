package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.run.Run;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What stays the same over all attempts of a run.
 *
 * @param slot the slot that it is for, or null
 * @param caller the run whose route called this one, or null
 * @param due its priority among the runs that wait for a permit
 * @param origin how it came to this process
 * @param previous the run before that; null if it is new
 * @param countedLoads the loads whose rows have been added to the progress
 */
record RunContext(
        PipelineConsumer pipeline,
        Map<String, Object> parameters,
        Instant slot,
        Run caller,
        Permits.Due due,
        Origin origin,
        RunRecord previous,
        Set<String> countedLoads) {

    /** How a run came to this process. */
    enum Origin {
        /** It was created here. */
        NEW,
        /** It waited for any process, or for a free place in another one. */
        CLAIMED,
        /** It had ended, and was reopened here. */
        REOPENED,
        /** Its process had ended; its earlier attempts count. */
        TAKEN_OVER
    }

    RunContext(
            PipelineConsumer pipeline,
            Map<String, Object> parameters,
            Instant slot,
            Run caller,
            Permits.Due due,
            Origin origin,
            RunRecord previous) {
        this(pipeline, parameters, slot, caller, due, origin, previous, ConcurrentHashMap.newKeySet());
    }

    String name() {
        return pipeline.name();
    }

    /** Whether it had ended before it came to this process. */
    boolean hadEnded() {
        return origin == Origin.REOPENED || origin == Origin.TAKEN_OVER;
    }

    /** What to do if it is not its turn. A retry that nobody waits for was asked for, and waits. */
    PipelineEndpoint.Overlap onOverlap() {
        return origin == Origin.CLAIMED && previous.trigger() == Trigger.RETRY
                ? PipelineEndpoint.Overlap.queue
                : options().getOnOverlap();
    }

    PipelineEndpoint options() {
        return pipeline.getEndpoint();
    }

    /** Marks a load as counted: once, whatever attempt has committed it, and whether it knows of that or not. */
    boolean markCounted(String load, boolean committedEarlier) {
        boolean first = countedLoads.add(load);
        // what the attempts of another process have counted is known only as a sum
        return first && (!committedEarlier || previous == null || previous.rows() == 0);
    }
}
