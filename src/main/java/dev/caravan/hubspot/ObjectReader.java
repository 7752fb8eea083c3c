package dev.caravan.hubspot;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.api.Page;
import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.Suggestion;
import dev.caravan.run.TransientException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads objects of one type for one run: lists and searches them, and makes rows of them. */
final class ObjectReader {

    static final int SEARCH_PAGE = 200;
    private static final int LIST_PAGE = 100;
    /** The names of more properties would not fit into an address. */
    private static final int MAX_NAMES = 2_000;

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final HubSpotEndpoint endpoint;
    private final HubSpotClient client;
    private final Run run;
    private final String name;
    private final List<Property> properties;
    private final List<String> associations;

    ObjectReader(HubSpotEndpoint endpoint, Run run) {
        this.endpoint = endpoint;
        this.client = endpoint.client();
        this.run = run;
        this.name = "hubspot:" + endpoint.getObjectType();
        this.associations = names(endpoint.getAssociations());
        this.properties = properties();
    }

    private static List<String> names(String list) {
        return Arrays.stream(list.split(",", -1))
                .map(String::strip)
                .filter(text -> !text.isEmpty())
                .distinct()
                .toList();
    }

    private List<Property> properties() {
        Map<String, Property> known = new LinkedHashMap<>();
        Page page = client.get(path("properties", ""), Map.of(), "The properties of " + name, run);
        for (Map<String, Object> row : page.rows()) {
            String property = String.valueOf(row.get("name"));
            known.put(property, new Property(property, String.valueOf(row.get("type"))));
        }
        List<String> own = ownColumns().stream().map(Column::name).toList();
        String option = endpoint.getProperties().strip();
        List<String> wanted = new ArrayList<>(
                switch (option) {
                    case "all", "default" ->
                        known.keySet().stream()
                                .filter(property -> option.equals("all") || !property.startsWith("hs_"))
                                .filter(property -> !own.contains(property))
                                .toList();
                    default -> names(option);
                });
        if (!wanted.contains(endpoint.cursorProperty())) {
            wanted.add(endpoint.cursorProperty());
        }
        for (String property : wanted) {
            if (own.contains(property)) {
                throw new PermanentException(name + " has a column " + property
                        + " that is not a property of HubSpot; leave it out of the option properties");
            } else if (!known.containsKey(property)) {
                throw new PermanentException(name + ": HubSpot has no property " + property + " of "
                        + endpoint.getObjectType() + Suggestion.didYouMean(property, known.keySet()));
            }
        }
        return wanted.stream().map(known::get).toList();
    }

    /** The path of a part of the API, in the version of the route. */
    private String path(String part, String rest) {
        String version = endpoint.getVersion();
        String type = endpoint.getObjectType() + rest;
        if (!version.equals("v3")) {
            return "/crm/" + part + "/" + version + "/" + type;
        }
        return part.equals("associations") ? "/crm/v4/associations/" + type : "/crm/v3/" + part + "/" + type;
    }

    List<Column> columns() {
        List<Column> own = ownColumns();
        List<Column> columns = new ArrayList<>(own.subList(0, 1));
        properties.forEach(property -> columns.add(property.column()));
        columns.addAll(own.subList(1, own.size()));
        return columns;
    }

    /** The id first, then what is not a property. */
    private List<Column> ownColumns() {
        List<Column> columns = new ArrayList<>();
        columns.add(new Column("id", ColumnType.of(Kind.TEXT)));
        if (endpoint.isArchived()) {
            columns.add(new Column("archived", ColumnType.of(Kind.BOOLEAN)));
            columns.add(new Column("archived_at", ColumnType.of(Kind.TIMESTAMP_TZ)));
        }
        associations.forEach(to -> columns.add(new Column("associations_" + to, ColumnType.of(Kind.JSON))));
        return columns;
    }

    /** A page of the list, and where the next one begins. */
    record Listed(List<Map<String, Object>> rows, String next) {}

    /**
     * Lists a page.
     *
     * @param after where the page begins, or null
     * @param archivedBefore null for the objects that are not archived, otherwise until when the others were
     */
    Listed list(String after, Instant archivedBefore, int number) {
        boolean archived = archivedBefore != null;
        String place = "Page " + number + " of " + name + (archived ? ", archived" : "");
        Map<String, Object> query = new LinkedHashMap<>();
        query.put("limit", LIST_PAGE);
        query.put("archived", archived);
        String wanted = HubSpotClient.joined(properties);
        boolean fits = wanted.length() <= MAX_NAMES;
        if (fits) {
            query.put("properties", wanted);
        }
        if (after != null) {
            query.put("after", after);
        }
        Page page = client.get(path("objects", ""), query, place, run);
        List<Map<String, Object>> objects = page.rows();
        if (archived) {
            objects = objects.stream()
                    .filter(object -> isArchivedBefore(archivedBefore, archivedAt(object)))
                    .toList();
        }
        objects = fits ? objects : read(objects, archived, place);
        return new Listed(rows(objects, place), text(page, "/paging/next/after"));
    }

