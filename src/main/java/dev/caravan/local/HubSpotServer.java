package dev.caravan.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * A local copy of the parts of HubSpot's CRM API that read objects: list, get, batch read, search, properties and
 * associations, with their limits and errors, under the dated paths and under v3 and v4. An object is changed by
 * PATCH, created by POST and archived by DELETE, as in HubSpot.
 *
 * <p>What HubSpot's documentation and connectors of others say: a list is ordered by id; a search finds 10,000 objects at
 * most, no archived ones, compares ids as text, and learns of changes late.
 */
public final class HubSpotServer implements AutoCloseable {

    /** The token that the server accepts by default. */
    public static final String TOKEN = "local";

    private static final ObjectMapper JSON = JsonMapper.builder().build();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final Pattern OBJECTS = Pattern.compile(
            "/crm/(v3/objects|objects/20\\d\\d-(03|09))/(?<type>\\w+)(/(?<rest>search|batch/read|\\w+))?");
    private static final Pattern PROPERTIES =
            Pattern.compile("/crm/(v3/properties|properties/20\\d\\d-(03|09))/(?<type>\\w+)");
    private static final Pattern ASSOCIATIONS = Pattern.compile(
            "/crm/(v4/associations|associations/20\\d\\d-(03|09))/(?<from>\\w+)/(?<to>\\w+)/batch/read");
    private static final int LIST_PAGE = 100;
    private static final int SEARCH_PAGE = 200;

    private final LoopbackServer http;
    private final Clock clock;
    private final Map<String, HubSpotObjects> objects = new LinkedHashMap<>();
    private final Deque<Instant> lists = new ArrayDeque<>();
    private final Deque<Instant> searches = new ArrayDeque<>();
    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private volatile int searchCap = 10_000;
    private volatile int searchesPerSecond = 5;
    private volatile int listsPerTenSeconds = 100;
    private volatile String token = TOKEN;
    private volatile String missingScope;
    private volatile String exhausted;
    private volatile Consumer<HttpExchange> listener = exchange -> {};

    private HubSpotServer(int contacts, Clock clock) {
        this.clock = clock;
        objects.put("contacts", HubSpotObjects.contacts(contacts));
        objects.put("companies", HubSpotObjects.companies((contacts + 9) / 10));
        http = new LoopbackServer("hubspot", this::handle);
    }

    /** Starts a server with a few hundred contacts. */
    public static HubSpotServer start() {
        return start(350, Clock.systemUTC());
    }

    /**
     * Starts a server.
     *
     * @param contacts how many
     * @param clock for changes, limits and the lag of the search
     */
    public static HubSpotServer start(int contacts, Clock clock) {
        return new HubSpotServer(contacts, clock);
    }

    /** The shared server of this process, started on first use. */
    public static HubSpotServer shared() {
        return Shared.SERVER;
    }

    /** The address, as in {@code http://127.0.0.1:34567}. */
    public String url() {
        return http.url();
    }

    /** Sets the accepted token. */
    public void token(String newToken) {
        token = newToken;
    }

    /** Sets the scope that the token lacks, or null. */
    public void missingScope(String scope) {
        missingScope = scope;
    }

    /**
     * Sets the limits.
     *
     * @param newSearches per second; HubSpot's is 5
     * @param newLists per ten seconds, other requests included; HubSpot's is 100 in the free plan
     */
    public void limits(int newSearches, int newLists) {
        searchesPerSecond = newSearches;
        listsPerTenSeconds = newLists;
    }

    /** Sets how many objects a search finds at most; in HubSpot 10,000. */
    public void searchCap(int newCap) {
        searchCap = newCap;
    }

    /** Adds a property of contacts, which none of them has a value of. */
    public void addProperty(String name, String type) {
        objects.get("contacts").addType(name, type);
    }

    /** Answers 429 from now on, by the policy DAILY or TEN_SECONDLY_ROLLING; null to stop. */
    public void exhaust(String policy) {
        exhausted = policy;
    }

    /**
     * Injects faults from now on.
     *
     * @param specification as in {@code 502@/search*2,429:1*1}, each {@code STATUS[:RETRY_AFTER][@PATH][*TIMES]}, or
     *     {@code slow:50ms}. Empty to stop
     */
    public void inject(String specification) {
        faults.clear();
        Arrays.stream(specification.split(",", -1))
                .filter(text -> !text.isBlank())
                .forEach(text -> faults.add(new Fault(text)));
    }

