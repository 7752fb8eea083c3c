package dev.caravan.pipeline;

import dev.caravan.pipeline.CatchUpPolicy.Plan;
import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.Node;
import dev.caravan.pipeline.ledger.Pause;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.Service;
import dev.caravan.pipeline.ledger.SlotTable;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Preview;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.Endpoint;
import org.apache.camel.Route;

/** Operations on the pipelines of a Camel context, for the command line and other controls. */
public final class Pipelines {

    /**
     * How busy this process is.
     *
     * @param limit how many runs can work at a time
     * @param used how many do
     * @param waiting how many wait for that
     */
    public record Places(int limit, int used, int waiting) {}

    private static final Duration SLOT_GRACE = Duration.ofMinutes(1);
    /** A message that takes longer is delivered by another process. */
    private static final Duration MESSAGE_TIMEOUT = Duration.ofSeconds(30);

    private static final int MOST_MISSED = 1_000;
    private static final Duration UPCOMING = Duration.ofHours(24);
    private static final int MOST_UPCOMING = 5;

    private final PipelineComponent component;

    Pipelines(PipelineComponent component) {
        this.component = component;
    }

    /** Returns the names of all pipelines, sorted. */
    public Set<String> names() {
        return component.registry().all().stream()
                .map(PipelineConsumer::name)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** What is known of a schedule at the moment. */
    private record Slots(String words, Instant last, Instant next) {

        static Slots of(Schedule schedule, Instant now) {
            return new Slots(
                    schedule.words(),
                    schedule.last(now).orElse(null),
                    schedule.next(now).orElse(null));
        }
    }

    /** The ledger's records of all pipelines, queried once, and the slots of their schedules, of which many are the same. */
    private record Known(
            Instant now,
            Map<String, Pause> pauses,
            Map<String, Instant> resumed,
            Map<String, List<RunRecord>> runs,
            Map<Schedule, Slots> slots) {

        static Known of(Ledger ledger, Collection<String> pipelines) {
            return new Known(
                    ledger.clock().instant(),
                    ledger.pipelines().pauses(),
                    ledger.pipelines().resumed(),
                    ledger.history().latest(pipelines),
                    new HashMap<>());
        }
    }

    /** Returns all pipelines, sorted by name. */
    public List<Pipeline> list() {
        Collection<PipelineConsumer> consumers = component.registry().all();
        Known known = Known.of(
                ledger(), consumers.stream().map(PipelineConsumer::name).toList());
        RouteIndex index = index();
        return consumers.stream()
                .map(pipeline -> describe(pipeline, known, index))
                .toList();
    }

    /**
     * Returns a pipeline.
     *
     * @throws UsageException if it is unknown
     */
    public Pipeline get(String name) {
        return describe(component.registry().get(name), Known.of(ledger(), List.of(name)), index());
    }

    private RouteIndex index() {
        return new RouteIndex(component.getCamelContext());
    }

    private static Pipeline describe(PipelineConsumer pipeline, Known known, RouteIndex index) {
        PipelineEndpoint options = pipeline.getEndpoint();
        Optional<Schedule> schedule = options.schedule();
        Slots slots = schedule.map(times -> known.slots().computeIfAbsent(times, each -> Slots.of(each, known.now())))
                .orElse(new Slots(null, null, null));
        boolean paused = known.pauses()
                .getOrDefault(pipeline.name(), new Pause(false, 0))
                .paused();
        List<RunRecord> runs = known.runs().getOrDefault(pipeline.name(), List.of());
        return new Pipeline(
                pipeline.name(),
                pipeline.getRoute().getRouteId(),
                pipeline.getRoute().getDescription(),
                schedule.map(Schedule::cron).orElse(null),
                slots.words(),
                options.getTimeZone(),
                options.tagList(),
                options.parameters().declared(),
                options.timeout(),
                slots.last(),
                slots.next(),
                paused,
                schedule.isEmpty() || paused || runs.isEmpty()
                        ? List.of()
                        : missed(schedule.get(), runs, known.resumed().get(pipeline.name()), known.now()),
                new RouteGraph(pipeline, index).version(),
                runs);
    }

    /** Any run after a slot replaces the missed one. */
    private static List<Instant> missed(Schedule schedule, List<RunRecord> runs, Instant resumed, Instant now) {
        Instant known = runs.stream()
                .filter(run -> run.state() != RunState.MISSED)
                .flatMap(run -> Stream.of(run.created(), run.slot()))
                .filter(Objects::nonNull)
                .max(Instant::compareTo)
                .orElse(null);
        if (known == null) {
            return List.of();
        }
        return slots(
                schedule,
                resumed == null || resumed.isBefore(known) ? known : resumed,
                now.minus(SLOT_GRACE),
                MOST_MISSED);
    }

    /**
     * Returns the endpoints that a pipeline's route calls, directly or through other routes; without those whose names are
     * only known in a run.
     *
     * @throws UsageException if the pipeline is unknown
     */
    public Collection<Endpoint> endpoints(String name) {
        return new RouteGraph(component.registry().get(name), index()).endpoints();
    }

    /** Returns the {@link #endpoints} of each pipeline, by name. */
    public SortedMap<String, Collection<Endpoint>> endpoints() {
        RouteIndex index = index();
        SortedMap<String, Collection<Endpoint>> endpoints = new TreeMap<>();
        component
                .registry()
                .all()
                .forEach(pipeline -> endpoints.put(pipeline.name(), new RouteGraph(pipeline, index).endpoints()));
        return endpoints;
    }

    /**
     * Returns the route of a pipeline, and those that it calls, directly or through other routes; other pipelines excepted.
     *
     * @throws UsageException if the pipeline is unknown
     */
    public Collection<Route> routes(String name) {
        return new RouteGraph(component.registry().get(name), index()).routes();
    }

    /** Compares the pipelines of running services with those of this context. */
    public Deployment deployment() {
        return new Deployment(
                ledger().nodes().services(component.services().leaseDuration()),
                component.registry().versions(component.getCamelContext()));
    }

    /**
     * Returns the slots of a pipeline in a period, whether it is paused or not; empty if it only runs on demand.
     *
     * @param after the start, exclusive
     * @param until the end, inclusive
     * @param most the maximum number of slots
     * @throws UsageException if the pipeline is unknown
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

    /**
     * Returns the slots of each pipeline with a schedule, as {@link #slots(String, Instant, Instant, int)} does. Those of a
     * schedule that many share are computed once.
     */
    public SortedMap<String, List<Instant>> slots(Instant after, Instant until, int most) {
        Map<Schedule, List<Instant>> ofSchedule = new HashMap<>();
        SortedMap<String, List<Instant>> slots = new TreeMap<>();
        component.registry().all().forEach(pipeline -> pipeline.getEndpoint()
                .schedule()
                .ifPresent(schedule -> slots.put(
                        pipeline.name(),
                        ofSchedule.computeIfAbsent(schedule, each -> slots(each, after, until, most)))));
        return slots;
    }

    /**
     * Returns the slots without a run, and those of the next 24 hours, by time.
     *
     * @param name only those of this pipeline, or null
     * @param since the missed slots that were recorded since this time
     */
    public List<Slot> slots(String name, Instant since) {
        Instant now = ledger().clock().instant();
        Map<String, Pause> pauses = ledger().pipelines().pauses();
        Map<String, SlotTable.Served> served = ledger().slots().served();
        List<Slot> all = new ArrayList<>();
        ledger().history()
                .list(name, Set.of(RunState.MISSED), since, null, MOST_MISSED)
                .forEach(
                        run -> all.add(new Slot(run.slot(), run.pipeline(), Slot.State.MISSED, run.error(), run.id())));
        for (PipelineConsumer pipeline : component.registry().all()) {
            Optional<Schedule> schedule = pipeline.getEndpoint().schedule();
            if (schedule.isEmpty() || (name != null && !name.equals(pipeline.name()))) {
                continue;
            }
            String paused =
                    pauses.getOrDefault(pipeline.name(), new Pause(false, 0)).paused()
                            ? "The pipeline is paused"
                            : null;
            Plan plan = plan(pipeline, served, now);
            plan.run()
                    .forEach(slot -> all.add(new Slot(
                            slot,
                            pipeline.name(),
                            Slot.State.OVERDUE,
                            paused == null ? "Waits for caravan serve" : paused + "; it is run when it is resumed",
                            null)));
            plan.missed()
                    .forEach((slot, reason) ->
                            all.add(new Slot(slot, pipeline.name(), Slot.State.MISSED, reason, null)));
            List<Instant> next = slots(schedule.get(), now, now.plus(UPCOMING), MOST_UPCOMING);
            (next.isEmpty() ? schedule.get().next(now).stream() : next.stream())
                    .forEach(slot -> all.add(new Slot(slot, pipeline.name(), Slot.State.UPCOMING, paused, null)));
        }
        all.sort(Comparator.comparing(Slot::time).thenComparing(Slot::pipeline));
        return all;
    }

    private static Plan plan(PipelineConsumer pipeline, Map<String, SlotTable.Served> served, Instant until) {
        return CatchUpPolicy.plan(pipeline.getEndpoint(), served.get(pipeline.name()), until)
                .orElseGet(() -> new Plan(List.of(), new TreeMap<>(), List.of()));
    }

    /** Returns the missed slots of a pipeline that are run as soon as a process with schedules runs, oldest first. */
    public List<Instant> toMakeUp(String name) {
        return plan(
                        component.registry().get(name),
                        ledger().slots().served(),
                        ledger().clock().instant())
                .run();
    }

    /** Returns which missed slots of a pipeline are run later. */
    public PipelineEndpoint.CatchUp catchUp(String name) {
        return component.registry().get(name).getEndpoint().getCatchUp();
    }

    /**
     * Returns the slots that no process has run or recorded, oldest first, by pipeline; without paused pipelines. None in a
     * service that leaves the slots to another scheduler, of which it does not know when it should have fired.
     *
     * @param limits how late a slot can be, by pipeline
     */
    public Map<String, List<Instant>> overdue(Map<String, Duration> limits) {
        if (component.isService() && !component.isSchedule()) {
            return Map.of();
        }
        Instant now = ledger().clock().instant();
        Map<String, Pause> pauses = ledger().pipelines().pauses();
        Map<String, SlotTable.Served> served = ledger().slots().served();
        Map<String, List<Instant>> overdue = new TreeMap<>();
        limits.forEach((name, limit) -> component
                .registry()
                .find(name)
                .filter(pipeline -> !pipeline.pauseSwitch().isPaused(pauses))
                .map(pipeline -> plan(pipeline, served, now.minus(limit)).overdue())
                .filter(slots -> !slots.isEmpty())
                .ifPresent(slots -> overdue.put(name, slots)));
        return overdue;
    }

    /** Returns whether the scheduler of this process has stopped firing. */
    public boolean isSchedulerStalled() {
        return component.isSchedulerStalled();
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
     * @return the run, which may have failed
     * @throws UsageException if the pipeline is unknown, if its route is stopped, or if the parameters are not as
     *     declared; then nothing has run
     */
    public RunRecord run(String name, Map<String, String> parameters) {
        ledger().requireWritable();
        return announced(component.registry().get(name).run(Trigger.MANUAL, parameters, null));
    }

    /**
     * Passes the route of a pipeline once without a run: its loads read their first rows and change nothing. All else that
     * it calls does what it does in a run.
     *
     * @throws UsageException if the pipeline is unknown, or the parameters are not those that it has declared
     * @throws PermanentException or TransientException if the route fails
     */
    public void preview(String name, Map<String, String> parameters, Preview preview) {
        try {
            component.runner().preview(component.registry().get(name), parameters, preview);
        } catch (PermanentException | TransientException e) {
            throw e;
        } catch (Exception e) {
            throw new PermanentException(Errors.describe(e), e);
        }
    }

    /**
     * Runs a slot of a pipeline because another scheduler asks for it, and waits for its end, in whichever process it runs. A
     * slot runs once, however often it is asked for; if its process has ended, this one takes it over. So are earlier slots.
     *
     * @param slot null for the last one until now
     * @return the run, which may have failed; empty if the pipeline is paused
     * @throws UsageException if the pipeline is unknown or has no cron, or if the time is not a slot of it that is due
     */
    public Optional<RunRecord> runSlot(String name, Instant slot) {
        ledger().requireWritable();
        SlotOnDemand slots = new SlotOnDemand(
                ledger(),
                component.registry().get(name),
                component.runner(),
                new InterruptedRuns(ledger(), component.registry(), component.runner()));
        return slots.run(slot == null ? slots.last() : slots.checked(slot));
    }

    /**
     * Retries an ended run in this process, with the same id and parameters, and waits for its end.
     *
     * @throws UsageException if the run has not failed, crashed or been cancelled
     */
    public RunRecord retry(String run) {
        ledger().requireWritable();
        RunRecord ended = ledger().history().get(run);
        return announced(component.runner().retry(component.registry().get(ended.pipeline()), ended));
    }

    /** Lets the receivers of a run have its message before the process ends. */
    private RunRecord announced(RunRecord run) {
        component.deliveries().await(run, MESSAGE_TIMEOUT);
        return run;
    }

    /**
     * Requests a run, without waiting for it: the next service with a free place executes it, also if this process ends. The
     * run waits in state {@code scheduled}; what happens if another run of the pipeline is in progress by then is up to its
     * {@code onOverlap}. A paused pipeline runs too.
     *
     * @param parameters as the user wrote them
     * @return the id of the run
     * @throws UsageException if the pipeline is unknown, or if the parameters are not as declared
     */
    public String enqueue(String name, Map<String, String> parameters) {
        ledger().requireWritable();
        return ledger().waiting()
                .add(name, component.runner().text(component.registry().get(name), parameters));
    }

    /**
     * Requests the retry of an ended run, with the same id and parameters, without waiting for it: the next service with a
     * free place executes it as soon as it is its turn.
     *
     * @throws UsageException if the run has not failed, crashed or been cancelled
     */
    public void enqueueRetry(String run) {
        ledger().requireWritable();
        component.registry().get(ledger().history().get(run).pipeline());
        ledger().waiting().reopen(run);
    }

    /**
     * Returns the nodes that are running, and the services that have ended without being stopped, the last heartbeat first.
     *
     * @param age only those with a heartbeat since
     */
    public List<Node> nodes(Duration age) {
        return ledger().nodes()
                .list(
                        component.services().leaseDuration(),
                        ledger().clock().instant().minus(age));
    }

    /** Says what a run waits for, after "waits for"; empty if it does not wait. */
    public Optional<String> waitsFor(String run) {
        return ledger().waiting().reason(run, component.services().leaseDuration());
    }

    /** Returns whether a service is running, which executes the runs that were requested. */
    public boolean isServed() {
        return ledger().nodes().services(component.services().leaseDuration()).stream()
                .anyMatch(Service::running);
    }

    /**
     * Cancels a run, in whichever process it runs.
     *
     * @throws UsageException if it is not in progress
     */
    public void cancel(String run) {
        ledger().requireWritable();
        ledger().runs().cancel(run);
        component.runner().cancel(run, RunEnd.CANCELLED);
    }

    /** Returns how many runs a process with these settings executes at a time. */
    public int maxConcurrentRuns() {
        return component.getMaxConcurrentRuns();
    }

    /** Returns how busy this process is. */
    public Places places() {
        return component.services().permits().places();
    }

    /** Returns when the last heartbeat of this process succeeded, by its clock. */
    public Instant lastBeat() {
        return component.heartbeat().lastBeat();
    }

    /** Pauses a pipeline: all processes skip its slots until it is resumed. */
    public void pause(String name) {
        pause(name, true);
    }

    /** Resumes a pipeline. */
    public void resume(String name) {
        pause(name, false);
    }

    private void pause(String name, boolean paused) {
        ledger().requireWritable();
        PipelineConsumer pipeline = component.registry().get(name);
        component.follow(pipeline, ledger().pipelines().pause(name, paused));
    }

    /** Returns how long the ledger keeps runs and incidents that are over. */
    public Duration runRetention() {
        return Duration.ofMillis(component.getRunRetention());
    }

    /** Returns the ledger. */
    public Ledger ledger() {
        return component.ledger();
    }
}
