package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.pipeline.Pipeline;

/** Checks that a pipeline is not paused and has a next slot. */
record ScheduleCheck(Pipeline pipeline) implements Check {

    @Override
    public String name() {
        return "schedule of " + pipeline.name();
    }

    @Override
    public Finding run() {
        if (pipeline.cron() == null) {
            return notApplicable("runs on demand");
        } else if (pipeline.paused()) {
            return fail("is paused", "caravan resume " + pipeline.name());
        } else if (pipeline.nextSlot() == null) {
            return fail("'" + pipeline.cron() + "' has no future slot", "set a cron that has future slots");
        }
        return pass(pipeline.schedule() + " " + pipeline.timeZone() + ", next " + pipeline.nextSlot());
    }
}
