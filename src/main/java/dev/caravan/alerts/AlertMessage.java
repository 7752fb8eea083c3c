package dev.caravan.alerts;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.pipeline.ledger.Incident;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** A message about an incident, as JSON. */
final class AlertMessage {

    static final String OPENED = "opened";
    static final String REMINDER = "reminder";
    static final String RESOLVED = "resolved";
    static final String TEST = "test";

    private static final ObjectMapper JSON = new ObjectMapper();

    private AlertMessage() {}

    /**
     * @param console the address of the console, or null
     */
    static String write(Incident incident, String state, String console) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("incident", incident.id());
        fields.put("state", state);
        fields.put("pipeline", incident.pipeline());
        fields.put("cause", incident.cause());
        fields.put("run", incident.run());
        fields.put("message", incident.message());
        fields.put("fix", incident.fix());
        fields.put("console", link(incident, console));
        fields.put("opened", incident.opened().toString());
        fields.put("summary", summary(incident, state));
        fields.put("text", text(incident, state, link(incident, console)));
        fields.put("sent", Instant.now().toString());
        try {
            return JSON.writeValueAsString(fields);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static String link(Incident incident, String console) {
        if (console == null) {
            return null;
        }
        String base = console.replaceFirst("/+$", "");
        return incident.run() == null ? base : base + "/runs/" + incident.run();
    }

    /** One line. */
    private static String summary(Incident incident, String state) {
        String about = (incident.pipeline().equals("*") ? "Caravan" : incident.pipeline()) + " " + incident.cause();
        String message = incident.message().lines().findFirst().orElse("");
        return switch (state) {
            case RESOLVED -> "Resolved: " + about;
            case REMINDER -> "Still " + about + ": " + message;
            default -> about + ": " + message;
        };
    }

    private static String text(Incident incident, String state, String link) {
        StringBuilder text = new StringBuilder(summary(incident, state));
        if (!state.equals(RESOLVED) && incident.fix() != null) {
            text.append("\nFix: ").append(incident.fix());
        }
        if (link != null) {
            text.append('\n').append(link);
        }
        return text.toString();
    }
}
