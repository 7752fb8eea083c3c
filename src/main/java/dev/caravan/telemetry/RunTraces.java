package dev.caravan.telemetry;

import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.RunEvent;
import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.StepRecord;
import dev.caravan.run.Load;
import dev.caravan.run.LogBridge;
import dev.caravan.run.RunIds;
import dev.caravan.run.Secrets;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.trace.IdGenerator;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.EventNotifierSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Exports each run as a trace when it is over: a span for the run, in it one for each attempt, and in these one for each step.
 * They are made of what the ledger holds, so that attempts of a process that has crashed are among them.
 */
final class RunTraces extends EventNotifierSupport {

    private static final Logger LOG = LoggerFactory.getLogger(RunTraces.class);

    /** The maximum time that a process stops for traces that are being exported. */
    private static final int STOP_SECONDS = 5;

    /** What OpenTelemetry assumes otherwise needs libraries that are not here. */
    private static final Map<String, String> DEFAULTS = Map.of(
            "otel.service.name", "caravan",
            "otel.exporter.otlp.protocol", "http/protobuf",
            "otel.metrics.exporter", "none",
            "otel.logs.exporter", "none");

    private static final AttributeKey<String> PIPELINE = AttributeKey.stringKey("caravan.pipeline");
    private static final AttributeKey<String> RUN = AttributeKey.stringKey("caravan.run");
    private static final AttributeKey<String> SLOT = AttributeKey.stringKey("caravan.slot");
    private static final AttributeKey<String> TRIGGER = AttributeKey.stringKey("caravan.trigger");
    private static final AttributeKey<String> NODE = AttributeKey.stringKey("caravan.node");
    private static final AttributeKey<String> STATE = AttributeKey.stringKey("caravan.state");
    private static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("caravan.attempt");
    private static final AttributeKey<String> STEP = AttributeKey.stringKey("caravan.step");
    private static final AttributeKey<Long> ROWS = AttributeKey.longKey("caravan.rows");
    private static final AttributeKey<Long> BYTES = AttributeKey.longKey("caravan.bytes");
    private static final AttributeKey<String> TABLE = AttributeKey.stringKey("caravan.table");
    private static final AttributeKey<String> LOAD = AttributeKey.stringKey("caravan.load");
    private static final AttributeKey<String> MESSAGE = AttributeKey.stringKey("exception.message");

    private final Pipelines pipelines;
    private final Map<String, String> settings;
    private final TraceIds ids = new TraceIds();
    private AutoConfiguredOpenTelemetrySdk sdk;
    private Tracer tracer;

    /**
     * @param settings the settings {@code otel.*}; the environment takes precedence
     */
    RunTraces(Pipelines pipelines, Map<String, String> settings) {
        this.pipelines = pipelines;
        this.settings = settings;
        setIgnoreCamelContextInitEvents(true);
        setIgnoreCamelContextEvents(true);
        setIgnoreRouteEvents(true);
        setIgnoreServiceEvents(true);
        setIgnoreExchangeEvents(true);
        setIgnoreStepEvents(true);
    }

    @Override
    protected void doStart() {
        Map<String, String> configured = new HashMap<>(DEFAULTS);
        configured.putAll(settings);
        try {
            sdk = AutoConfiguredOpenTelemetrySdk.builder()
                    .disableShutdownHook()
                    .addPropertiesSupplier(() -> configured)
                    .addTracerProviderCustomizer((provider, config) -> provider.setIdGenerator(ids))
                    .build();
        } catch (RuntimeException e) { // no run depends on its trace
            LOG.error(
                    "Runs are not exported as traces: OpenTelemetry rejects its settings (otel.*, OTEL_*): {}",
                    e.getMessage());
            return;
        }
        tracer = sdk.getOpenTelemetrySdk().getTracer("dev.caravan");
        LogBridge.setTraced(true);
    }

    @Override
    protected void doStop() {
        LogBridge.setTraced(false);
        if (sdk != null) {
            boolean exported = sdk.getOpenTelemetrySdk()
                    .shutdown()
                    .join(STOP_SECONDS, TimeUnit.SECONDS)
                    .isSuccess();
            if (!exported) {
                LOG.warn(
                        "Not all traces were exported within {} s: does the endpoint of otel.exporter.otlp answer?",
                        STOP_SECONDS);
            }
        }
    }

