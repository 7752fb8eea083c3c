package dev.caravan.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import io.prometheus.metrics.model.snapshots.SummarySnapshot.SummaryDataPointSnapshot;
import java.time.Duration;
import java.time.Instant;

/**
 * Short forms for metrics and their values. A name ends with its unit; that of a counter gets {@code _total} when it is written.
 * Labels are a name, its value, and so on.
 */
final class Values {

    private static final double MILLIS = 1_000.0;

    private Values() {}

    static CounterSnapshot.Builder counter(String name, String help) {
        return CounterSnapshot.builder().name(name).help(help);
    }

    static GaugeSnapshot.Builder gauge(String name, String help) {
        return GaugeSnapshot.builder().name(name).help(help);
    }

    /** Returns a metric of a number of events and of the time that they took. */
    static SummarySnapshot.Builder summary(String name, String help) {
        return SummarySnapshot.builder().name(name).help(help);
    }

    static CounterDataPointSnapshot count(long value, String... labels) {
        return CounterDataPointSnapshot.builder()
                .value((double) value)
                .labels(Labels.of(labels))
                .build();
    }

    static GaugeDataPointSnapshot value(long value, String... labels) {
        return value((double) value, labels);
    }

    static GaugeDataPointSnapshot value(double value, String... labels) {
        return GaugeDataPointSnapshot.builder()
                .value(value)
                .labels(Labels.of(labels))
                .build();
    }

    static SummaryDataPointSnapshot sum(long events, Duration time, String... labels) {
        return SummaryDataPointSnapshot.builder()
                .count(events)
                .sum(seconds(time))
                .labels(Labels.of(labels))
                .build();
    }

    static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }

    /** Returns a time as seconds since 1970. */
    static double seconds(Instant time) {
        return time.toEpochMilli() / MILLIS;
    }
}
