package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.Pipelines;

/** A pipeline's schedule is active: it is not paused, and there is a next slot. */
record ScheduleCheck(Pipelines pipelines, String pipeline) implements Check {

    @Override
    public String name() {
        return "schedule of " + pipeline;
    }

    @Override
    public Finding look() {
        Pipeline current = pipelines.get(pipeline);
        if (current.cron() == null) {
            return notApplicable("runs on demand");
        } else if (current.paused()) {
            return fail("is paused", "caravan resume " + pipeline);
        } else if (current.nextSlot() == null) {
            return fail("'" + current.cron() + "' has no slot any more", "give its route a cron that goes on");
        }
        return pass(current.schedule() + " " + current.timeZone() + ", next " + current.nextSlot());
    }
}
