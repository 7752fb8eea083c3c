package dev.caravan.operations.infra;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/** IAM as far as roles are set up with it, and STS for the caller's account: AWS's Query protocol, forms in and XML out. */
public final class IamServer implements HttpHandler {

    /** The account of the credentials. */
    public static final String ACCOUNT = "123456789012";

    /** A role: its path, whom it trusts, and its inline policies. */
    private record Role(String name, String path, String trust, Map<String, String> policies) {

        String xml() {
            return "<RoleName>" + name + "</RoleName><Path>" + path
                    + "</Path><RoleId>AROATEST</RoleId><Arn>arn:aws:iam::"
                    + ACCOUNT + ":role" + path + name + "</Arn><CreateDate>2026-11-01T00:00:00Z</CreateDate>"
                    + "<AssumeRolePolicyDocument>" + encoded(trust) + "</AssumeRolePolicyDocument>";
        }
    }

    private final Map<String, Role> roles = new TreeMap<>();
    private final Map<String, String> profiles = new TreeMap<>();
    private final List<String> changes = new CopyOnWriteArrayList<>();
    private volatile String denied = "";

    /** Makes a role below the path /. */
    public synchronized void role(String name, String trust, Map<String, String> policies) {
        roles.put(name, new Role(name, "/", trust, new TreeMap<>(policies)));
    }

    /** Whom a role trusts; null if there is no such role. */
    public synchronized String trust(String role) {
        return roles.containsKey(role) ? roles.get(role).trust() : null;
    }

    /** What an inline policy of a role says. */
    public synchronized String policy(String role, String name) {
        return roles.get(role).policies().get(name);
    }

    /** The role of each instance profile; empty if it has none. */
    public synchronized Map<String, String> profiles() {
        return Map.copyOf(profiles);
    }

    /** Everything that was changed, as in {@code CreateRole caravan}. */
    public List<String> changes() {
        return List.copyOf(changes);
    }

    /** From now on no policy allows this action of IAM. */
    public void deny(String action) {
        denied = action;
    }

    @Override
    public synchronized void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Map<String, String> form = Arrays.stream(
                            new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8).split("&"))
                    .map(pair -> pair.split("=", 2))
                    .collect(Collectors.toMap(
                            pair -> pair[0],
                            pair -> URLDecoder.decode(pair[1], StandardCharsets.UTF_8),
                            (one, other) -> other,
                            LinkedHashMap::new));
            String action = form.get("Action");
            if (action.equals(denied)) {
                refuse(exchange, 403, "AccessDenied", "not authorized to perform: iam:" + action);
                return;
            }
            String role = form.get("RoleName");
            String profile = form.get("InstanceProfileName");
            String subject = profile == null ? role : profile;
            if (action.matches("(Create|Put|Add).*")) {
                changes.add(action + " " + subject);
            }
            boolean creates = action.startsWith("Create");
            if (creates && (profile == null ? roles.containsKey(role) : profiles.containsKey(profile))) {
                refuse(exchange, 409, "EntityAlreadyExists", subject + " already exists.");
            } else if (!creates && (isUnknown(role, roles) || isUnknown(profile, profiles))) {
                refuse(exchange, 404, "NoSuchEntity", subject + " cannot be found.");
            } else {
                answer(exchange, action, form);
            }
        }
    }

    private static boolean isUnknown(String name, Map<String, ?> things) {
        return name != null && !things.containsKey(name);
    }

    private void answer(HttpExchange exchange, String action, Map<String, String> form) throws IOException {
        String role = form.get("RoleName");
        String profile = form.get("InstanceProfileName");
        String policy = form.get("PolicyName");
        switch (action) {
            case "GetCallerIdentity" -> send(exchange, action, "<Account>" + ACCOUNT + "</Account>");
            case "GetRole" -> send(exchange, action, "<Role>" + roles.get(role).xml() + "</Role>");
            case "CreateRole" -> {
                roles.put(
                        role, new Role(role, form.get("Path"), form.get("AssumeRolePolicyDocument"), new TreeMap<>()));
                send(exchange, action, "<Role>" + roles.get(role).xml() + "</Role>");
            }
            case "GetRolePolicy" -> {
                String document = policy(role, policy);
                if (document == null) {
                    refuse(exchange, 404, "NoSuchEntity", "The role policy " + policy + " cannot be found.");
                } else {
                    send(
                            exchange,
                            action,
                            "<RoleName>" + role + "</RoleName><PolicyName>" + policy + "</PolicyName><PolicyDocument>"
                                    + encoded(document) + "</PolicyDocument>");
                }
            }
            case "PutRolePolicy" -> {
                roles.get(role).policies().put(policy, form.get("PolicyDocument"));
                send(exchange, action, "");
            }
            case "GetInstanceProfile", "CreateInstanceProfile" -> {
                profiles.putIfAbsent(profile, "");
                Role of = roles.get(profiles.get(profile));
                send(
                        exchange,
                        action,
                        "<InstanceProfile><InstanceProfileName>" + profile + "</InstanceProfileName><Roles>"
                                + (of == null ? "" : "<member>" + of.xml() + "</member>")
                                + "</Roles></InstanceProfile>");
            }
            case "AddRoleToInstanceProfile" -> {
                if (profiles.get(profile).isEmpty()) {
                    profiles.put(profile, role);
                    send(exchange, action, "");
                } else {
                    refuse(
                            exchange,
                            409,
                            "LimitExceeded",
                            "Cannot exceed quota for InstanceSessionsPerInstanceProfile");
                }
            }
            default -> refuse(exchange, 400, "InvalidAction", action);
        }
    }

    private static String encoded(String document) {
        return URLEncoder.encode(document, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static void send(HttpExchange exchange, String action, String result) throws IOException {
        send(
                exchange,
                200,
                "<" + action + "Response><" + action + "Result>" + result + "</" + action + "Result></" + action
                        + "Response>");
    }

    private static void refuse(HttpExchange exchange, int status, String code, String message) throws IOException {
        send(
                exchange,
                status,
                "<ErrorResponse><Error><Type>Sender</Type><Code>" + code + "</Code><Message>" + message
                        + "</Message></Error><RequestId>test</RequestId></ErrorResponse>");
    }

    private static void send(HttpExchange exchange, int status, String xml) throws IOException {
        byte[] bytes = xml.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/xml");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
