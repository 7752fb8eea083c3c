package dev.caravan.console;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Describes the JSON of the console: an OpenAPI document, whose schemas are made of the records that are written. */
final class OpenApi {

    /** Where the document is. */
    static final String PATH = "/api/openapi.json";

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String PIPELINE = "only this pipeline";
    private static final String SINCE = "a date (2026-01-31) or a time (2026-01-31T06:00:00Z)";
    private static final String NONE = "{}";

    /** What an action answers. */
    record Result(String result) {}

    /** The run that was requested. */
    record Requested(String run) {}

    /** Why a request was refused. */
    record Failure(String error) {}

    /**
     * An operation.
     *
     * @param query the parameters in the query, with their meaning
     * @param body the fields of the request's body with their schemas, as JSON; or null
     * @param answer the record that is written, or null for events
     */
    private record Operation(
            String method, String path, String summary, Map<String, String> query, String body, Class<?> answer) {

        static Operation get(String path, String summary, Class<?> answer, String... query) {
            Map<String, String> parameters = new TreeMap<>();
            for (int i = 0; i < query.length; i += 2) {
                parameters.put(query[i], query[i + 1]);
            }
            return new Operation("get", path, summary, parameters, null, answer);
        }

        static Operation post(String path, String summary, String body, Class<?> answer) {
            return new Operation("post", path, summary, Map.of(), body, answer);
        }
    }

    private static final List<Operation> OPERATIONS = List.of(
            Operation.get("/api/", "What an operator sees first", HomePage.class),
            Operation.get(
                    "/api/pipelines",
                    "The pipelines by name",
                    PipelinesPage.class,
                    "q",
                    "words of name, description or tag; a word after a minus is excluded",
                    "tag",
                    "only with this tag",
                    "show",
                    "one of " + String.join(", ", PipelinesPage.Filter.SHOWS),
                    "after",
                    "after the pipeline with this name, the last one of the page before",
                    "limit",
                    "how many at most, up to 1000: all if it is left out"),
            Operation.get(
                    "/api/pipelines/{name}",
                    "A pipeline",
                    PipelinePage.class,
                    "month",
                    "of the calendar, such as 2026-01; this one if it is left out"),
            Operation.get(
                    "/api/runs",
                    "Runs, newest first",
                    RunsPage.class,
                    "pipeline",
                    PIPELINE,
                    "state",
                    "only in these states, separated by commas",
                    "since",
                    SINCE,
                    "before",
                    "older than the run with this id, the last one of the page before",
                    "limit",
                    "how many at most"),
            Operation.get("/api/runs/{id}", "A run", RunPage.class),
            Operation.get(
                    "/api/runs/{id}/log",
                    "A part of the log of a run",
                    LogPages.Lines.class,
                    "after",
                    "after the line with this number, the field next of the part before"),
            Operation.get(
                    "/api/runs/{id}/log/stream",
                    "New lines of the log of a run as server-sent events, as HTML, until the run has ended",
                    null,
                    "after",
                    "after the line with this number"),
            Operation.get(
                    "/api/logs",
                    "Log lines of all runs, newest first",
                    LogsPage.class,
                    "text",
                    "occurs in the line",
                    "level",
                    "the lowest level: one of " + String.join(", ", LogsPage.Filter.LEVELS),
                    "pipeline",
                    PIPELINE,
                    "since",
                    SINCE,
                    "from",
                    "the field next of the page before"),
            Operation.get(
                    "/api/backfill",
                    "The days of a pipeline that loads a range of days",
                    BackfillPage.class,
                    "pipeline",
                    PIPELINE,
                    "start",
                    "the first day",
                    "end",
                    "the last day"),
            Operation.get("/api/alerts", "Incidents, rules and channels", AlertsPage.class),
            Operation.get("/api/nodes", "The services", NodesPage.class),
            Operation.get(PATH, "This document", ObjectNode.class),
            Operation.post(
                    "/api/pipelines/{name}/run",
                    "Request a run",
                    "{\"parameters\": {\"type\": \"object\", \"additionalProperties\":"
                            + " {\"type\": [\"string\", \"number\", \"boolean\"]}}}",
                    Requested.class),
            Operation.post("/api/pipelines/{name}/pause", "Pause a pipeline", NONE, Result.class),
            Operation.post("/api/pipelines/{name}/resume", "Resume a pipeline", NONE, Result.class),
            Operation.post("/api/runs/{id}/retry", "Retry an ended run", NONE, Result.class),
            Operation.post("/api/runs/{id}/cancel", "Cancel a run", NONE, Result.class),
            Operation.post(
                    "/api/alerts/mute",
                    "Send no messages about a pipeline for some time",
                    "{\"pipeline\": {\"type\": \"string\", \"description\": \"its name, or * for all\"},"
                            + " \"for\": {\"type\": \"string\", \"description\": \"such as 2h\"}}",
                    Result.class),
            Operation.post(
                    "/api/alerts/unmute",
                    "Send messages about a pipeline again",
                    "{\"pipeline\": {\"type\": \"string\", \"description\": \"its name, or * for all\"}}",
                    Result.class),
            Operation.post(
                    "/api/sql",
                    "Run a read-only query on the warehouse",
                    "{\"sql\": {\"type\": \"string\"}}",
                    SqlPage.class));

    private final ObjectNode schemas = NODES.objectNode();
    /** The types that a schema refers to, but that have none yet. */
    private final Deque<JavaType> missing = new ArrayDeque<>();

