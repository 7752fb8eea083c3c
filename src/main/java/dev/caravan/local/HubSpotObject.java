package dev.caravan.local;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Map;

/**
 * One version of an object in {@link HubSpotServer}.
 *
 * @param id as text, as in all answers
 * @param properties their values are always text; an empty one was cleared
 * @param created when it was created
 * @param updated when it was last changed
 * @param archived when it was deleted, or null
 */
record HubSpotObject(String id, Map<String, String> properties, Instant created, Instant updated, Instant archived) {

    /** The value of a property, or null. */
    String value(String property) {
        return property.equals("hs_object_id") ? id : properties.get(property);
    }

    /** The object with the properties that were asked for, absent ones as null. */
    ObjectNode json(Collection<String> wanted) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("id", id);
        ObjectNode values = json.putObject("properties");
        wanted.forEach(name -> values.put(name, value(name)));
        json.put("createdAt", iso(created)).put("updatedAt", iso(updated)).put("archived", archived != null);
        return archived == null ? json : json.put("archivedAt", iso(archived));
    }

    /** Milliseconds are always written, as in HubSpot's answers. */
    static String iso(Instant time) {
        String text = time.truncatedTo(ChronoUnit.MILLIS).toString();
        return text.length() == 20 ? text.substring(0, 19) + ".000Z" : text;
    }
}
