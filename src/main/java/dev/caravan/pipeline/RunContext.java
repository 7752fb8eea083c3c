package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.RunRecord;
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
 * @param previous the run before it was reopened or taken over, or null
 * @param takenOver whether it was taken over: its earlier attempts count
 * @param countedLoads the loads whose rows have been added to the progress
 */
record RunContext(
        PipelineConsumer pipeline,
        Map<String, Object> parameters,
        Instant slot,
        Run caller,
        Permits.Due due,
        RunRecord previous,
        boolean takenOver,
        Set<String> countedLoads) {

    RunContext(
            PipelineConsumer pipeline,
            Map<String, Object> parameters,
            Instant slot,
            Run caller,
            Permits.Due due,
            RunRecord previous,
            boolean takenOver) {
        this(pipeline, parameters, slot, caller, due, previous, takenOver, ConcurrentHashMap.newKeySet());
    }

    String name() {
        return pipeline.name();
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
