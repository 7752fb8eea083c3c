package dev.caravan.secrets;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * AWS Secrets Manager as far as Caravan talks to it: its JSON 1.1 protocol, one account, one region. A request that is
 * signed for another region finds nothing there, and one of another access key is not recognized; the signature itself
 * is not verified.
 */
public final class SecretsManagerServer implements AutoCloseable {

    /** The region that has the secrets. */
    public static final String REGION = "eu-central-1";

    /** The access key that the account knows. */
    public static final String ACCESS_KEY = "AKIDTEST";

    /** The secret key that belongs to it. */
    public static final String SECRET_KEY = "canary-of-the-secret-access-key";

    /** What a request for a secret meets instead of its value. */
    public enum Trouble {
        /** No policy allows the action. */
        ACCESS_DENIED,
        /** The secret may be read, but not the key that it is encrypted with. */
        KMS_DENIED,
        /** The key is disabled, or gone. */
        DECRYPTION_FAILURE,
        /** Too many requests. */
        THROTTLED,
        /** An error of AWS. */
        INTERNAL_ERROR,
        /** The connection is cut without an answer. */
        CUT,
        /** No answer comes. */
        SILENT
    }

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern SCOPE =
            Pattern.compile("AWS4-HMAC-SHA256 Credential=([^/]+)/\\d+/([^/]+)/secretsmanager/aws4_request,.*");

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Map<String, Secret> secrets = new ConcurrentHashMap<>();
    private final Map<String, Trouble> troubles = new ConcurrentHashMap<>();
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private volatile HttpHandler forms = HttpExchange::close;

