package dev.caravan.snowflake.fake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A fake of Snowflake: speaks its protocol to the official driver and runs the statements in DuckDB. Listens on a free port of
 * 127.0.0.1. Starts as an empty account without users.
 */
public final class FakeSnowflake implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(FakeSnowflake.class);

    private static final Pattern LOGIN_FAILURE =
            Pattern.compile("(?i)select\\s+system\\$get_login_failure_details\\('([^']*)'\\).*", Pattern.DOTALL);
    private static final Pattern RESULT = Pattern.compile("(/queries/|/monitoring/queries/)([^/]+)(?:/result)?");
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    static {
        // otherwise each answer on a reused connection waits 40 ms for the client's acknowledgement
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final HttpServer http;
    private final ExecutorService threads;
    private final Storage storage = new Storage();
    private final FakeSession own;
    private final AtomicLong sessionNumbers = new AtomicLong();
    private final Map<String, FakeUser> users = new ConcurrentHashMap<>();
    private final Map<String, FakeSession> sessions = new ConcurrentHashMap<>();
    private final Map<String, String> masters = new ConcurrentHashMap<>();
    private final Map<String, Thread> requests = new ConcurrentHashMap<>();
    private final Map<String, ObjectNode> answers = new ConcurrentHashMap<>();
    private final Map<String, ObjectNode> results = new ConcurrentHashMap<>();
    private final Map<String, Running> running = new ConcurrentHashMap<>();
    private final List<ReceivedStatement> statements = new CopyOnWriteArrayList<>();
    private final Set<String> secrets = ConcurrentHashMap.newKeySet();
    private final List<StatementHandler> handlers = new CopyOnWriteArrayList<>();
    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private final AtomicInteger unavailable = new AtomicInteger();
    private final AtomicInteger logins = new AtomicInteger();
    private volatile StatementError refusedLogin;
    private volatile StatementCatalog catalog;
    private volatile Predicate<String> allowed = sql -> false;
    private volatile String allowedTag = "none";
    private volatile Predicate<String> outlasting = sql -> false;
    private volatile int polls;

    private volatile Duration skew = Duration.ZERO;
    private volatile DateRelay relay;

    /** An injected fault: an error, a delay, or a lost reply. */
    private record Fault(
            Predicate<String> statement,
            AtomicInteger times,
            StatementError failure,
            Duration delay,
            boolean loseReply) {

        boolean applies(String sql) {
            return statement.test(sql) && times.getAndUpdate(left -> Math.max(left - 1, 0)) > 0;
        }
    }

    /** A statement whose result is polled: its answer, and the polls left before it is ready. */
    private record Running(ObjectNode answer, AtomicInteger polls) {}

    private FakeSnowflake(HttpServer http) {
        this.http = http;
        this.threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "fake-snowflake");
            thread.setDaemon(true);
            return thread;
        });
        own = new FakeSession(0, storage);
        own.user("ADMIN");
        own.role("ACCOUNTADMIN");
        own.warehouse("OWN");
        http.setExecutor(threads);
        http.createContext("/", this::handle);
    }

    /** Starts a fake with an empty account. */
    public static FakeSnowflake start() {
        try {
            HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            FakeSnowflake snowflake = new FakeSnowflake(http);
            http.start();
            return snowflake;
        } catch (IOException e) {
            throw new UncheckedIOException("The fake of Snowflake cannot listen on 127.0.0.1", e);
        }
    }

    /** Returns the value for {@code snowflake.host}: {@code http://127.0.0.1:PORT}. */
    public String url() {
        return "http://127.0.0.1:" + (relay == null ? http.getAddress().getPort() : relay.port());
    }

    // the account

    /** Returns a user; a new one has no key, token or password. */
    public FakeUser user(String name) {
        return users.computeIfAbsent(name.toUpperCase(Locale.ROOT), FakeUser::new);
    }

    /** Adds a user with a key pair. */
    public FakeUser user(String name, PublicKey key) {
        return user(name).key(key);
    }

    /** Runs a statement as the account's administrator and returns the number of rows changed. */
    public long execute(String sql) {
        Reply reply = own.execute(sql, List.of());
        boolean changes = (reply.type() & 0xF000) == 0x3000;
        return changes ? Long.parseLong(reply.rows().get(0).get(0)) : 0;
    }

    /** Runs a query as the account's administrator; values have DuckDB's types. */
    public List<List<Object>> query(String sql) {
        synchronized (own) {
            try {
                return own.query(SqlTranslator.translate(own, Token.of(sql)));
            } catch (SQLException e) {
                throw StatementError.of(e);
            }
        }
    }

    /** Returns the files in a stage, given as {@code database.schema.stage[/path]}. */
    List<String> files(String stage) {
        Stages.Place place = Stages.place(own, "@" + stage);
        return place.files().stream().map(place::name).toList();
    }

    /** Returns the names of all stages. */
    public List<String> stages() {
        return storage.stages.keySet().stream()
                .map(name -> String.join(".", name))
                .sorted()
                .toList();
    }

    /** Adds a handler that is called before the fake runs a statement; the last one added is called first. */
    public void handle(StatementHandler handler) {
        handlers.add(0, handler);
    }

    /**
     * Rejects statements that are not in the catalog from now on.
     *
     * @see StatementCatalog
     */
    public void allowOnly(StatementCatalog statements) {
        catalog = statements;
    }

    /** Allows statements that match a regular expression even if they are not listed, for a user's own SQL. */
    public void allow(String regex) {
        allowed = allowed.or(found(regex));
    }

    /** Allows the queries of {@code caravan sql} and the like, by query tag, even if they are not listed. */
    public void allowQueries() {
        allowedTag = "caravan:sql";
    }

    // what was received

    /** Returns all statements received, in order, without describe-only requests. */
    public List<ReceivedStatement> statements() {
        return List.copyOf(statements);
    }

    /** Returns the number of login attempts. */
    public int logins() {
        return logins.get();
    }

    /** Returns all secrets issued: tokens of sessions and logins, credentials of stages. */
    public Set<String> secrets() {
        return Set.copyOf(secrets);
    }

    /** Creates a token. */
    private String token() {
        String token = UUID.randomUUID().toString();
        secrets.add(token);
        return token;
    }

    /** Returns the number of open sessions. */
    public int sessions() {
        return sessions.size();
    }

    // faults

    /** Makes statements fail a number of times. */
    public void fail(Predicate<String> statement, int code, String sqlState, String message, int times) {
        fault(statement, times, new StatementError(code, sqlState, message), null, false);
    }

    /** Makes statements that match a regular expression, ignoring case, fail a number of times. */
    public void fail(String regex, int code, String sqlState, String message, int times) {
        fail(found(regex), code, sqlState, message, times);
    }

    /**
     * Runs statements but closes the connection instead of answering. The driver repeats the request until its network timeout;
     * the statement is not run again.
     *
     * @param times the number of answers to lose, including those to repeated requests
     */
    public void loseReply(String regex, int times) {
        fault(found(regex), times, null, null, true);
    }

    /** Makes the driver poll for the results of statements from now on. */
    public void pollResults(String regex, int polls) {
        outlasting = found(regex);
        this.polls = polls;
    }

    /** Delays statements from now on. */
    public void slow(String regex, Duration delay) {
        fault(found(regex), Integer.MAX_VALUE, null, delay, false);
    }

    private void fault(
            Predicate<String> statement, int times, StatementError failure, Duration delay, boolean loseReply) {
        faults.add(new Fault(statement, new AtomicInteger(times), failure, delay, loseReply));
    }

    private static Predicate<String> found(String regex) {
        return Pattern.compile(regex, Pattern.CASE_INSENSITIVE | Pattern.DOTALL).asPredicate();
    }

    /** Rejects all logins from now on. */
    public void refuseLogin(int code, String message) {
        refusedLogin = new StatementError(code, "08001", message);
    }

    /** Answers the next requests with HTTP 503. */
    public void unavailable(int times) {
        unavailable.set(times);
    }

    /** Removes all faults. */
    public void clearFaults() {
        faults.clear();
        refusedLogin = null;
        unavailable.set(0);
        clockSkew(Duration.ZERO);
    }

    /**
     * Shifts the fake's clock, which login tokens are checked against. The URL returned from now on also shows it in the Date
     * header.
     */
    void clockSkew(Duration difference) {
        skew = difference;
        DateRelay before = relay;
        relay = difference.isZero() ? null : new DateRelay(http.getAddress().getPort(), difference, threads);
        if (before != null) {
            before.close();
        }
    }

    /** Expires the tokens of all sessions; the driver renews them. */
    public void expireTokens() {
        for (Map.Entry<String, String> master : masters.entrySet()) {
            String token = token();
            FakeSession session = sessions.remove(master.getValue());
            if (session != null) {
                sessions.put(token, session);
                master.setValue(token);
            }
        }
    }

    /** Ends all sessions, as Snowflake does after hours without a request. */
    public void endSessions() {
        for (String token : List.copyOf(sessions.keySet())) {
            end(token);
        }
        masters.clear();
    }

    private void end(String token) {
        FakeSession session = sessions.remove(token);
        if (session != null) {
            session.cancel();
            session.close();
        }
    }

    @Override
    public void close() {
        clockSkew(Duration.ZERO);
        http.stop(0);
        threads.shutdownNow();
        endSessions();
        own.close();
        storage.close();
    }

    // the protocol

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (unavailable.getAndUpdate(left -> Math.max(left - 1, 0)) > 0) {
                exchange.sendResponseHeaders(503, -1);
                return;
            }
            ObjectNode answer = answer(exchange, json(body));
            if (answer != null) {
                byte[] bytes = Variants.MAPPER.writeValueAsBytes(answer);
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, bytes.length);
                exchange.getResponseBody().write(bytes);
            }
        }
    }

    private static JsonNode json(byte[] body) throws IOException {
        if (body.length == 0) {
            return JSON.objectNode();
        }
        boolean zipped = body.length > 1 && body[0] == 0x1f && body[1] == (byte) 0x8b;
        return Variants.MAPPER.readTree(
                zipped ? new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes() : body);
    }

    /** Answers a request; null closes the connection without an answer. */
    private ObjectNode answer(HttpExchange exchange, JsonNode body) {
        Map<String, String> parameters = parameters(exchange);
        String token = token(exchange);
        try {
            return switch (exchange.getRequestURI().getPath()) {
                case "/session/v1/login-request" -> login(parameters, body.path("data"));
                case "/session/token-request" -> renew(token);
                case "/session/heartbeat" -> success(session(token) == null ? null : JSON.objectNode());
                case "/session" -> {
                    end(token);
                    yield success(null);
                }
                case "/telemetry/send" -> success(null);
                case "/queries/v1/query-request" -> query(session(token), parameters.get("requestId"), body);
                case "/queries/v1/abort-request" -> {
                    abort(session(token), body.path("requestId").asText());
                    yield success(null);
                }
                default -> result(exchange.getRequestURI().getPath());
            };
        } catch (StatementError e) {
            return failure(e);
        } catch (RuntimeException e) {
            // otherwise the server closes the connection, the driver retries, and the error is lost
            LOG.error("The fake of Snowflake cannot answer", e);
            return failure(new StatementError(2, "XX000", "The fake of Snowflake cannot answer: " + e));
        }
    }

    private static Map<String, String> parameters(HttpExchange exchange) {
        Map<String, String> parameters = new HashMap<>();
        String query = exchange.getRequestURI().getRawQuery();
        for (String pair : query == null ? new String[0] : query.split("&")) {
            String[] parts = pair.split("=", 2);
            parameters.put(parts[0], parts.length < 2 ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        return parameters;
    }

    private static String token(HttpExchange exchange) {
        String header = exchange.getRequestHeaders().getFirst("Authorization");
        Matcher token = Pattern.compile("Snowflake Token=\"(.*)\"").matcher(header == null ? "" : header);
        return token.matches() ? token.group(1) : "";
    }

    private FakeSession session(String token) {
        FakeSession session = sessions.get(token);
        if (session == null) {
            throw masters.isEmpty()
                    ? new StatementError(
                            390111, "08001", "Session no longer exists.  New login required to access the service.")
                    : new StatementError(390112, "08001", "Your session has expired. Please login again.");
        }
        return session;
    }

    private static ObjectNode success(JsonNode data) {
        return JSON.objectNode()
                .put("success", true)
                .putNull("code")
                .putNull("message")
                .set("data", data == null ? JSON.nullNode() : data);
    }

    private static ObjectNode failure(StatementError refusal) {
        String code = "%06d".formatted(refusal.code());
        ObjectNode answer = JSON.objectNode();
        answer.putObject("data")
                .put("internalError", false)
                .put("errorCode", code)
                .put("sqlState", refusal.sqlState())
                .put("queryId", UUID.randomUUID().toString());
        return answer.put("code", code).put("message", refusal.getMessage()).put("success", false);
    }

    // logins

    private ObjectNode login(Map<String, String> parameters, JsonNode request) {
        logins.incrementAndGet();
        request.path("TOKEN").asText("").lines().forEach(secrets::add);
        if (refusedLogin != null) {
            throw refusedLogin;
        }
        FakeUser user = users.get(request.path("LOGIN_NAME").asText("").toUpperCase(Locale.ROOT));
        String role = name(parameters.get("roleName"));
        if (user == null) {
            throw new StatementError(390100, "08001", "Incorrect username or password was specified.");
        }
        user.login(request, Clock.offset(Clock.systemUTC(), skew).instant());
        if (role != null && !user.hasRole(role)) {
            throw new StatementError(
                    390189,
                    "08004",
                    "Role '" + role
                            + "' specified in the connect string is not granted to this user. Contact your local"
                            + " system administrator, or attempt to login with another role, e.g. PUBLIC.");
        }
        FakeSession session = new FakeSession(sessionNumbers.incrementAndGet(), storage);
        try {
            session.user(user.name());
            session.role(role == null ? "PUBLIC" : role);
            session.warehouse(name(parameters.get("warehouse")));
            request.path("SESSION_PARAMETERS").properties().forEach(parameter -> session.parameters()
                    .put(
                            parameter.getKey().toUpperCase(Locale.ROOT),
                            parameter.getValue().asText()));
            useDefaults(session, name(parameters.get("databaseName")), name(parameters.get("schemaName")));
            handlers.forEach(handler -> handler.login(session));
        } catch (SQLException | RuntimeException e) {
            session.close();
            throw e instanceof StatementError refusal ? refusal : new IllegalStateException(e);
        }
        String token = token();
        String master = token();
        sessions.put(token, session);
        masters.put(master, token);
        ObjectNode data = JSON.objectNode()
                .put("masterToken", master)
                .put("token", token)
                .put("validityInSeconds", 3600)
                .put("masterValidityInSeconds", 14_400)
                .put("displayUserName", user.name())
                .put("serverVersion", "9.99.0")
                .put("sessionId", session.id());
        data.set("parameters", driverParameters(session));
        data.putObject("sessionInfo")
                .put("databaseName", session.database())
                .put("schemaName", session.schema())
                .put("warehouseName", session.warehouse())
                .put("roleName", session.role());
        return success(data);
    }

    /** Parses a name as the driver sends it: folded unless quoted. */
    private static String name(String text) {
        return text == null || text.isBlank() ? null : Token.of(text).get(0).value();
    }

    /** Rejects a missing database or schema only if the driver asks for validation, as Snowflake does. */
    private static void useDefaults(FakeSession session, String database, String schema) throws SQLException {
        if (database == null) {
            return;
        }
        String used = schema == null ? "PUBLIC" : schema;
        if (session.hasSchema(database, used)) {
            session.use(database, used);
        } else if (Boolean.parseBoolean(session.parameters().get("CLIENT_VALIDATE_DEFAULT_PARAMETERS"))
                && (schema != null || !session.hasSchema(database, null))) {
            throw new StatementError(
                    390201,
                    "08001",
                    "The requested " + (session.hasSchema(database, null) ? "schema" : "database")
                            + " does not exist or not authorized.");
        }
    }

    private static ArrayNode driverParameters(FakeSession session) {
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("AUTOCOMMIT", true);
        parameters.put("TIMEZONE", "UTC");
        parameters.put("DATE_OUTPUT_FORMAT", "YYYY-MM-DD");
        parameters.put("TIME_OUTPUT_FORMAT", "HH24:MI:SS");
        parameters.put("TIMESTAMP_OUTPUT_FORMAT", "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM");
        parameters.put("TIMESTAMP_NTZ_OUTPUT_FORMAT", "YYYY-MM-DD HH24:MI:SS.FF3");
        parameters.put("TIMESTAMP_LTZ_OUTPUT_FORMAT", "");
        parameters.put("TIMESTAMP_TZ_OUTPUT_FORMAT", "");
        parameters.put("TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_NTZ");
        parameters.put("BINARY_OUTPUT_FORMAT", "HEX");
        parameters.put("CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", 65_280);
        parameters.put("CLIENT_RESULT_COLUMN_CASE_INSENSITIVE", false);
        parameters.put("CLIENT_TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_LTZ");
        parameters.put("CLIENT_SESSION_KEEP_ALIVE", false);
        session.parameters()
                .forEach((name, value) -> parameters.computeIfPresent(
                        name,
                        (same, known) -> known instanceof String
                                ? value
                                : Variants.MAPPER.convertValue(value, known.getClass())));
        ArrayNode array = JSON.arrayNode();
        parameters.forEach((name, value) -> array.addObject().put("name", name).putPOJO("value", value));
        return array;
    }

    private ObjectNode renew(String master) {
        String old = masters.get(master);
        FakeSession session = old == null ? null : sessions.remove(old);
        if (session == null) {
            throw new StatementError(
                    390114, "08001", "Authentication token has expired.  The user must authenticate again.");
        }
        String token = token();
        String newMaster = token();
        sessions.put(token, session);
        masters.remove(master);
        masters.put(newMaster, token);
        return success(JSON.objectNode()
                .put("sessionToken", token)
                .put("validityInSecondsST", 3600)
                .put("masterToken", newMaster)
                .put("validityInSecondsMT", 14_400)
                .put("sessionId", session.id()));
    }

    // statements

    private ObjectNode query(FakeSession session, String requestId, JsonNode body) {
        String sql = body.path("sqlText").asText();
        requests.put(requestId, Thread.currentThread());
        try {
            ObjectNode answer = answers.get(requestId);
            if (answer == null) {
                answer = run(session, sql, body);
                if (outlasting.test(sql) && !body.path("describeOnly").asBoolean()) {
                    running.put(requestId, new Running(answer, new AtomicInteger(polls)));
                    answer = inProgress(requestId);
                }
                answers.put(requestId, answer);
            }
            return faults.stream().anyMatch(fault -> fault.loseReply() && fault.applies(sql)) ? null : answer;
        } finally {
            synchronized (requests) {
                requests.remove(requestId);
                // a late abort would interrupt the answer
                Thread.interrupted();
            }
        }
    }

    private ObjectNode run(FakeSession session, String sql, JsonNode body) {
        List<Binding> bindings = body.hasNonNull("bindStage")
                ? Stages.bindings(session, body.path("bindStage").asText())
                : bindings(body.path("bindings"));
        boolean describe = body.path("describeOnly").asBoolean();
        try {
            if (!describe) {
                String tag = body.path("parameters")
                        .path("QUERY_TAG")
                        .asText(session.parameters().get("QUERY_TAG"));
                statements.add(new ReceivedStatement(session.id(), tag, sql, List.copyOf(bindings)));
                if (catalog != null && !allowed.test(sql) && !Objects.equals(allowedTag, tag)) {
                    catalog.check(sql);
                }
                fault(sql);
            }
            if (sql.stripLeading().toLowerCase(Locale.ROOT).startsWith("put ")) {
                return success(Stages.put(session, sql, token()));
            }
            if (describe) {
                return success(data(session, session.describe(sql), sql));
            }
            int count = body.path("parameters").path("MULTI_STATEMENT_COUNT").asInt(1);
            List<String> parts = split(sql);
            if (count != 0 && count != parts.size()) {
                throw new StatementError(
                        8,
                        "0A000",
                        "Actual statement count " + parts.size() + " did not match the desired statement count " + count
                                + ".");
            }
            return success(count == 1 ? data(session, reply(session, sql, bindings), sql) : several(session, parts));
        } catch (StatementError e) {
            return failure(e);
        }
    }

    private static List<Binding> bindings(JsonNode bound) {
        List<Binding> bindings = new ArrayList<>();
        for (int i = 1; bound.has(String.valueOf(i)); i++) {
            bindings.add(Binding.of(bound.get(String.valueOf(i))));
        }
        return bindings;
    }

    /** Splits a text into statements. */
    private static List<String> split(String sql) {
        List<String> parts = new ArrayList<>();
        int start = 0;
        for (Token token : Token.of(sql)) {
            if (token.is(";")) {
                parts.add(sql.substring(start, token.start()));
                start = token.end();
            }
        }
        parts.add(sql.substring(start));
        parts.removeIf(part -> Token.of(part).isEmpty() && !part.equals(sql));
        return parts;
    }

    /** Runs statements in order until one fails; the driver fetches their results later. */
    private ObjectNode several(FakeSession session, List<String> parts) {
        List<String> ids = new ArrayList<>();
        List<String> types = new ArrayList<>();
        for (String part : parts) {
            Reply reply = reply(session, part, List.of());
            ObjectNode data = data(session, reply, part);
            ids.add(data.path("queryId").asText());
            types.add(String.valueOf(reply.type()));
            results.put(data.path("queryId").asText(), data);
        }
        ObjectNode data = data(session, Reply.status(0xA000, "Multiple statements executed successfully."), "");
        return data.put("resultIds", String.join(",", ids)).put("resultTypes", String.join(",", types));
    }

    private static ObjectNode inProgress(String id) {
        return success(JSON.objectNode().put("queryId", id).put("getResultUrl", "/queries/" + id + "/result"))
                .put("code", "333333")
                .put("message", "Query execution in progress.");
    }

    /** Returns the result or the state of one of several statements, or of a polled one. */
    private ObjectNode result(String path) {
        Matcher result = RESULT.matcher(path);
        Running still = result.matches() ? running.get(result.group(2)) : null;
        if (still != null) {
            return still.polls().getAndDecrement() > 0 ? inProgress(result.group(2)) : still.answer();
        } else if (!result.matches() || !results.containsKey(result.group(2))) {
            throw new StatementError(390404, "08001", "The fake of Snowflake does not know " + path);
        } else if (result.group(1).equals("/queries/")) {
            return success(results.get(result.group(2)));
        }
        ObjectNode data = JSON.objectNode();
        data.putArray("queries")
                .addObject()
                .put("id", result.group(2))
                .put("status", "SUCCESS")
                .put("state", "SUCCEEDED");
        return success(data);
    }

    private void fault(String sql) {
        for (Fault fault : faults) {
            if (!fault.loseReply() && fault.applies(sql)) {
                if (fault.failure() != null) {
                    throw fault.failure();
                }
                try {
                    Thread.sleep(fault.delay().toMillis());
                } catch (InterruptedException e) {
                    throw new StatementError(604, "57014", "SQL execution canceled");
                }
            }
        }
    }

    private Reply reply(FakeSession session, String sql, List<Binding> bindings) {
        for (StatementHandler handler : handlers) {
            Optional<Reply> reply = handler.answer(session, sql);
            if (reply.isPresent()) {
                return reply.get();
            }
        }
        Matcher loginFailure = LOGIN_FAILURE.matcher(sql);
        if (loginFailure.matches()) {
            String cause = FakeUser.cause(loginFailure.group(1));
            String json = cause == null
                    ? null
                    : JSON.objectNode()
                            .put("errorCode", cause.substring(cause.indexOf(' ') + 1))
                            .toString();
            return Reply.table(
                    Reply.SELECT, List.of("SYSTEM$GET_LOGIN_FAILURE_DETAILS"), List.of(java.util.Arrays.asList(json)));
        }
        return session.execute(sql, bindings);
    }

    private void abort(FakeSession session, String requestId) {
        synchronized (requests) {
            Thread thread = requests.get(requestId);
            if (thread != null) {
                session.cancel();
                thread.interrupt();
            }
        }
    }

    private static ObjectNode data(FakeSession session, Reply reply, String sql) {
        String queryId = UUID.randomUUID().toString();
        session.parameters().put("LAST_QUERY_ID", queryId);
        ObjectNode data = JSON.objectNode();
        data.set("parameters", reply.type() == Reply.USE ? driverParameters(session) : JSON.arrayNode());
        ArrayNode columns = data.putArray("rowtype");
        for (Reply.Column column : reply.columns()) {
            ObjectNode node = columns.addObject()
                    .put("name", column.name())
                    .put("type", column.type())
                    .put("nullable", column.nullable())
                    .put("database", "")
                    .put("schema", "")
                    .put("table", "")
                    .put("precision", column.precision())
                    .put("scale", column.scale());
            if (column.length() > 0) {
                node.put("length", column.length()).put("byteLength", column.length());
            } else {
                node.putNull("length").putNull("byteLength");
            }
        }
        ArrayNode rows = data.putArray("rowset");
        for (List<String> row : reply.rows()) {
            ArrayNode values = rows.addArray();
            row.forEach(values::add);
        }
        long binds = Token.of(sql).stream()
                .filter(token -> token.kind() == Token.Kind.BIND)
                .count();
        return data.put("total", reply.rows().size())
                .put("returned", reply.rows().size())
                .put("queryId", queryId)
                .put("sqlState", "00000")
                .put("statementTypeId", reply.type())
                .put("queryResultFormat", "json")
                .put("finalDatabaseName", session.database())
                .put("finalSchemaName", session.schema())
                .put("finalWarehouseName", session.warehouse())
                .put("finalRoleName", session.role())
                .put("numberOfBinds", binds)
                .put("arrayBindSupported", reply.type() == Reply.INSERT)
                .put("version", 1);
    }
}
