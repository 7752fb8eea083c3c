package dev.caravan.metrics;

import static dev.caravan.metrics.Values.count;
import static dev.caravan.metrics.Values.counter;
import static dev.caravan.metrics.Values.gauge;
import static dev.caravan.metrics.Values.seconds;
import static dev.caravan.metrics.Values.sum;
import static dev.caravan.metrics.Values.summary;
import static dev.caravan.metrics.Values.value;

import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.Incident;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.Pause;
import dev.caravan.pipeline.ledger.QuotaTable;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.RunTotal;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the ledger says of the pipelines of this process, whichever process runs them. All processes with the same ledger tell the
 * same. A handful of queries, none of which depends on how many runs there are.
 */
final class LedgerMetrics {

    /** Told from the beginning, so that the first one is seen as an increase. */
    private static final Set<RunState> EXPECTED =
            EnumSet.of(RunState.COMPLETED, RunState.FAILED, RunState.CRASHED, RunState.MISSED);

    /** Longer than any lease. */
    private static final Duration RECENT = Duration.ofHours(1);

    private final Pipelines pipelines;

    LedgerMetrics(Pipelines pipelines) {
        this.pipelines = pipelines;
    }

    List<MetricSnapshot> collect() {
        Set<String> names = pipelines.names();
        List<MetricSnapshot> all = new ArrayList<>();
        runs(names, all);
        schedules(names, all);
        tables(names, all);
        quotas(all);
        service(all);
        return all;
    }

    private Ledger ledger() {
        return pipelines.ledger();
    }

    private void runs(Set<String> names, List<MetricSnapshot> all) {
        CounterSnapshot.Builder ends = counter("caravan_runs", "Ends of runs; a run that is retried ends again.");
        CounterSnapshot.Builder attempts = counter("caravan_run_attempts", "Attempts of the runs that have ended.");
        CounterSnapshot.Builder rows = counter("caravan_loaded_rows", "Rows loaded by the runs that have ended.");
        CounterSnapshot.Builder bytes = counter("caravan_loaded_bytes", "Bytes loaded by the runs that have ended.");
        SummarySnapshot.Builder durations =
                summary("caravan_run_duration_seconds", "From the first attempt of a run to its end.");
        SummarySnapshot.Builder lateness =
                summary("caravan_run_lateness_seconds", "From the slot of a run to its first attempt.");
        GaugeSnapshot.Builder success =
                gauge("caravan_last_success_timestamp_seconds", "When a run of the pipeline last completed.");
        Map<String, Map<RunState, RunTotal>> totals = ledger().totals().list().stream()
                .collect(Collectors.groupingBy(RunTotal::pipeline, Collectors.toMap(RunTotal::state, total -> total)));
        for (String name : names) {
            Map<RunState, RunTotal> its = totals.getOrDefault(name, Map.of());
            Set<RunState> states = EnumSet.copyOf(EXPECTED);
            states.addAll(its.keySet());
            for (RunState state : states) {
                RunTotal total = its.get(state);
                String[] labels = {"pipeline", name, "state", state.toString()};
                ends.dataPoint(count(total == null ? 0 : total.runs(), labels));
                if (total != null && total.begun() > 0) {
                    durations.dataPoint(sum(total.begun(), total.duration(), labels));
                }
            }
            RunTotal sum = its.values().stream().reduce(RunTotal::plus).orElse(null);
            attempts.dataPoint(count(sum == null ? 0 : sum.attempts(), "pipeline", name));
            rows.dataPoint(count(sum == null ? 0 : sum.rows(), "pipeline", name));
            bytes.dataPoint(count(sum == null ? 0 : sum.bytes(), "pipeline", name));
            if (sum != null && sum.slots() > 0) {
                lateness.dataPoint(sum(sum.slots(), sum.lateness(), "pipeline", name));
            }
            if (its.containsKey(RunState.COMPLETED)) {
                success.dataPoint(value(seconds(its.get(RunState.COMPLETED).lastEnd()), "pipeline", name));
            }
        }
        all.addAll(List.of(
                ends.build(),
                attempts.build(),
                rows.build(),
                bytes.build(),
                durations.build(),
                lateness.build(),
                success.build()));
        GaugeSnapshot.Builder live = gauge("caravan_active_runs", "Runs that have not ended, of all pipelines.");
        Map<RunState, Long> counts = ledger().statistics().countLive();
        Arrays.stream(RunState.values())
                .filter(RunState::live)
                .forEach(state -> live.dataPoint(value(counts.getOrDefault(state, 0L), "state", state.toString())));
        all.add(live.build());
    }

