package dev.caravan.alerts;

import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.Incident;
import dev.caravan.pipeline.ledger.IncidentTable;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.LoadedTable;
import dev.caravan.pipeline.ledger.QuotaTable;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.SlotTable;
import dev.caravan.pipeline.ledger.TableChanges;
import dev.caravan.run.Load;
import dev.caravan.run.Quota;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.TextStyle;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Finds what is wrong now, by what the ledger says. It does not matter which process has run what, or whether this one was
 * there.
 */
final class AlertRules {

    static final String FAILED = "failed";
    static final String CRASHED = "crashed";
    static final String OVERDUE = "overdue";
    static final String STUCK = "stuck";
    static final String FAILURES = "failures";
    static final String ROWS = "rows";
    static final String DURATION = "duration";
    static final String FRESHNESS = "freshness";
    static final String SCHEDULER = "scheduler";
    static final String QUOTA = "quota";
    static final String SCHEMA_CHANGE = "schema-change";

    /** A change that is older is not told, if no service was there to tell it. */
    private static final Duration SCHEMA_CHANGE_AGE = Duration.ofDays(7);

    private static final int MOST_INCIDENTS = 10_000;

    /** What an API said longer ago is not known any more: quotas are reset. */
    private static final Duration QUOTA_AGE = Duration.ofDays(2);

    /** What is usual is not known before so many runs. */
    private static final int FEWEST_RUNS = 3;
    /** Weeks of which the same weekday is looked at. */
    private static final int WEEKS = 8;

    private static final int MOST_RUNS = 1_000;

    private final AlertSettings settings;
    private final Pipelines pipelines;
    private final Ledger ledger;
    private final Map<String, RowsFinding> rowsFindings = new HashMap<>();

    /** What the rule for rows has found about the last completed run of a pipeline. */
    private record RowsFinding(String run, Optional<Problem> problem) {}

    /**
     * What the rules have found.
     *
     * @param busy the pipelines whose run in progress may be the end of an incident
     */
    record Findings(List<Problem> problems, Set<String> busy) {}

    AlertRules(AlertSettings settings, Pipelines pipelines) {
        this.settings = settings;
        this.pipelines = pipelines;
        this.ledger = pipelines.ledger();
    }

    Findings find() {
        Set<String> names = pipelines.names();
        Instant now = ledger.clock().instant();
        Map<String, List<RunRecord>> latest = ledger.history().latest(names);
        Set<String> interrupted =
                ledger.history().interrupted().stream().map(RunRecord::id).collect(Collectors.toSet());
        Map<String, List<LoadedTable>> tables =
                ledger.loads().tables().stream().collect(Collectors.groupingBy(LoadedTable::pipeline));
        List<Problem> problems = new ArrayList<>();
        Set<String> busy = new HashSet<>();
        for (String name : names) {
            List<RunRecord> runs = latest.getOrDefault(name, List.of());
            if (runs.stream().anyMatch(run -> run.state().live() || interrupted.contains(run.id()))) {
                busy.add(name);
            } else {
                lastRun(name, runs).ifPresent(problems::add);
            }
            stuck(name, runs, now).ifPresent(problems::add);
            duration(name, runs, now).ifPresent(problems::add);
            rows(name, runs).ifPresent(problems::add);
            freshness(name, runs, tables.getOrDefault(name, List.of()), now).ifPresent(problems::add);
        }
        overdue(latest, problems);
        failures(now, problems);
        quota(now).ifPresent(problems::add);
        schemaChanges(now, problems);
        if (pipelines.isSchedulerStalled()) {
            problems.add(new Problem(
                    IncidentTable.ALL,
                    SCHEDULER,
                    null,
                    "The scheduler has stopped firing; a watchdog starts the runs up to a minute late",
                    "Restart caravan serve, and report its log"));
        }
        return new Findings(problems, busy);
    }

    private static Optional<RunRecord> newest(List<RunRecord> runs, Set<RunState> states) {
        return runs.stream()
                .filter(run -> states.contains(run.state()))
                .max(Comparator.comparing((RunRecord run) -> run.finished() == null ? run.created() : run.finished()));
    }

