package dev.caravan.metrics;

import static dev.caravan.metrics.Values.gauge;
import static dev.caravan.metrics.Values.value;

import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.Errors;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The metrics of a Camel context, as Prometheus reads them. */
public final class Metrics {

    private static final Logger LOG = LoggerFactory.getLogger(Metrics.class);

    /** A scrape without the ledger must end within Prometheus' timeout, 10 s by default. */
    private static final Duration LEDGER_TIMEOUT = Duration.ofSeconds(5);

    private final Pipelines pipelines;
    private final LedgerMetrics ledger;
    private final ExecutorService executor;
    private final PrometheusRegistry process = new PrometheusRegistry();
    private final ExpositionFormats formats = ExpositionFormats.init();
    private Future<List<MetricSnapshot>> collection;

    /**
     * A scrape.
     *
     * @param type its Content-Type
     */
    public record Scrape(String type, String body) {}

    public Metrics(CamelContext context) {
        pipelines = context.getComponent("pipeline", PipelineComponent.class).pipelines();
        ledger = new LedgerMetrics(pipelines);
        executor = context.getExecutorServiceManager().newSingleThreadExecutor(this, "Metrics");
        ProcessMetrics.builder().register(process);
        JvmMemoryMetrics.builder().register(process);
        JvmGarbageCollectorMetrics.builder().register(process);
        JvmThreadsMetrics.builder().register(process);
    }

    /**
     * Collects all metrics. Without an answer of the ledger, those that come from it are left out.
     *
     * @param accept which formats the reader accepts, as the header Accept says it, or null
     */
    public Scrape scrape(String accept) {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        process.scrape().stream().forEach(all::metricSnapshot);
        ServiceMetrics.of(pipelines).forEach(all::metricSnapshot);
        long began = System.nanoTime();
        List<MetricSnapshot> fromLedger = fromLedger();
        fromLedger.forEach(all::metricSnapshot);
        all.metricSnapshot(gauge("caravan_ledger_up", "Whether the ledger has answered this scrape.")
                .dataPoint(value(fromLedger.isEmpty() ? 0 : 1))
                .build());
        all.metricSnapshot(
                gauge("caravan_ledger_scrape_duration_seconds", "How long the ledger took to answer this scrape.")
                        .dataPoint(value((System.nanoTime() - began) / 1e9))
                        .build());
        return write(all.build(), accept);
    }

    private Scrape write(MetricSnapshots snapshots, String accept) {
        ExpositionFormatWriter format = formats.findWriter(accept);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try {
            format.write(body, snapshots);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Scrape(format.getContentType(), body.toString(StandardCharsets.UTF_8));
    }

    /** Empty if the ledger does not answer. */
    private synchronized List<MetricSnapshot> fromLedger() {
        if (collection == null || collection.isDone()) {
            collection = executor.submit(ledger::collect);
        }
        try {
            return collection.get(LEDGER_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.debug("The ledger has not answered a scrape in time", e);
        } catch (ExecutionException e) {
            LOG.debug("The ledger does not answer: {}", Errors.describe(e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return List.of();
    }
}
