package dev.caravan.log4j;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.caravan.run.LogBridge;
import dev.caravan.run.RunIds;
import dev.caravan.run.Secrets;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.logging.log4j.core.Core;
import org.apache.logging.log4j.core.Layout;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.config.plugins.Plugin;
import org.apache.logging.log4j.core.config.plugins.PluginFactory;
import org.apache.logging.log4j.core.layout.AbstractStringLayout;

/**
 * A log event as one line of JSON, with the field names of the Elastic Common Schema, and {@code run} and {@code pipeline}.
 * Secrets are masked here: in the finished line a quote of the text would look like one of JSON.
 */
@Plugin(name = "JsonLines", category = Core.CATEGORY_NAME, elementType = Layout.ELEMENT_TYPE)
public final class JsonLinesLayout extends AbstractStringLayout {

    private JsonLinesLayout() {
        super(StandardCharsets.UTF_8);
    }

    /** Creates the layout. */
    @PluginFactory
    public static JsonLinesLayout create() {
        return new JsonLinesLayout();
    }

    @Override
    public String getContentType() {
        return "application/x-ndjson";
    }

    @Override
    public String toSerializable(LogEvent event) {
        StringWriter line = new StringWriter();
        try (JsonGenerator json = Json.FACTORY.createGenerator(line)) {
            json.writeStartObject();
            json.writeStringField(
                    "@timestamp", Instant.ofEpochMilli(event.getTimeMillis()).toString());
            json.writeStringField("log.level", event.getLevel().name());
            json.writeStringField("message", Secrets.mask(event.getMessage().getFormattedMessage()));
            json.writeStringField("ecs.version", "1.2.0");
            json.writeStringField("log.logger", event.getLoggerName());
            json.writeStringField("process.thread.name", event.getThreadName());
            writeRun(json, event);
            if (event.getThrown() != null) {
                write(json, event.getThrown());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return line.append('\n').toString();
    }

    private static void writeRun(JsonGenerator json, LogEvent event) throws IOException {
        String run = event.getContextData().getValue(LogBridge.RUN);
        if (run == null) {
            return;
        }
        json.writeStringField("run", run);
        String pipeline = event.getContextData().getValue(LogBridge.PIPELINE);
        if (pipeline != null) {
            json.writeStringField("pipeline", pipeline);
        }
        if (LogBridge.isTraced()) {
            json.writeStringField("trace.id", RunIds.trace(run));
        }
    }

    private static void write(JsonGenerator json, Throwable thrown) throws IOException {
        StringWriter trace = new StringWriter();
        thrown.printStackTrace(new PrintWriter(trace));
        json.writeStringField("error.type", thrown.getClass().getName());
        if (thrown.getMessage() != null) {
            json.writeStringField("error.message", Secrets.mask(thrown.getMessage()));
        }
        json.writeStringField("error.stack_trace", Secrets.mask(trace.toString()));
    }

    /** Loaded only if the log is JSON. */
    private static final class Json {
        static final JsonFactory FACTORY = new JsonFactory();
    }
}