    private OpenApi() {}

    /** Returns the document. */
    static ObjectNode document() {
        return new OpenApi().write();
    }

    private ObjectNode write() {
        ObjectNode document = NODES.objectNode().put("openapi", "3.1.0");
        document.putObject("info")
                .put("title", "Caravan")
                .put("version", "1")
                .put(
                        "description",
                        "What the pages of the console show, as JSON, and their actions. Times are in UTC, durations in"
                                + " seconds.");
        document.putArray("servers").addObject().put("url", "/");
        document.putArray("security").addObject().putArray("token");
        ObjectNode paths = document.putObject("paths");
        for (Operation operation : OPERATIONS) {
            ObjectNode path = paths.withObjectProperty(operation.path());
            path.set(operation.method(), operation(operation));
        }
        while (!missing.isEmpty()) {
            JavaType type = missing.pop();
            if (!schemas.has(name(type))) {
                schemas.set(name(type), object(type));
            }
        }
        ObjectNode components = document.putObject("components");
        components.set("schemas", schemas);
        components
                .putObject("securitySchemes")
                .putObject("token")
                .put("type", "http")
                .put("scheme", "bearer")
                .put("description", "console.token or console.reader-token, if they are set");
        return document;
    }

    private ObjectNode operation(Operation operation) {
        ObjectNode node = NODES.objectNode().put("summary", operation.summary());
        node.put("operationId", operation.method() + operation.path().replaceAll("[/{}.]+", "_"));
        ArrayNode parameters = node.putArray("parameters");
        for (String segment : operation.path().split("/", -1)) {
            if (segment.startsWith("{")) {
                parameter(parameters, segment.replaceAll("[{}]", ""), "path", null);
            }
        }
        operation.query().forEach((name, meaning) -> parameter(parameters, name, "query", meaning));
        if (operation.body() != null) {
            ObjectNode schema = node.putObject("requestBody")
                    .putObject("content")
                    .putObject("application/json")
                    .putObject("schema")
                    .put("type", "object");
            schema.set("properties", Json.read(operation.body()));
        }
        ObjectNode responses = node.putObject("responses");
        ObjectNode content =
                responses.putObject("200").put("description", "The answer").putObject("content");
        if (operation.answer() == null) {
            content.putObject("text/event-stream").putObject("schema").put("type", "string");
        } else {
            content.putObject("application/json").set("schema", schema(Json.type(operation.answer())));
        }
        responses
                .putObject("default")
                .put("description", "Why the request was refused")
                .putObject("content")
                .putObject("application/json")
                .set("schema", schema(Json.type(Failure.class)));
        return node;
    }

    private static void parameter(ArrayNode parameters, String name, String in, String meaning) {
        ObjectNode parameter =
                parameters.addObject().put("name", name).put("in", in).put("required", in.equals("path"));
        if (meaning != null) {
            parameter.put("description", meaning);
        }
        parameter.putObject("schema").put("type", "string");
    }

    private ObjectNode object(JavaType type) {
        ObjectNode object = NODES.objectNode().put("type", "object");
        ObjectNode properties = object.putObject("properties");
        ArrayNode required = object.putArray("required");
        Json.fields(type).forEach((name, field) -> {
            properties.set(name, nullable(field, schema(field)));
            required.add(name);
        });
        return object;
    }

    /** Lists and maps can be empty; all other references can be null. */
    private static ObjectNode nullable(JavaType type, ObjectNode schema) {
        if (type.isPrimitive() || type.isContainerType() || schema.isEmpty()) {
            return schema;
        }
        ObjectNode either = NODES.objectNode();
        either.putArray("anyOf").add(schema).addObject().put("type", "null");
        return either;
    }

    private ObjectNode schema(JavaType type) {
        Class<?> raw = type.getRawClass();
        ObjectNode schema = NODES.objectNode();
        if (type.isMapLikeType()) {
            schema.put("type", "object").set("additionalProperties", schema(type.getContentType()));
        } else if (type.isContainerType()) {
            schema.put("type", "array").set("items", schema(type.getContentType()));
        } else if (raw.isEnum()) {
            ArrayNode values = schema.put("type", "string").putArray("enum");
            Arrays.stream(raw.getEnumConstants())
                    .map(constant -> Json.write(constant).strip().replace("\"", ""))
                    .forEach(values::add);
        } else if (raw == String.class) {
            schema.put("type", "string");
        } else if (raw == Instant.class) {
            schema.put("type", "string").put("format", "date-time");
        } else if (raw == LocalDate.class) {
            schema.put("type", "string").put("format", "date");
        } else if (raw == Duration.class) {
            schema.put("type", "number").put("description", "seconds");
        } else if (raw == boolean.class || raw == Boolean.class) {
            schema.put("type", "boolean");
        } else if (raw == double.class || raw == Double.class || raw == BigDecimal.class) {
            schema.put("type", "number");
        } else if (raw == int.class || raw == long.class || raw == Integer.class || raw == Long.class) {
            schema.put("type", "integer");
        } else if (raw.getPackageName().startsWith("dev.caravan")) {
            missing.push(type);
            schema.put("$ref", "#/components/schemas/" + name(type));
        } else {
            schema.put("type", "object"); // of any fields
        }
        return schema;
    }

    private static String name(JavaType type) {
        String name = type.getRawClass().getName();
        return name.substring(name.lastIndexOf('.') + 1).replace("$", "");
    }
}
