package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.Pause;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.run.UsageException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What can be done with the pipelines of a Camel context: for the command line and other controls. */
public final class Pipelines {

    private final PipelineComponent component;

    Pipelines(PipelineComponent component) {
        this.component = component;
    }

    /** All pipelines by name. */
    public List<Pipeline> list() {
        Map<String, Pause> pauses = ledger().pipelines().pauses();
        return component.consumers().stream()
                .map(pipeline -> describe(pipeline, pauses))
                .toList();
    }

    /**
     * One pipeline.
     *
     * @throws UsageException if there is none of this name
     */
    public Pipeline get(String name) {
        return describe(component.pipeline(name), ledger().pipelines().pauses());
    }

    private Pipeline describe(PipelineConsumer pipeline, Map<String, Pause> pauses) {
        PipelineEndpoint options = pipeline.getEndpoint();
        Instant now = ledger().clock().instant();
        return new Pipeline(
                pipeline.name(),
                pipeline.getRoute().getRouteId(),
                pipeline.getRoute().getDescription(),
                options.schedule().map(Schedule::cron).orElse(null),
                options.schedule().map(Schedule::words).orElse(null),
                options.getTimeZone(),
                options.tagList(),
                options.parameters().declared(),
                options.schedule().flatMap(schedule -> schedule.last(now)).orElse(null),
                options.schedule().flatMap(schedule -> schedule.next(now)).orElse(null),
                pauses.getOrDefault(pipeline.name(), new Pause(false, 0)).paused(),
                ledger().history().last(pipeline.name()).orElse(null));
    }

    /**
     * The slots of a pipeline in a period, whether it is paused or not; none if it runs on demand.
     *
     * @param after the beginning, which is not part of it
     * @param until the end, which is
     * @throws UsageException if there is no such pipeline
     */
    public List<Instant> slots(String name, Instant after, Instant until) {
        List<Instant> slots = new ArrayList<>();
        component.pipeline(name).getEndpoint().schedule().ifPresent(schedule -> {
            Optional<Instant> slot = schedule.next(after);
            while (slot.isPresent() && !slot.get().isAfter(until)) {
                slots.add(slot.get());
                slot = schedule.next(slot.get());
            }
        });
        return slots;
    }

    /**
     * Runs a pipeline in this process and waits for its end. A paused pipeline runs too.
     *
     * @param parameters as the user wrote them
     * @return the run as the ledger knows it: whether it completed is for the caller to see
     * @throws UsageException if there is no such pipeline, if its route is stopped, or if the parameters are not as
     *     declared; nothing has run then
     */
    public RunRecord run(String name, Map<String, String> parameters) {
        return component.pipeline(name).run(Trigger.MANUAL, parameters, null);
    }

    /**
     * Runs an ended run again in this process, with the same id and parameters, and waits for its end.
     *
     * @throws UsageException if the run has not failed, crashed or been cancelled
     */
    public RunRecord retry(String run) {
        RunRecord ended = ledger().history().get(run);
        return component.runner().retry(component.pipeline(ended.pipeline()), ended);
    }

    /**
     * Ends a run, in whatever process it is under way.
     *
     * @throws UsageException if it is not under way
     */
    public void cancel(String run) {
        ledger().runs().cancel(run);
        component.runner().cancel(run, "it was cancelled");
    }

    /** Passes the slots of a pipeline by, in all processes and until it is resumed. */
    public void pause(String name) {
        pause(name, true);
    }

    /** Ends a pause. */
    public void resume(String name) {
        pause(name, false);
    }

    private void pause(String name, boolean paused) {
        PipelineConsumer pipeline = component.pipeline(name);
        component.follow(pipeline, ledger().pipelines().pause(name, paused));
    }

    /** The ledger, for what is not about the pipelines of this context. */
    public Ledger ledger() {
        return component.runner().ledger();
    }
}
