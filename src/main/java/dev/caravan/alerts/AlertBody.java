package dev.caravan.alerts;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Body;
import org.apache.camel.Variable;

/** The bodies that services expect, made of a message about an incident. For {@code routes/alerts.yaml}. */
public final class AlertBody {

    private AlertBody() {}

    /** Returns the body of an incoming webhook of Slack; Mattermost and Rocket.Chat have the same. */
    public static Map<String, Object> slack(@Body Map<String, Object> message) {
        return Map.of("text", escaped(String.valueOf(message.get("text"))));
    }

    /** Nothing in a text is a link or a mention. */
    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    /**
     * Returns an event for PagerDuty's Events API v2.
     *
     * @param key the integration key of the service
     */
    public static Map<String, Object> pagerDuty(@Body Map<String, Object> message, @Variable("key") String key) {
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("routing_key", key);
        event.put("event_action", message.get("state").equals(AlertMessage.RESOLVED) ? "resolve" : "trigger");
        event.put("dedup_key", message.get("incident"));
        Map<String, Object> details = new HashMap<>(message);
        details.remove("text");
        Map<String, Object> payload = new LinkedHashMap<>();
        payload.put("summary", message.get("summary"));
        payload.put("source", "caravan");
        payload.put("severity", "error");
        payload.put("component", message.get("pipeline"));
        payload.put("class", message.get("cause"));
        payload.put("custom_details", details);
        event.put("payload", payload);
        if (message.get("console") != null) {
            event.put("links", List.of(Map.of("href", message.get("console"), "text", "Console")));
        }
        return event;
    }
}