    private Optional<Problem> lastRun(String name, List<RunRecord> runs) {
        return newest(runs, EnumSet.of(RunState.COMPLETED, RunState.FAILED, RunState.CRASHED))
                .filter(run -> run.state() != RunState.COMPLETED
                        && settings.isOn(run.state().toString(), name))
                .map(run -> new Problem(
                        name,
                        run.state().toString(),
                        run.id(),
                        "Run " + run.id() + (run.state() == RunState.FAILED ? " failed" : " crashed") + " after "
                                + count(run.attempts(), "attempt") + ": " + run.error(),
                        "See caravan runs logs " + run.id() + "; once the cause is fixed: caravan runs retry "
                                + run.id()));
    }

    private Optional<Problem> stuck(String name, List<RunRecord> runs, Instant now) {
        Optional<Duration> limit = settings.duration(STUCK, name);
        return runs.stream()
                .filter(run -> run.state() == RunState.SCHEDULED
                        && limit.isPresent()
                        && run.created().isBefore(now.minus(limit.get())))
                .min(Comparator.comparing(RunRecord::created))
                .map(run -> new Problem(
                        name,
                        STUCK,
                        run.id(),
                        "Run " + run.id() + " has been waiting since " + time(run.created()),
                        "See what is running: caravan runs ls --state running. Raise maxConcurrentRuns if runs wait for"
                                + " each other"));
    }

    private Optional<Problem> duration(String name, List<RunRecord> runs, Instant now) {
        Optional<Double> factor = settings.number(AlertSettings.DURATION_FACTOR, name);
        Optional<RunRecord> live = runs.stream()
                .filter(run -> run.state().live() && run.started() != null)
                .min(Comparator.comparing(RunRecord::started));
        if (factor.isEmpty() || live.isEmpty()) {
            return Optional.empty();
        }
        return Optional.ofNullable(ledger.statistics().usual(List.of(name)).get(name))
                .filter(usual -> usual.runs() >= FEWEST_RUNS)
                .map(usual -> Duration.ofMillis(usual.millis().median()))
                .filter(usual ->
                        Duration.between(live.get().started(), now).toMillis() > usual.toMillis() * factor.get())
                .map(usual -> new Problem(
                        name,
                        DURATION,
                        live.get().id(),
                        "Run " + live.get().id() + " has been running since "
                                + time(live.get().started()) + ", more than " + factor.get() + " times the usual "
                                + usual.toMillis() / 1000.0 + " s",
                        "See caravan runs logs " + live.get().id() + " --follow; caravan runs cancel "
                                + live.get().id() + " ends it"));
    }

    private Optional<Problem> rows(String name, List<RunRecord> runs) {
        Optional<Double> minimum = settings.number(AlertSettings.ROWS_MINIMUM, name);
        Optional<Double> range = settings.number(AlertSettings.ROWS_RANGE, name);
        Optional<RunRecord> last = newest(runs, EnumSet.of(RunState.COMPLETED));
        if (last.isEmpty() || (minimum.isEmpty() && range.isEmpty())) {
            return Optional.empty();
        }
        RowsFinding known = rowsFindings.get(name);
        if (known == null || !known.run().equals(last.get().id())) {
            known = new RowsFinding(last.get().id(), rows(last.get(), minimum, range));
            rowsFindings.put(name, known);
        }
        return known.problem();
    }

    private Optional<Problem> rows(RunRecord run, Optional<Double> minimum, Optional<Double> range) {
        if (minimum.isPresent() && run.rows() < minimum.get()) {
            return Optional.of(rowsProblem(run, "fewer than " + Math.round(minimum.get())));
        }
        if (range.isEmpty()) {
            return Optional.empty();
        }
        DayOfWeek day = day(run);
        long[] usual = ledger
                .history()
                .list(
                        run.pipeline(),
                        EnumSet.of(RunState.COMPLETED),
                        run.created().minus(7L * WEEKS, ChronoUnit.DAYS),
                        null,
                        MOST_RUNS)
                .stream()
                .filter(other -> !other.id().equals(run.id()) && day(other) == day)
                .mapToLong(RunRecord::rows)
                .sorted()
                .toArray();
        if (usual.length < FEWEST_RUNS) {
            return Optional.empty();
        }
        long median = usual[usual.length / 2];
        return Math.abs(run.rows() - median) > median * range.get() / 100
                ? Optional.of(rowsProblem(
                        run,
                        "and the median of " + day.getDisplayName(TextStyle.FULL, Locale.ENGLISH) + "s is " + median))
                : Optional.empty();
    }