    /** Calls a listener with each request before it is handled. */
    public void listen(Consumer<HttpExchange> newListener) {
        listener = newListener;
    }

    /** Sets how late the search learns of changes. */
    public void indexLag(Duration lag) {
        objects.values().forEach(type -> type.lag(lag));
    }

    /** Gives the first contacts that are not archived another address, and returns their ids. */
    public List<String> changeContacts(int count) {
        HubSpotObjects contacts = objects.get("contacts");
        List<String> ids = contacts.all().stream()
                .filter(contact -> contact.archived() == null)
                .limit(count)
                .map(HubSpotObject::id)
                .toList();
        ids.forEach(id -> contacts.change(
                id, Map.of("lifecyclestage", "evangelist", "email", id + "@example.org"), clock.instant()));
        return ids;
    }

    /** Returns how many contacts there are, without the archived ones. */
    public int contacts() {
        return (int) objects.get("contacts").all().stream()
                .filter(contact -> contact.archived() == null)
                .count();
    }

    /** Deletes a contact. */
    public void archiveContact(String id) {
        objects.get("contacts").archive(id, clock.instant());
    }

    @Override
    public void close() {
        http.close();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            listener.accept(exchange);
            Answer answer = answer(exchange);
            for (Fault fault : faults) {
                if (fault.appliesTo(exchange.getRequestURI().getPath())) {
                    if (fault.kind().equals("slow")) {
                        Thread.sleep(fault.delay().toMillis());
                    } else {
                        if (fault.retryAfter() != null) {
                            exchange.getResponseHeaders().set("Retry-After", fault.retryAfter());
                        }
                        answer = error(Integer.parseInt(fault.kind()), "INTERNAL_ERROR", "Out of order");
                        break;
                    }
                }
            }
            LoopbackServer.send(
                    exchange,
                    answer.status(),
                    answer.json() == null ? "" : answer.json().toString());
        } catch (InterruptedException e) {
            // the server is closing
            Thread.currentThread().interrupt();
        }
    }

    private Answer answer(HttpExchange exchange) throws IOException {
        String given = exchange.getRequestHeaders().getFirst("Authorization");
        if (given == null || !given.equals("Bearer " + token)) {
            return error(
                    401,
                    "INVALID_AUTHENTICATION",
                    "Authentication credentials not found. This API supports OAuth 2.0 authentication.");
        }
        String path = exchange.getRequestURI().getPath();
        Answer limited = limited(path.endsWith("/search"));
        if (limited != null) {
            return limited;
        }
        if (missingScope != null) {
            Answer answer =
                    error(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes to make this call.");
            ObjectNode error = ((ObjectNode) answer.json()).putArray("errors").addObject();
            error.put("message", "One or more of the following scopes are required.");
            error.putObject("context").putArray("requiredGranularScopes").add(missingScope);
            return answer;
        }
        byte[] content = exchange.getRequestBody().readAllBytes();
        JsonNode body = content.length == 0 ? NODES.objectNode() : JSON.readTree(content);
        Matcher matcher = OBJECTS.matcher(path);
        if (matcher.matches()) {
            HubSpotObjects type = objects.get(matcher.group("type"));
            String method = exchange.getRequestMethod();
            String rest = matcher.group("rest");
            if (type == null) {
                return error(400, "VALIDATION_ERROR", "Unable to infer object type from: " + matcher.group("type"));
            } else if (rest == null) {
                return method.equals("POST")
                        ? change(
                                type,
                                Long.toString(800_000_000_000L + type.all().size()),
                                body)
                        : list(exchange, matcher.group("type"), type);
            } else if (rest.equals("search")) {
                return search(type, body);
            } else if (rest.equals("batch/read")) {
                return batch(type, body, Boolean.parseBoolean(query(exchange).get("archived")));
            } else {
                return one(exchange, type, rest, body);
            }
        }
        matcher = PROPERTIES.matcher(path);
        if (matcher.matches() && objects.containsKey(matcher.group("type"))) {
            return properties(objects.get(matcher.group("type")));
        }
        matcher = ASSOCIATIONS.matcher(path);
        if (matcher.matches()) {
            return associations(matcher.group("from"), matcher.group("to"), body);
        }
        return error(404, "OBJECT_NOT_FOUND", "resource not found");
    }

    private synchronized Answer limited(boolean search) {
        Instant now = clock.instant();
        if ("DAILY".equals(exhausted)) {
            return rateLimit("You have reached your daily limit.", "DAILY");
        }
        if (search) {
            return exceeds(searches, now, Duration.ofSeconds(1), searchesPerSecond)
                    ? rateLimit("You have reached your secondly limit.", "SECONDLY")
                    : null;
        }
        return "TEN_SECONDLY_ROLLING".equals(exhausted)
                        || exceeds(lists, now, Duration.ofSeconds(10), listsPerTenSeconds)
                ? rateLimit("You have reached your ten_secondly_rolling limit.", "TEN_SECONDLY_ROLLING")
                : null;
    }

    private static boolean exceeds(Deque<Instant> requests, Instant now, Duration window, int limit) {
        while (!requests.isEmpty() && requests.peek().isBefore(now.minus(window))) {
            requests.poll();
        }
        return requests.size() >= limit || !requests.add(now);
    }

    private static Answer rateLimit(String message, String policy) {
        return new Answer(
                429,
                NODES.objectNode()
                        .put("status", "error")
                        .put("message", message)
                        .put("errorType", "RATE_LIMIT")
                        .put("correlationId", "00000000-0000-0000-0000-000000000000")
                        .put("policyName", policy)
                        .put("groupName", "publicapi:private-apps:api-calls"));
    }

    private static Answer error(int status, String category, String message) {
        return new Answer(
                status,
                NODES.objectNode()
                        .put("status", "error")
                        .put("message", message)
                        .put("correlationId", "00000000-0000-0000-0000-000000000000")
                        .put("category", category));
    }

    private Answer list(HttpExchange exchange, String typeName, HubSpotObjects type) {
        Map<String, String> query = query(exchange);
        int limit = Integer.parseInt(query.getOrDefault("limit", "10"));
        if (limit < 1 || limit > LIST_PAGE) {
            return error(400, "VALIDATION_ERROR", "limit must be between 1 and " + LIST_PAGE);
        }
        String after = query.getOrDefault("after", "0");
        if (!after.matches("\\d{1,18}")) {
            return error(400, "VALIDATION_ERROR", "after is not valid");
        }
        boolean archived = Boolean.parseBoolean(query.get("archived"));
        List<HubSpotObject> rest = type.all().stream()
                .filter(object -> Long.parseLong(object.id()) > Long.parseLong(after))
                .filter(object -> (object.archived() != null) == archived)
                .toList();
        List<HubSpotObject> page = rest.subList(0, Math.min(limit, rest.size()));
        ObjectNode answer = results(page, names(query.get("properties"), type));
        String associations = query.get("associations");
        if (associations != null) {
            for (JsonNode result : answer.path("results")) {
                ObjectNode all = ((ObjectNode) result).putObject("associations");
                for (String to : associations.split(",", -1)) {
                    ArrayNode found = NODES.arrayNode();
                    associated(typeName, to, result.path("id").asText())
                            .forEach(id -> found.addObject().put("id", id).put("type", typeName + "_to_" + to));
                    if (!found.isEmpty()) {
                        all.putObject(to).set("results", found);
                    }
                }
            }
        }
        return new Answer(
                200,
                page.size() == rest.size()
                        ? answer
                        : paged(answer, page.get(page.size() - 1).id(), exchange));
    }

    private static ObjectNode paged(ObjectNode answer, String after, HttpExchange exchange) {
        ObjectNode next = answer.putObject("paging").putObject("next").put("after", after);
        if (exchange != null) {
            next.put("link", "https://api.hubapi.com" + exchange.getRequestURI().getPath() + "?after=" + after);
        }
        return answer;
    }

    private Answer search(HubSpotObjects type, JsonNode body) {
        int limit = body.path("limit").asInt(10);
        int after = body.path("after").asInt(0);
        if (limit < 1 || limit > SEARCH_PAGE) {
            return error(400, "VALIDATION_ERROR", "The requested limit must be between 1 and " + SEARCH_PAGE);
        }
        if (after + limit > searchCap) {
            return error(400, "VALIDATION_ERROR", "The search results are limited to " + searchCap + " per query");
        }
        List<HubSpotObject> found = new ArrayList<>();
        for (HubSpotObject object : type.indexed(clock.instant())) {
            if (body.path("filterGroups").isEmpty()
                    || any(
                            body.path("filterGroups"),
                            group -> all(group.path("filters"), filter -> matches(type, object, filter)))) {
                found.add(object);
            }
        }
        JsonNode sort = body.path("sorts").path(0);
        String by = sort.isTextual() ? sort.asText() : sort.path("propertyName").asText("hs_object_id");
        Comparator<HubSpotObject> order = Comparator.comparing(
                object -> object.value(by), Comparator.nullsLast((a, b) -> compare(type, by, a, b)));
        found.sort("DESCENDING".equals(sort.path("direction").asText()) ? order.reversed() : order);
        List<HubSpotObject> page = found.subList(Math.min(after, found.size()), Math.min(after + limit, found.size()));
        List<String> names = new ArrayList<>();
        body.path("properties").forEach(name -> names.add(name.asText()));
        ObjectNode answer = results(page, names(names.isEmpty() ? null : String.join(",", names), type))
                .put("total", found.size());
        return new Answer(
                200, after + limit >= found.size() ? answer : paged(answer, Integer.toString(after + limit), null));
    }

    private static boolean any(JsonNode nodes, java.util.function.Predicate<JsonNode> condition) {
        return StreamSupport.stream(nodes.spliterator(), false).anyMatch(condition);
    }

    private static boolean all(JsonNode nodes, java.util.function.Predicate<JsonNode> condition) {
        return StreamSupport.stream(nodes.spliterator(), false).allMatch(condition);
    }

    private static boolean matches(HubSpotObjects type, HubSpotObject object, JsonNode filter) {
        String property = filter.path("propertyName").asText();
        String value = object.value(property);
        if (value == null || value.isEmpty()) {
            return filter.path("operator").asText().equals("NOT_HAS_PROPERTY");
        }
        int order = compare(type, property, value, filter.path("value").asText());
        return switch (filter.path("operator").asText()) {
            case "EQ" -> order == 0;
            case "NEQ" -> order != 0;
            case "GT" -> order > 0;
            case "GTE" -> order >= 0;
            case "LT" -> order < 0;
            case "LTE" -> order <= 0;
            case "HAS_PROPERTY" -> true;
            default -> false;
        };
    }

    /** Moments as such, whether ISO or milliseconds; numbers as such, except ids. */
    private static int compare(HubSpotObjects type, String property, String a, String b) {
        String declared =
                property.equals("hs_object_id") ? "string" : type.types().get(property);
        return switch (String.valueOf(declared)) {
            case "datetime" -> time(a).compareTo(time(b));
            case "number" -> new BigDecimal(a).compareTo(new BigDecimal(b));
            default -> a.compareTo(b);
        };
    }

    private static Instant time(String text) {
        return text.matches("\\d+") ? Instant.ofEpochMilli(Long.parseLong(text)) : Instant.parse(text);
    }

    private static Answer batch(HubSpotObjects type, JsonNode body, boolean archived) {
        List<String> names = new ArrayList<>();
        body.path("properties").forEach(name -> names.add(name.asText()));
        List<HubSpotObject> found = new ArrayList<>();
        for (JsonNode input : body.path("inputs")) {
            HubSpotObject object = type.get(input.path("id").asText());
            if (object != null && (object.archived() != null) == archived) {
                found.add(object);
            }
        }
        if (body.path("inputs").size() > LIST_PAGE) {
            return error(400, "VALIDATION_ERROR", "No more than " + LIST_PAGE + " inputs are allowed");
        }
        ObjectNode answer = results(found, names(names.isEmpty() ? null : String.join(",", names), type));
        String now = HubSpotObject.iso(Instant.now());
        return new Answer(
                200, answer.put("status", "COMPLETE").put("startedAt", now).put("completedAt", now));
    }

    private Answer one(HttpExchange exchange, HubSpotObjects type, String id, JsonNode body) {
        HubSpotObject object = type.get(id);
        if (object == null || object.archived() != null) {
            return error(404, "OBJECT_NOT_FOUND", "Object not found.  objectId are usually numeric.");
        }
        return switch (exchange.getRequestMethod()) {
            case "PATCH" -> change(type, id, body);
            case "DELETE" -> {
                type.archive(id, clock.instant());
                yield new Answer(204, null);
            }
            default -> new Answer(200, object.json(names(query(exchange).get("properties"), type)));
        };
    }

    private Answer change(HubSpotObjects type, String id, JsonNode body) {
        Map<String, String> changes = new LinkedHashMap<>();
        body.path("properties")
                .properties()
                .forEach(field -> changes.put(field.getKey(), field.getValue().asText()));
        if (!type.types().keySet().containsAll(changes.keySet())) {
            return error(400, "VALIDATION_ERROR", "Property values were not valid");
        }
        boolean created = type.get(id) == null;
        HubSpotObject changed = type.change(id, changes, clock.instant());
        return new Answer(created ? 201 : 200, changed.json(type.types().keySet()));
    }

    private static Answer properties(HubSpotObjects type) {
        ArrayNode results = NODES.arrayNode();
        type.types().forEach((name, declared) -> {
            ObjectNode property = results.addObject()
                    .put("name", name)
                    .put("label", name)
                    .put("type", declared)
                    .put("fieldType", declared.equals("number") ? "number" : "text")
                    .put("description", "")
                    .put("groupName", "information")
                    .put("hubspotDefined", true)
                    .put("hidden", false)
                    .put("archived", false);
            property.putArray("options");
        });
        return new Answer(200, NODES.objectNode().set("results", results));
    }

    /** Ten contacts belong to a company, every third contact to none. */
    private List<String> associated(String from, String to, String id) {
        if (!from.equals("contacts") || !to.equals("companies")) {
            return List.of();
        }
        long number = Long.parseLong(id);
        if (number % 3 == 0) {
            return List.of();
        }
        int companies = objects.get("companies").all().size();
        return List.of(HubSpotObjects.companyId((int) (number / 10 % companies)));
    }

    private Answer associations(String from, String to, JsonNode body) {
        ArrayNode results = NODES.arrayNode();
        for (JsonNode input : body.path("inputs")) {
            List<String> found = associated(from, to, input.path("id").asText());
            if (!found.isEmpty()) {
                ObjectNode result = results.addObject();
                result.putObject("from").put("id", input.path("id").asText());
                ArrayNode targets = result.putArray("to");
                for (String id : found) {
                    ObjectNode target = targets.addObject().put("toObjectId", id);
                    target.putArray("associationTypes")
                            .addObject()
                            .put("category", "HUBSPOT_DEFINED")
                            .put("typeId", 279)
                            .putNull("label");
                }
            }
        }
        String now = HubSpotObject.iso(Instant.now());
        ObjectNode answer = NODES.objectNode()
                .put("status", "COMPLETE")
                .put("startedAt", now)
                .put("completedAt", now);
        return new Answer(200, answer.set("results", results));
    }

    private static ObjectNode results(List<HubSpotObject> page, List<String> names) {
        ObjectNode answer = NODES.objectNode();
        ArrayNode results = answer.putArray("results");
        page.forEach(object -> results.add(object.json(names)));
        return answer;
    }

    /** The properties to return: names that do not exist are ignored. */
    private static List<String> names(String wanted, HubSpotObjects type) {
        String modified = type.types().containsKey("lastmodifieddate") ? "lastmodifieddate" : "hs_lastmodifieddate";
        List<String> names = new ArrayList<>(List.of("createdate", modified, "hs_object_id"));
        Arrays.stream((wanted == null ? "email,firstname,lastname,name,domain" : wanted).split(",", -1))
                .filter(type.types()::containsKey)
                .filter(name -> !names.contains(name))
                .forEach(names::add);
        return names;
    }

    private static Map<String, String> query(HttpExchange exchange) {
        String raw = exchange.getRequestURI().getRawQuery();
        return raw == null
                ? Map.of()
                : Arrays.stream(raw.split("&", -1))
                        .map(pair -> pair.split("=", 2))
                        .filter(pair -> pair.length == 2)
                        .collect(Collectors.toMap(
                                pair -> pair[0],
                                pair -> URLDecoder.decode(pair[1], StandardCharsets.UTF_8),
                                (a, b) -> a + "," + b));
    }

    private record Answer(int status, JsonNode json) {}

    private static final class Shared {

        static final HubSpotServer SERVER = start();
    }
}