    @Override
    public boolean isEnabled(CamelEvent event) {
        return tracer != null
                && event instanceof RunEvent run
                && run.kind() == RunEvent.Kind.FINISHED
                && run.attempt() > 0;
    }

    /** Called on the thread of events, which no run waits for. */
    @Override
    public void notify(CamelEvent event) {
        String id = ((RunEvent) event).run();
        RunRecord run = pipelines.ledger().history().get(id);
        if (run.started() != null && run.finished() != null) {
            export(run, pipelines.ledger().history().attempts(id));
        }
    }

    private void export(RunRecord run, List<AttemptRecord> attempts) {
        ids.next(RunIds.trace(run.id()));
        Span span = begin(
                tracer.spanBuilder(run.pipeline()).setNoParent(),
                run,
                run.started(),
                Attributes.builder()
                        .put(STATE, run.state().toString())
                        .put(TRIGGER, run.trigger().toString())
                        .put(NODE, run.node())
                        .put(ROWS, run.rows())
                        .put(BYTES, run.bytes())
                        .build());
        Context context = span.storeInContext(Context.root());
        attempts.stream()
                // a run that was retried has told of the others
                .filter(attempt -> !attempt.started().isBefore(run.started()))
                .forEach(attempt -> export(run, attempt, context));
        end(span, run.state(), run.error(), run.started(), run.finished());
    }

    private void export(RunRecord run, AttemptRecord attempt, Context parent) {
        Instant finished = attempt.finished() == null ? run.finished() : attempt.finished();
        Attributes common = Attributes.of(ATTEMPT, (long) attempt.attempt());
        Span span = begin(
                tracer.spanBuilder("attempt " + attempt.attempt()).setParent(parent),
                run,
                attempt.started(),
                common.toBuilder()
                        .put(ROWS, attempt.rows())
                        .put(BYTES, attempt.bytes())
                        .build());
        for (Load load : attempt.loads()) {
            span.addEvent(
                    "load",
                    Attributes.of(
                            TABLE, load.table(),
                            LOAD, load.id(),
                            ROWS, load.inserted() + load.updated(),
                            BYTES, load.bytes()),
                    load.committed());
        }
        Context context = span.storeInContext(parent);
        for (StepRecord step : attempt.steps()) {
            Span its = begin(
                    tracer.spanBuilder(step.id()).setParent(context),
                    run,
                    step.started(),
                    common.toBuilder()
                            .put(STEP, step.id())
                            .put(ROWS, step.rows())
                            .put(BYTES, step.bytes())
                            .build());
            end(its, step.state(), step.error(), step.started(), step.finished() == null ? finished : step.finished());
        }
        end(span, attempt.state(), attempt.error(), attempt.started(), finished);
    }

    private static Span begin(SpanBuilder span, RunRecord run, Instant started, Attributes attributes) {
        span.setAttribute(PIPELINE, run.pipeline()).setAttribute(RUN, run.id());
        if (run.slot() != null) {
            span.setAttribute(SLOT, run.slot().toString());
        }
        return span.setAllAttributes(attributes).setStartTimestamp(started).startSpan();
    }

    private static void end(Span span, RunState state, String error, Instant started, Instant finished) {
        // clocks can differ by a millisecond
        Instant end = finished.isBefore(started) ? started : finished;
        if (error != null) {
            String message = Secrets.mask(error);
            span.addEvent("exception", Attributes.of(MESSAGE, message), end);
            if (state == RunState.FAILED || state == RunState.CRASHED) {
                span.setStatus(StatusCode.ERROR, message.lines().findFirst().orElse(""));
            }
        }
        span.end(end);
    }

    /** The trace of a run has an id that every process knows, so that log lines can name it. */
    private static final class TraceIds implements IdGenerator {

        private volatile String trace = IdGenerator.random().generateTraceId();

        void next(String id) {
            trace = id;
        }

        @Override
        public String generateTraceId() {
            return trace;
        }

        @Override
        public String generateSpanId() {
            return IdGenerator.random().generateSpanId();
        }
    }
}
