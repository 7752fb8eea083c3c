package dev.caravan.operations.infra;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * S3 as far as setting it up talks to it: buckets and their notifications, by path, in S3's XML. As S3 does, it takes no two
 * rules for the same event and overlapping names.
 */
public final class BucketServer implements AutoCloseable {

    private static final String EMPTY =
            "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></NotificationConfiguration>";

    private final HttpServer http;
    private final Map<String, String> notifications = new ConcurrentHashMap<>();
    private final Set<String> objects = ConcurrentHashMap.newKeySet();
    private final List<String> changes = new CopyOnWriteArrayList<>();
    private volatile String refused = "";
    private volatile int status;
    private volatile String code;

    private BucketServer() throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/", this::handle);
        http.start();
    }

    /** Starts a server without buckets. */
    public static BucketServer start() {
        try {
            return new BucketServer();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where it listens, for {@code s3.endpoint}. */
    public String url() {
        return "http://127.0.0.1:" + http.getAddress().getPort();
    }

    /** Makes a bucket, or sets what it tells whom, as the elements in NotificationConfiguration. */
    public BucketServer bucket(String name, String rules) {
        notifications.put(name, EMPTY.replace("></", ">" + rules + "</"));
        return this;
    }

    /** A rule for a queue and a prefix. */
    public static String queue(String id, String arn, String prefix) {
        return rule("Queue", "Queue", id, arn, prefix);
    }

    /** A rule for a topic and a prefix. */
    public static String topic(String id, String arn, String prefix) {
        return rule("Topic", "Topic", id, arn, prefix);
    }

    /** A rule for a function and a prefix. */
    public static String function(String id, String arn, String prefix) {
        return rule("CloudFunction", "CloudFunction", id, arn, prefix);
    }

    private static String rule(String kind, String target, String id, String arn, String prefix) {
        return "<" + kind + "Configuration><Id>" + id + "</Id><" + target + ">" + arn + "</" + target
                + "><Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule><Name>Prefix</Name><Value>" + prefix
                + "</Value></FilterRule></S3Key></Filter></" + kind + "Configuration>";
    }

    /** The document of a bucket's notifications; null if there is no such bucket. */
    public String notifications(String bucket) {
        return notifications.get(bucket);
    }

    /** Everything that was changed, as in {@code PUT /bucket?notification}. */
    public List<String> changes() {
        return List.copyOf(changes);
    }

    /** The objects that were put, as in {@code bucket/name}; none is put twice. */
    public Set<String> objects() {
        return Set.copyOf(objects);
    }

    /** From now on AWS allows requests of this kind no more: {@code notification}, {@code bucket} or nothing. */
    public void deny(String what) {
        refuse(what, 403, "AccessDenied");
    }

    /** From now on AWS answers requests of this kind with an error. */
    public void refuse(String what, int newStatus, String newCode) {
        status = newStatus;
        code = newCode;
        refused = what;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String bucket = exchange.getRequestURI().getPath().substring(1);
            String query = exchange.getRequestURI().getQuery();
            boolean notification = query != null && query.startsWith("notification");
            if (refused.equals(notification ? "notification" : "bucket")) {
                send(exchange, status, code);
            } else if (bucket.contains("/")) {
                boolean there = !objects.add(bucket);
                send(exchange, there ? 412 : 200, there ? "PreconditionFailed" : "");
            } else if (exchange.getRequestMethod().equals("PUT") && !notification) {
                changes.add("PUT /" + bucket);
                notifications.put(bucket, EMPTY);
                send(exchange, 200, "");
            } else if (!notifications.containsKey(bucket)) {
                send(exchange, 404, "NoSuchBucket");
            } else if (exchange.getRequestMethod().equals("PUT")) {
                changes.add("PUT /" + bucket + "?notification");
                if (ambiguous(body)) {
                    send(exchange, 400, "InvalidArgument");
                } else {
                    notifications.put(bucket, body);
                    send(exchange, 200, "");
                }
            } else {
                send(exchange, 200, notification ? notifications.get(bucket) : "");
            }
        }
    }

    private static boolean ambiguous(String xml) {
        List<String> prefixes = new ArrayList<>();
        Document document;
        try {
            document = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        for (String kind : List.of("QueueConfiguration", "TopicConfiguration", "CloudFunctionConfiguration")) {
            NodeList rules = document.getElementsByTagName(kind);
            for (int i = 0; i < rules.getLength(); i++) {
                NodeList values = ((Element) rules.item(i)).getElementsByTagName("Value");
                prefixes.add(values.getLength() == 0 ? "" : values.item(0).getTextContent());
            }
        }
        for (int i = 0; i < prefixes.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (prefixes.get(i).startsWith(prefixes.get(j))
                        || prefixes.get(j).startsWith(prefixes.get(i))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        String text = status < 300 ? body : "<Error><Code>" + body + "</Code><Message>no</Message></Error>";
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.getResponseHeaders().set("Content-Type", "application/xml");
        exchange.sendResponseHeaders(status, head || bytes.length == 0 ? -1 : bytes.length);
        if (!head) {
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
