package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.Pause;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.Endpoint;

/** What can be done with the pipelines of a Camel context: for the command line and other controls. */
public final class Pipelines {

    private static final Duration SLOT_GRACE = Duration.ofMinutes(1);
    private static final int MOST_MISSED = 1_000;

    private final PipelineComponent component;

    Pipelines(PipelineComponent component) {
        this.component = component;
    }

    /** The names of all pipelines, in order. */
    public Set<String> names() {
        return component.registry().all().stream()
                .map(PipelineConsumer::name)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** What the ledger knows of all pipelines, asked for once. */
    private record Known(
            Instant now, Map<String, Pause> pauses, Map<String, Instant> resumed, Map<String, List<RunRecord>> runs) {

        static Known of(Ledger ledger, Collection<String> pipelines) {
            return new Known(
                    ledger.clock().instant(),
                    ledger.pipelines().pauses(),
                    ledger.pipelines().resumed(),
                    ledger.history().latest(pipelines));
        }
    }

    /** All pipelines by name. */
    public List<Pipeline> list() {
        Collection<PipelineConsumer> consumers = component.registry().all();
        Known known = Known.of(
                ledger(), consumers.stream().map(PipelineConsumer::name).toList());
        return consumers.stream().map(pipeline -> describe(pipeline, known)).toList();
    }

    /**
     * One pipeline.
     *
     * @throws UsageException if there is none of this name
     */
    public Pipeline get(String name) {
        return describe(component.registry().get(name), Known.of(ledger(), List.of(name)));
    }

    private static Pipeline describe(PipelineConsumer pipeline, Known known) {
        PipelineEndpoint options = pipeline.getEndpoint();
        Optional<Schedule> schedule = options.schedule();
        boolean paused = known.pauses()
                .getOrDefault(pipeline.name(), new Pause(false, 0))
                .paused();
        List<RunRecord> runs = known.runs().getOrDefault(pipeline.name(), List.of());
        return new Pipeline(
                pipeline.name(),
                pipeline.getRoute().getRouteId(),
                pipeline.getRoute().getDescription(),
                schedule.map(Schedule::cron).orElse(null),
                schedule.map(Schedule::words).orElse(null),
                options.getTimeZone(),
                options.tagList(),
                options.parameters().declared(),
                options.timeout(),
                schedule.flatMap(times -> times.last(known.now())).orElse(null),
                schedule.flatMap(times -> times.next(known.now())).orElse(null),
                paused,
                schedule.isEmpty() || paused || runs.isEmpty()
                        ? List.of()
                        : missed(schedule.get(), runs, known.resumed().get(pipeline.name()), known.now()),
                new RouteGraph(pipeline).version(),
                runs);
    }

    /** Any run after a slot makes up for it. */
    private static List<Instant> missed(Schedule schedule, List<RunRecord> runs, Instant resumed, Instant now) {
        Instant known = runs.stream()
                .flatMap(run -> Stream.of(run.created(), run.slot()))
                .filter(Objects::nonNull)
                .max(Instant::compareTo)
                .orElseThrow();
        return slots(
                schedule,
                resumed == null || resumed.isBefore(known) ? known : resumed,
                now.minus(SLOT_GRACE),
                MOST_MISSED);
    }

    /**
     * The endpoints that a pipeline's route calls, through other routes of this context too; not those whose names are
     * only known in a run.
     *
     * @throws UsageException if there is no such pipeline
     */
    public Collection<Endpoint> endpoints(String name) {
        return new RouteGraph(component.registry().get(name)).endpoints();
    }

    /** What the services run, beside the pipelines here. */
    public Deployment deployment() {
        return new Deployment(
                ledger().nodes().services(component.services().leaseDuration()),
                component.registry().versions());
    }

    /**
     * The slots of a pipeline in a period, whether it is paused or not; none if it runs on demand.
     *
     * @param after the beginning, which is not part of it
     * @param until the end, which is
     * @param most how many there may be; further ones are left out
     * @throws UsageException if there is no such pipeline
     */
    public List<Instant> slots(String name, Instant after, Instant until, int most) {
        return component
                .registry()
                .get(name)
                .getEndpoint()
                .schedule()
                .map(schedule -> slots(schedule, after, until, most))
                .orElse(List.of());
    }

    private static List<Instant> slots(Schedule schedule, Instant after, Instant until, int limit) {
        List<Instant> slots = new ArrayList<>();
        Optional<Instant> slot = schedule.next(after);
        while (slot.isPresent() && !slot.get().isAfter(until) && slots.size() < limit) {
            slots.add(slot.get());
            slot = schedule.next(slot.get());
        }
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
        ledger().requireWritable();
        return component.registry().get(name).run(Trigger.MANUAL, parameters, null);
    }

    /**
     * Runs an ended run again in this process, with the same id and parameters, and waits for its end.
     *
     * @throws UsageException if the run has not failed, crashed or been cancelled
     */
    public RunRecord retry(String run) {
        ledger().requireWritable();
        RunRecord ended = ledger().history().get(run);
        return component.runner().retry(component.registry().get(ended.pipeline()), ended);
    }

    /**
     * Ends a run, in whatever process it is under way.
     *
     * @throws UsageException if it is not under way
     */
    public void cancel(String run) {
        ledger().requireWritable();
        ledger().runs().cancel(run);
        component.runner().cancel(run, RunEnd.CANCELLED);
    }

    /** How many runs work at once in a process with these settings. */
    public int maxConcurrentRuns() {
        return component.getMaxConcurrentRuns();
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
        ledger().requireWritable();
        PipelineConsumer pipeline = component.registry().get(name);
        component.follow(pipeline, ledger().pipelines().pause(name, paused));
    }

    /** The ledger, for what is not about the pipelines of this context. */
    public Ledger ledger() {
        return component.ledger();
    }
}