    private static DayOfWeek day(RunRecord run) {
        return (run.slot() == null ? run.created() : run.slot())
                .atZone(ZoneOffset.UTC)
                .getDayOfWeek();
    }

    private static Problem rowsProblem(RunRecord run, String than) {
        return new Problem(
                run.pipeline(),
                ROWS,
                run.id(),
                "Run " + run.id() + " loaded " + count(run.rows(), "row") + ", " + than,
                "Compare the source with the table; if the rows are right, adjust alerts.rows-minimum or"
                        + " alerts.rows-range");
    }

    /**
     * @param tables those that the pipeline was the last to load; without any, its last completed run counts
     */
    private Optional<Problem> freshness(String name, List<RunRecord> runs, List<LoadedTable> tables, Instant now) {
        List<String> stale = tables.isEmpty()
                ? newest(runs, EnumSet.of(RunState.COMPLETED)).stream()
                        .filter(run -> isOlder(run.finished(), settings.duration(FRESHNESS, name), now))
                        .map(run -> "Its last run completed at " + time(run.finished()))
                        .toList()
                : tables.stream()
                        .filter(table -> isOlder(table.loaded(), settings.freshness(table.name(), name), now))
                        .map(table -> table.name() + " was last loaded at " + time(table.loaded()))
                        .toList();
        return stale.isEmpty()
                ? Optional.empty()
                : Optional.of(new Problem(
                        name,
                        FRESHNESS,
                        null,
                        String.join("; ", stale),
                        "caravan run " + name + "; caravan verify shows the tables"));
    }

    private static boolean isOlder(Instant time, Optional<Duration> limit, Instant now) {
        return limit.isPresent() && time.isBefore(now.minus(limit.get()));
    }

    /** Slots that nobody has taken, or that were missed with no run since. */
    private void overdue(Map<String, List<RunRecord>> latest, List<Problem> problems) {
        Map<String, Duration> limits = new HashMap<>();
        pipelines.names().forEach(name -> settings.duration(OVERDUE, name).ifPresent(d -> limits.put(name, d)));
        Map<String, List<Instant>> waiting = pipelines.overdue(limits);
        for (String name : limits.keySet()) {
            List<Instant> slots = waiting.getOrDefault(name, List.of());
            List<RunRecord> runs = latest.getOrDefault(name, List.of());
            if (!slots.isEmpty()) {
                problems.add(overdue(
                        name, null, "Slot " + time(slots.get(slots.size() - 1)) + " is due and no process has run it"));
            } else {
                runs.stream()
                        .filter(run -> run.state() == RunState.MISSED
                                && !String.valueOf(run.error()).startsWith(SlotTable.PAUSED)
                                && runs.stream()
                                        .filter(other -> other.state() != RunState.MISSED)
                                        .noneMatch(other -> !other.created().isBefore(run.slot())
                                                || (other.slot() != null
                                                        && other.slot().isAfter(run.slot()))))
                        .findFirst()
                        .map(run -> overdue(name, run.id(), "Slot " + time(run.slot()) + " was missed: " + run.error()))
                        .ifPresent(problems::add);
            }
        }
    }

    private static Problem overdue(String name, String run, String message) {
        return new Problem(
                name,
                OVERDUE,
                run,
                message,
                "Keep caravan serve running, and see caravan slots " + name + "; to run it now: "
                        + (run == null ? "caravan run " + name : "caravan runs retry " + run));
    }

