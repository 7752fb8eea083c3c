package dev.caravan.telemetry;

import dev.caravan.pipeline.Pipelines;
import dev.caravan.run.Setting;
import dev.caravan.run.UsageException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;

/**
 * Switches the export of traces on if a setting says where they go. OpenTelemetry's classes are loaded only then.
 */
public final class Telemetry {

    private static final String PREFIX = "otel.";
    private static final String ENDPOINT = "otel.exporter.otlp.endpoint";
    private static final String TRACES_ENDPOINT = "otel.exporter.otlp.traces.endpoint";
    private static final String DISABLED = "otel.sdk.disabled";

    private Telemetry() {}

    /**
     * Requires that the settings can be read. To be called before anything starts.
     *
     * @throws UsageException if a placeholder in one cannot be resolved
     */
    public static void validate(CamelContext context) {
        settings(context);
    }

    /** Exports the runs of this process, and those whose end it announces, until the context stops. */
    public static void start(CamelContext context, Pipelines pipelines) throws Exception {
        Map<String, String> settings = settings(context);
        boolean configured = settings.containsKey(ENDPOINT) || settings.containsKey(TRACES_ENDPOINT);
        if (configured && !Boolean.parseBoolean(settings.get(DISABLED))) {
            RunTraces traces = new RunTraces(pipelines, settings);
            context.addService(traces);
            context.getManagementStrategy().addEventNotifier(traces);
        }
    }

    /** Returns the settings {@code otel.*} that have a value. Those of the environment count as well. */
    private static Map<String, String> settings(CamelContext context) {
        Properties written = context.getPropertiesComponent().loadProperties(name -> name.startsWith(PREFIX));
        Map<String, String> settings = new LinkedHashMap<>();
        Stream.concat(Stream.of(ENDPOINT, TRACES_ENDPOINT, DISABLED), written.stringPropertyNames().stream())
                .forEach(name -> Setting.find(context, name).ifPresent(value -> settings.put(name, value)));
        return settings;
    }
}
