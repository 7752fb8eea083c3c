package dev.caravan.metrics;

import static dev.caravan.metrics.Values.gauge;
import static dev.caravan.metrics.Values.seconds;
import static dev.caravan.metrics.Values.sum;
import static dev.caravan.metrics.Values.summary;
import static dev.caravan.metrics.Values.value;

import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.Ledger;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.List;
import java.util.Objects;

/** What this process says of itself, without a question to the ledger. */
final class ServiceMetrics {

    private ServiceMetrics() {}

    static List<MetricSnapshot> of(Pipelines pipelines) {
        Pipelines.Places places = pipelines.places();
        Ledger.Connections connections = pipelines.ledger().connections();
        Ledger.WriteTime writes = pipelines.ledger().writeTime();
        return List.of(
                InfoSnapshot.builder()
                        .name("caravan_build")
                        .help("The version of Caravan.")
                        .dataPoint(InfoDataPointSnapshot.builder()
                                .labels(Labels.of("version", version()))
                                .build())
                        .build(),
                gauge("caravan_heartbeat_timestamp_seconds", "When the last heartbeat of this process succeeded.")
                        .dataPoint(value(seconds(pipelines.lastBeat())))
                        .build(),
                gauge("caravan_run_places", "How many runs this process executes at a time (maxConcurrentRuns).")
                        .dataPoint(value(places.limit()))
                        .build(),
                gauge("caravan_run_places_used", "How many runs this process executes now.")
                        .dataPoint(value(places.used()))
                        .build(),
                gauge("caravan_runs_waiting_for_place", "How many runs wait for a place in this process.")
                        .dataPoint(value(places.waiting()))
                        .build(),
                gauge("caravan_ledger_connections_max", "How many connections to the ledger this process can have.")
                        .dataPoint(value(connections.limit()))
                        .build(),
                gauge("caravan_ledger_connections_used", "How many of its connections to the ledger are in use.")
                        .dataPoint(value(connections.used()))
                        .build(),
                gauge("caravan_ledger_connections_awaited", "How many threads wait for a connection to the ledger.")
                        .dataPoint(value(connections.waiting()))
                        .build(),
                summary(
                                "caravan_ledger_write_duration_seconds",
                                "How long writes to the ledger take: waiting for their turn, statements and commit.")
                        .dataPoint(sum(writes.writes(), writes.total()))
                        .build());
    }

    private static String version() {
        return Objects.requireNonNullElse(ServiceMetrics.class.getPackage().getImplementationVersion(), "unknown");
    }
}
