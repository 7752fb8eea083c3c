package dev.caravan.pipeline.ledger;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** A run as JSON, with the names and units of {@code caravan runs show --output json}. */
final class RunJson {

    private static final ObjectMapper JSON = new ObjectMapper();

    private RunJson() {}

    static String write(RunRecord run) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("run", run.id());
        fields.put("pipeline", run.pipeline());
        fields.put("state", run.state());
        fields.put("attempts", run.attempts());
        fields.put("rows", run.rows());
        fields.put("bytes", run.bytes());
        fields.put("duration", run.duration().map(RunJson::seconds).orElse(null));
        fields.put("trigger", run.trigger());
        fields.put("started", text(run.started()));
        fields.put("slot", text(run.slot()));
        fields.put("parameters", run.parameters());
        fields.put("node", run.node());
        fields.put("created", text(run.created()));
        fields.put("finished", text(run.finished()));
        fields.put("error", run.error());
        try {
            return JSON.writeValueAsString(fields);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("Run " + run.id() + " cannot be written as JSON", e);
        }
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }

    private static String text(Instant time) {
        return time == null ? null : time.toString();
    }
}
