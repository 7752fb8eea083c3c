package dev.caravan.console;

import dev.caravan.operations.PipelineTables;
import dev.caravan.pipeline.Parameter;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.ledger.Incident;
import dev.caravan.pipeline.ledger.IncidentTable;
import dev.caravan.pipeline.ledger.LoadedTable;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.Service;
import dev.caravan.pipeline.ledger.Usual;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What an operator sees first.
 *
 * @param attention what needs somebody, the newest first
 * @param running the runs in progress, the oldest first
 * @param slots the next slots, the earliest first
 * @param days runs by day and state
 * @param nodes the processes that run pipelines
 */
record HomePage(
        List<Attention> attention,
        List<Running> running,
        List<Slot> slots,
        List<Day> days,
        List<Fresh> freshness,
        List<Node> nodes,
        int pipelines,
        Instant now) {

    private static final int DAYS = 30;
    private static final Duration SOON = Duration.ofHours(24);
    private static final int MOST_SLOTS = 500;
    private static final int MOST_FIRST_SLOTS = 8;
    private static final int MOST_OF_A_PIPELINE = 100;

    /**
     * Something that needs somebody.
     *
     * @param what a short title
     * @param pipeline or null
     * @param run to look at and retry, or null
     * @param cause in a line
     * @param fix what to do
     * @param command the command that does it, or null
     * @param runs whether that is to run the pipeline once more, without parameters
     */
    record Attention(
            String what,
            String pipeline,
            RunView run,
            Instant since,
            String cause,
            String fix,
            String command,
            boolean runs) {}

    /** A run in progress, and how long it usually takes; null if that is not known. */
    record Running(RunView run, Duration usual) {

        /** Returns the share of the usual time that has passed, in percent up to 100; -1 if that is not known. */
        int percent() {
            return usual == null || run.duration() == null || usual.isZero()
                    ? -1
                    : (int) Math.min(100, 100 * run.duration().toMillis() / usual.toMillis());
        }
    }

    record Slot(String pipeline, Instant time) {}

    record Day(LocalDate day, Map<RunState, Long> runs) {}

    /**
     * When a table was last loaded.
     *
     * @param pipelines that load it
     * @param loaded the commit of its last load, or null; the end of the last run that completed, if the ledger has no load
     * @param due the last slot that it should have been loaded for, or null
     * @param late whether it was not, and no run is in progress
     */
    record Fresh(String table, List<String> pipelines, Instant loaded, Instant due, boolean late) {}

    record Node(String node, Instant started, Instant seen, boolean running, int pipelines) {

        static Node of(Service service) {
            return new Node(
                    service.node(),
                    service.started(),
                    service.seen(),
                    service.running(),
                    service.versions().size());
        }
    }

    /** Returns the first slot of each of the next pipelines. */
    List<Slot> firstSlots() {
        Set<String> seen = new HashSet<>();
        return slots.stream()
                .filter(slot -> seen.add(slot.pipeline()))
                .limit(MOST_FIRST_SLOTS)
                .toList();
    }

    static HomePage of(Data data) {
        Instant now = data.now();
        List<Pipeline> pipelines = data.pipelines().list();
        List<RunView> live = Data.live(pipelines, now);
        Map<String, Usual> usual =
                data.usual(live.stream().map(RunView::pipeline).distinct().toList());
        return new HomePage(
                attention(data, pipelines, now),
                live.stream()
                        .map(run -> new Running(run, Words.median(usual.get(run.pipeline()))))
                        .toList(),
                slots(data, pipelines, now),
                data.days(DAYS).entrySet().stream()
                        .map(day -> new Day(day.getKey(), day.getValue()))
                        .toList(),
                freshness(data, pipelines),
                data.nodes().stream().filter(Service::running).map(Node::of).toList(),
                pipelines.size(),
                now);
    }

    private static List<Attention> attention(Data data, List<Pipeline> pipelines, Instant now) {
        List<Attention> all = new ArrayList<>();
        for (PipelinesPage.Broken broken : PipelinesPage.broken(data)) {
            all.add(new Attention(
                    "Invalid route file",
                    null,
                    null,
                    null,
                    broken.error(),
                    "Correct the file and restart caravan serve. Its pipelines do not run until then.",
                    "caravan verify",
                    false));
        }
        for (Pipeline pipeline : pipelines) {
            if (pipeline.lastRun() != null) {
                RunView last = RunView.of(pipeline.lastRun(), now);
                if (last.needsAttention()) {
                    all.add(failed(last));
                }
            }
            if (!pipeline.missed().isEmpty()) {
                all.add(missed(pipeline));
            }
        }
        Set<String> named =
                all.stream().map(Attention::pipeline).filter(Objects::nonNull).collect(Collectors.toSet());
        data.ledger().incidents().open().stream()
                .filter(incident -> !named.contains(incident.pipeline()))
                .forEach(incident -> all.add(incident(incident)));
        all.sort(Comparator.comparing(Attention::since, Comparator.nullsFirst(Comparator.reverseOrder())));
        return all;
    }

    private static Attention failed(RunView run) {
        boolean crashed = run.state() == RunState.CRASHED;
        return new Attention(
                crashed ? "Crashed" : "Failed after " + Words.count(run.attempts(), "attempt"),
                run.pipeline(),
                run,
                run.finished(),
                run.error() == null ? "No error was recorded" : run.firstError(),
                crashed
                        ? "Retry it. Rows that it has committed are not loaded twice."
                        : "Correct the cause, then retry it. caravan doctor checks settings, log-ins and permissions.",
                "caravan runs retry " + run.run(),
                false);
    }

    /** What a rule for alerts has found, unless the run or the slots above say the same. */
    private static Attention incident(Incident incident) {
        return new Attention(
                incident.cause(),
                incident.pipeline().equals(IncidentTable.ALL) ? null : incident.pipeline(),
                null,
                incident.opened(),
                incident.message(),
                incident.fix(),
                "caravan alerts ls",
                false);
    }

    private static Attention missed(Pipeline pipeline) {
        int missed = pipeline.missed().size();
        return new Attention(
                "Missed " + Words.count(missed, "slot"),
                pipeline.name(),
                null,
                pipeline.missed().get(0),
                "No process ran the slot of " + Words.full(pipeline.missed().get(0))
                        + (missed == 1 ? "" : " and later ones"),
                "Run it now to load what is missing, and keep caravan serve running.",
                "caravan run " + Words.shell(pipeline.name()),
                pipeline.parameters().stream().noneMatch(Parameter::required));
    }

    private static List<Slot> slots(Data data, List<Pipeline> pipelines, Instant now) {
        Map<String, List<Instant>> slots = data.pipelines().slots(now, now.plus(SOON), MOST_OF_A_PIPELINE);
        return pipelines.stream()
                .filter(pipeline -> !pipeline.paused() && pipeline.nextSlot() != null)
                .flatMap(pipeline -> slots.getOrDefault(pipeline.name(), List.of()).stream()
                        .map(time -> new Slot(pipeline.name(), time)))
                .sorted(Comparator.comparing(Slot::time).thenComparing(Slot::pipeline))
                .limit(MOST_SLOTS)
                .toList();
    }

    private static List<Fresh> freshness(Data data, List<Pipeline> pipelines) {
        Map<String, Instant> loaded = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        Map<String, List<Pipeline>> feeders = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        Map<String, Pipeline> byName =
                pipelines.stream().collect(Collectors.toMap(Pipeline::name, pipeline -> pipeline));
        Map<String, List<String>> tables = PipelineTables.all(data.pipelines());
        for (Pipeline pipeline : pipelines) {
            tables.getOrDefault(pipeline.name(), List.of())
                    .forEach(table -> feeders.computeIfAbsent(table, name -> new ArrayList<>())
                            .add(pipeline));
        }
        for (LoadedTable table : data.ledger().loads().tables()) {
            loaded.put(table.name(), table.loaded());
            Pipeline last = byName.get(table.pipeline());
            if (last != null) {
                List<Pipeline> known = feeders.computeIfAbsent(table.name(), name -> new ArrayList<>());
                if (!known.contains(last)) {
                    known.add(last);
                }
            }
        }
        return feeders.entrySet().stream()
                .map(table -> fresh(table.getKey(), table.getValue(), loaded.get(table.getKey())))
                .toList();
    }

    private static Fresh fresh(String table, List<Pipeline> pipelines, Instant loaded) {
        Instant completed = pipelines.stream()
                .flatMap(pipeline -> pipeline.runs().stream())
                .filter(run -> run.state() == RunState.COMPLETED)
                .map(RunRecord::finished)
                .max(Comparator.naturalOrder())
                .orElse(null);
        Instant due = pipelines.stream()
                .map(Pipeline::lastSlot)
                .filter(Objects::nonNull)
                .max(Comparator.naturalOrder())
                .orElse(null);
        Instant done = Stream.of(loaded, completed)
                .flatMap(Stream::ofNullable)
                .max(Comparator.naturalOrder())
                .orElse(null);
        boolean late = due != null
                && (done == null || done.isBefore(due))
                && pipelines.stream().anyMatch(pipeline -> pipeline.lastRun() != null)
                && pipelines.stream()
                        .flatMap(pipeline -> pipeline.runs().stream())
                        .noneMatch(run -> run.state().live());
        return new Fresh(
                table, pipelines.stream().map(Pipeline::name).toList(), loaded == null ? completed : loaded, due, late);
    }
}