    private void schedules(Set<String> names, List<MetricSnapshot> all) {
        GaugeSnapshot.Builder paused = gauge("caravan_pipeline_paused", "Whether the pipeline is paused.");
        GaugeSnapshot.Builder overdue = gauge(
                "caravan_pipeline_overdue_seconds",
                "How long the oldest slot that no process has run is due; 0 if there is none.");
        Instant now = ledger().clock().instant();
        Map<String, Pause> pauses = ledger().pipelines().pauses();
        Map<String, List<Instant>> waiting =
                pipelines.overdue(names.stream().collect(Collectors.toMap(name -> name, name -> Duration.ZERO)));
        for (String name : names) {
            Pause pause = pauses.get(name);
            paused.dataPoint(value(pause != null && pause.paused() ? 1 : 0, "pipeline", name));
            List<Instant> slots = waiting.getOrDefault(name, List.of());
            overdue.dataPoint(value(
                    slots.isEmpty() ? 0 : Math.max(0, seconds(Duration.between(slots.get(0), now))), "pipeline", name));
        }
        all.add(paused.build());
        all.add(overdue.build());
    }

    private void tables(Set<String> names, List<MetricSnapshot> all) {
        GaugeSnapshot.Builder loaded = gauge(
                "caravan_table_last_load_timestamp_seconds",
                "When a load into the table last succeeded, whether or not it found new rows.");
        ledger().loads().tables().stream()
                .filter(table -> names.contains(table.pipeline()))
                .forEach(table -> loaded.dataPoint(value(seconds(table.loaded()), "table", table.name())));
        all.add(loaded.build());
    }

    private void quotas(List<MetricSnapshot> all) {
        GaugeSnapshot.Builder left =
                gauge("caravan_api_quota_remaining", "The requests that an API still accepts, by its last answer.");
        GaugeSnapshot.Builder limit = gauge("caravan_api_quota_limit", "The requests of a whole period of a quota.");
        GaugeSnapshot.Builder told =
                gauge("caravan_api_quota_timestamp_seconds", "When the API last said what is left of its quota.");
        for (QuotaTable.KnownQuota known : ledger().quotas().list()) {
            String api = known.quota().api();
            left.dataPoint(value(known.quota().remaining(), "api", api));
            if (known.quota().total() != null) {
                limit.dataPoint(value(known.quota().total(), "api", api));
            }
            told.dataPoint(value(seconds(known.told()), "api", api));
        }
        all.addAll(List.of(left.build(), limit.build(), told.build()));
    }

    private void service(List<MetricSnapshot> all) {
        GaugeSnapshot.Builder incidents = gauge("caravan_incidents", "Open incidents, by the rule that found them.");
        ledger().incidents().open().stream()
                .collect(Collectors.groupingBy(Incident::cause, Collectors.counting()))
                .forEach((cause, open) -> incidents.dataPoint(value(open, "cause", cause)));
        all.add(incidents.build());
        all.add(gauge("caravan_undelivered_messages", "Messages about runs and incidents that wait to be delivered.")
                .dataPoint(value(ledger().outbox().count()))
                .build());
        all.add(gauge("caravan_services", "The services that run pipelines, also those without schedules.")
                .dataPoint(value(pipelines.nodes(RECENT).stream()
                        .filter(node -> node.service() && node.running())
                        .count()))
                .build());
    }
}