    private SecretsManagerServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    /** Starts a server without secrets on a free port. */
    public static SecretsManagerServer start() {
        try {
            return new SecretsManagerServer();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where it listens, for {@code aws.endpoint}. */
    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** The environment of a process that may read the secrets. */
    public Map<String, String> environment() {
        return Map.of(
                "AWS_ENDPOINT", url(),
                "AWS_REGION", REGION,
                "AWS_ACCESS_KEY_ID", ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    }

    /** Creates a secret with a value, or gives it another one. */
    public SecretsManagerServer put(String name, String value) {
        secrets.computeIfAbsent(name, Secret::new).value = value;
        return this;
    }

    /** Creates a secret that has no value yet. */
    public SecretsManagerServer create(String name) {
        secrets.computeIfAbsent(name, Secret::new);
        return this;
    }

    /** Marks a secret for deletion, as the console does: for days it is still there, but cannot be read. */
    public SecretsManagerServer delete(String name) {
        secrets.get(name).deleted = true;
        return this;
    }

    /** Who answers the services of AWS that take forms, such as IAM, at the same address. */
    public void forms(HttpHandler handler) {
        forms = handler;
    }

    /** From now on requests for the secret meet this; null lets them pass again. */
    public SecretsManagerServer trouble(String name, Trouble trouble) {
        if (trouble == null) {
            troubles.remove(name);
        } else {
            troubles.put(name, trouble);
        }
        return this;
    }

    /** The names of the secrets that are there. */
    public List<String> names() {
        return secrets.keySet().stream().sorted().toList();
    }

    /** The value of a secret, or null if it has none. */
    public String value(String name) {
        return secrets.containsKey(name) ? secrets.get(name).value : null;
    }

    /** All requests until now, such as {@code GetSecretValue dlt/snowflake-credentials}. */
    public List<String> calls() {
        return List.copyOf(calls);
    }

    private void handle(HttpExchange exchange) throws IOException {
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        if (type != null && type.startsWith("application/x-www-form-urlencoded")) {
            forms.handle(exchange);
            return;
        }
        try (exchange) {
            JsonNode request = JSON.readTree(exchange.getRequestBody().readAllBytes());
            String target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
            String action = target == null ? "" : target.replaceFirst("^secretsmanager\\.", "");
            String name = request.path(action.equals("CreateSecret") ? "Name" : "SecretId")
                    .asText()
                    .replaceFirst("^arn:aws:secretsmanager:[^:]+:\\d+:secret:(.+)-[A-Za-z0-9]{6}$", "$1");
            calls.add(action + " " + name);
            String authorization = exchange.getRequestHeaders().getFirst("Authorization");
            Matcher scope = SCOPE.matcher(authorization == null ? "" : authorization);
            Trouble trouble = troubles.get(name);
            if (trouble == Trouble.CUT) {
                return;
            }
            if (trouble == Trouble.SILENT) {
                closed.await(1, TimeUnit.MINUTES);
                return;
            }
            try {
                if (!scope.matches()) {
                    throw new Refused("MissingAuthenticationTokenException", "Missing Authentication Token");
                }
                if (!scope.group(1).equals(ACCESS_KEY)) {
                    throw new Refused(
                            "UnrecognizedClientException", "The security token included in the request is invalid.");
                }
                if (trouble != null) {
                    throw refusal(trouble, action, name);
                }
                boolean here = scope.group(2).equals(REGION);
                respond(exchange, 200, answer(action, name, request, here ? secrets : new ConcurrentHashMap<>()));
            } catch (Refused refused) {
                ObjectNode error = JSON.createObjectNode();
                error.put("__type", refused.type).put("Message", refused.getMessage());
                respond(exchange, refused.type.equals("InternalServiceError") ? 500 : 400, error);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Refused refusal(Trouble trouble, String action, String name) {
        return switch (trouble) {
            case ACCESS_DENIED ->
                new Refused(
                        "AccessDeniedException",
                        "User: arn:aws:iam::123456789012:user/caravan is not authorized to perform: secretsmanager:"
                                + action + " on resource: " + name + " because no identity-based policy allows the"
                                + " secretsmanager:" + action + " action");
            case KMS_DENIED -> new Refused("AccessDeniedException", "Access to KMS is not allowed");
            case DECRYPTION_FAILURE ->
                new Refused(
                        "DecryptionFailure",
                        "Secrets Manager can't decrypt the protected secret text using the provided KMS key.");
            case THROTTLED -> new Refused("ThrottlingException", "Rate exceeded");
            default -> new Refused("InternalServiceError", "An error occurred on the server side.");
        };
    }

    private static ObjectNode answer(String action, String name, JsonNode request, Map<String, Secret> secrets)
            throws Refused {
        Secret secret = secrets.get(name);
        if (action.equals("CreateSecret")) {
            if (secret != null) {
                throw new Refused(
                        "ResourceExistsException",
                        "The operation failed because the secret " + name + " already exists.");
            }
            secret = new Secret(name);
            secret.value = request.path("SecretString").textValue();
            secrets.put(name, secret);
            return secret.describe();
        }
        if (secret == null) {
            throw new Refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
        }
        if (action.equals("DescribeSecret")) {
            return secret.describe();
        }
        if (secret.deleted) {
            throw new Refused(
                    "InvalidRequestException",
                    "You can't perform this operation on the secret because it was marked for deletion.");
        }
        if (action.equals("PutSecretValue")) {
            secret.value = request.path("SecretString").textValue();
            return secret.describe();
        }
        if (!action.equals("GetSecretValue")) {
            throw new Refused("UnknownOperationException", "");
        }
        if (secret.value == null) {
            throw new Refused(
                    "ResourceNotFoundException",
                    "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT");
        }
        return secret.describe().put("SecretString", secret.value);
    }

    private static void respond(HttpExchange exchange, int status, ObjectNode json) throws IOException {
        byte[] body = JSON.writeValueAsBytes(json);
        exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.1");
        exchange.getResponseHeaders().set("x-amzn-RequestId", UUID.randomUUID().toString());
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }

    private static final class Secret {

        private final String name;
        private volatile String value;
        private volatile boolean deleted;

        Secret(String name) {
            this.name = name;
        }

        ObjectNode describe() {
            ObjectNode json = JSON.createObjectNode();
            json.put("ARN", "arn:aws:secretsmanager:" + REGION + ":123456789012:secret:" + name + "-AbCdEf");
            json.put("Name", name);
            if (value != null) {
                String version = UUID.nameUUIDFromBytes(value.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                        .toString();
                json.put("VersionId", version);
                json.putObject("VersionIdsToStages").putArray(version).add("AWSCURRENT");
            }
            if (deleted) {
                json.put("DeletedDate", 1.79e9);
            }
            return json;
        }
    }

    private static final class Refused extends Exception {

        private static final long serialVersionUID = 1;

        private final String type;

        Refused(String type, String message) {
            super(message);
            this.type = type;
        }
    }
}