    /** Reads the properties of a page whose names are too long for an address. */
    private List<Map<String, Object>> read(List<Map<String, Object>> page, boolean archived, String place) {
        if (page.isEmpty()) {
            return page;
        }
        ObjectNode body = JSON.objectNode();
        properties.forEach(property -> body.withArray("properties").add(property.name()));
        page.forEach(object ->
                body.withArray("inputs").addObject().put("id", object.get("id").toString()));
        List<Map<String, Object>> objects = client.post(
                        path("objects", "/batch/read") + (archived ? "?archived=true" : ""), body, place, run)
                .rows();
        if (objects.size() != page.size()) { // partly failed, or objects were archived in between
            throw new TransientException(
                    place + ": asked for the properties of " + page.size() + " objects, but got " + objects.size());
        }
        return objects;
    }

    /** A page of a search, and how many objects it has found. */
    record Found(List<Map<String, Object>> rows, long total) {}

    /**
     * Searches the objects changed within a time, in the order of their ids.
     *
     * @param last the id after which to begin, or null
     */
    Found search(Instant from, Instant until, String last, int limit, int number) {
        ObjectNode body = JSON.objectNode().put("limit", limit);
        ArrayNode filters = body.putArray("filterGroups").addObject().putArray("filters");
        filter(filters, endpoint.cursorProperty(), "GTE", Long.toString(from.toEpochMilli()));
        filter(filters, endpoint.cursorProperty(), "LTE", Long.toString(until.toEpochMilli()));
        if (last != null) {
            filter(filters, "hs_object_id", "GT", last);
        }
        body.putArray("sorts").addObject().put("propertyName", "hs_object_id").put("direction", "ASCENDING");
        properties.forEach(property -> body.withArray("properties").add(property.name()));
        String place = "Page " + number + " of the search in " + name;
        Page page = client.post(path("objects", "/search"), body, place, run);
        String total = text(page, "/total");
        if (total == null) {
            throw new PermanentException(place + ": the answer has no total");
        }
        return new Found(rows(page.rows(), place), Long.parseLong(total));
    }

    private static void filter(ArrayNode filters, String property, String operator, String value) {
        filters.addObject()
                .put("propertyName", property)
                .put("operator", operator)
                .put("value", value);
    }

    private static String text(Page page, String pointer) {
        return page.value(pointer).map(Object::toString).orElse(null);
    }

    private List<Map<String, Object>> rows(List<Map<String, Object>> objects, String place) {
        Map<String, Map<String, ArrayNode>> associated = new HashMap<>();
        for (String to : associations) {
            associated.put(to, objects.isEmpty() ? Map.of() : associated(to, objects, place));
        }
        List<Map<String, Object>> rows = new ArrayList<>(objects.size());
        for (Map<String, Object> object : objects) {
            String id = String.valueOf(object.get("id"));
            if (!(object.get("properties") instanceof JsonNode values)) {
                throw new PermanentException(place + ": object " + id + " has no properties");
            }
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("id", id);
            for (Property property : properties) {
                row.put(
                        property.name(),
                        property.value(values.path(property.name()).asText(null), id));
            }
            if (endpoint.isArchived()) {
                row.put("archived", Boolean.TRUE.equals(object.get("archived")));
                row.put("archived_at", archivedAt(object));
            }
            for (String to : associations) {
                row.put(
                        "associations_" + to,
                        associated.get(to).getOrDefault(id, JSON.arrayNode()).toString());
            }
            rows.add(row);
        }
        return rows;
    }

    private static boolean isArchivedBefore(Instant end, OffsetDateTime archivedAt) {
        return archivedAt == null || archivedAt.toInstant().isBefore(end);
    }

    private static OffsetDateTime archivedAt(Map<String, Object> object) {
        Object at = object.get("archivedAt");
        return at == null ? null : Property.moment(at.toString());
    }

    /** Returns the ids of associated objects, by the id of the object. */
    private Map<String, ArrayNode> associated(String to, List<Map<String, Object>> objects, String place) {
        Map<String, ArrayNode> found = new HashMap<>();
        ArrayNode inputs = JSON.arrayNode();
        objects.forEach(object -> inputs.addObject().put("id", object.get("id").toString()));
        while (!inputs.isEmpty()) {
            JsonNode body = JSON.objectNode().set("inputs", inputs.deepCopy());
            inputs.removeAll();
            String associations = path("associations", "/" + to + "/batch/read");
            for (Map<String, Object> row :
                    client.post(associations, body, place + ", " + to, run).rows()) {
                String id = ((JsonNode) row.get("from")).path("id").asText();
                for (JsonNode target : (JsonNode) row.get("to")) {
                    found.computeIfAbsent(id, each -> JSON.arrayNode())
                            .add(target.path("toObjectId").asText());
                }
                if (row.get("paging") instanceof JsonNode paging
                        && paging.path("next").has("after")) {
                    inputs.addObject()
                            .put("id", id)
                            .put("after", paging.path("next").path("after").asText());
                }
            }
        }
        return found;
    }

    String name() {
        return name;
    }

    HubSpotClient client() {
        return client;
    }
}