    /** {@code 3 in 24h}. */
    private void failures(Instant now, List<Problem> problems) {
        Map<String, FailureCount> limits = new TreeMap<>();
        pipelines.names().forEach(name -> settings.failures(name).ifPresent(limit -> limits.put(name, limit)));
        limits.values().stream()
                .map(FailureCount::window)
                .max(Comparator.naturalOrder())
                .map(longest -> ledger.history()
                        .list(null, EnumSet.of(RunState.FAILED, RunState.CRASHED), now.minus(longest), null, MOST_RUNS))
                .stream()
                .flatMap(List::stream)
                .filter(run -> limits.containsKey(run.pipeline())
                        && !run.created()
                                .isBefore(now.minus(limits.get(run.pipeline()).window())))
                .collect(Collectors.groupingBy(RunRecord::pipeline))
                .forEach((name, failed) -> {
                    FailureCount limit = limits.get(name);
                    if (failed.size() >= limit.count()) {
                        problems.add(new Problem(
                                name,
                                FAILURES,
                                failed.get(0).id(),
                                failed.size() + " runs have failed within " + limit.text(),
                                "See caravan runs ls --pipeline " + name + " --state failed,crashed"));
                    }
                });
    }

    /** The quotas that are nearly spent: {@code 10%} of the whole, or a number of requests. */
    private Optional<Problem> quota(Instant now) {
        List<String> spent = new ArrayList<>();
        for (QuotaTable.KnownQuota known : ledger.quotas().list()) {
            Quota quota = known.quota();
            QuotaLimit limit = settings.quota(quota.api()).orElse(null);
            if (limit != null && known.told().isAfter(now.minus(QUOTA_AGE)) && limit.isReached(quota)) {
                spent.add(quota.api() + " has " + count(quota.remaining(), "request") + " left"
                        + (quota.total() == null ? "" : " of " + quota.total()) + " (" + time(known.told()) + ")");
            }
        }
        return spent.isEmpty()
                ? Optional.empty()
                : Optional.of(new Problem(
                        IncidentTable.ALL,
                        QUOTA,
                        null,
                        "The quota is nearly spent: " + String.join("; ", spent),
                        "Run the pipelines of this API less often, or ask its provider for more"));
    }

    /**
     * The changes of tables that are not known as incidents yet, in whichever process they were made. One run of a pipeline at a
     * time: an incident is open until it is told.
     */
    private void schemaChanges(Instant now, List<Problem> problems) {
        Set<String> names = pipelines.names().stream()
                .filter(name -> settings.isOn(SCHEMA_CHANGE, name))
                .collect(Collectors.toSet());
        if (names.isEmpty()) {
            return;
        }
        // what was told is known as long as incidents are kept
        Duration age = SCHEMA_CHANGE_AGE.compareTo(pipelines.runRetention()) < 0
                ? SCHEMA_CHANGE_AGE
                : pipelines.runRetention();
        Instant since = now.minus(age);
        List<Incident> incidents = ledger.incidents().since(since, MOST_INCIDENTS).stream()
                .filter(incident -> incident.cause().equals(SCHEMA_CHANGE))
                .toList();
        incidents.stream()
                .filter(incident -> incident.closed() == null)
                .forEach(incident -> names.remove(incident.pipeline()));
        Map<String, List<TableChanges>> untold = ledger.loads().changes(since).stream()
                .filter(change -> names.contains(change.pipeline())
                        && !change.changes().equals(List.of(Load.CREATED))
                        && incidents.stream()
                                .noneMatch(incident -> change.run().equals(incident.run())
                                        && incident.message().contains(text(change))))
                .collect(Collectors.groupingBy(TableChanges::pipeline));
        untold.forEach((name, changes) -> {
            String run = changes.get(0).run();
            problems.add(new Problem(
                    name,
                    SCHEMA_CHANGE,
                    run,
                    changes.stream()
                            .filter(change -> change.run().equals(run))
                            .map(AlertRules::text)
                            .collect(Collectors.joining("; ")),
                    "Tell those who read the table; schema=freeze forbids such changes"));
        });
    }

    private static String text(TableChanges change) {
        return change.table() + ": " + String.join(", ", change.changes());
    }

    private static String count(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }

    private static String time(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
