package dev.caravan.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.caravan.http.BoundedResponses;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Proxies;
import dev.caravan.run.Quota;
import dev.caravan.run.Run;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.camel.support.LRUCacheFactory;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.utils.URIUtils;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends the requests of all pipelines to one API: with its credentials, within its limits, with retries. */
public final class ApiClient implements Closeable {

    private static final Logger LOG = LoggerFactory.getLogger(ApiClient.class);

    private static final int MAX_REDIRECTS = 5;
    private static final int MAX_CONNECTIONS = 32;
    private static final int MAX_ERROR = 65_536;
    private static final int MAX_KEPT = 10;
    private static final Duration FIRST_DELAY = Duration.ofSeconds(1);
    /** For a longer wait the attempt ends, so that its permit is free for others. */
    private static final Duration MAX_WAIT = Duration.ofSeconds(60);

    private static final Set<Integer> TRANSIENT = Set.of(408, 425, 429);
    private static final Set<Integer> DENIED = Set.of(401, 403);
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

    private final String name;
    private final Api api;
    private final URI origin;
    private final Credentials credentials;
    private final RateLimit limit;
    private final CloseableHttpClient client;
    private final ErrorReader errors;
    private final Map<Asked, Page> kept = LRUCacheFactory.newLRUCache(MAX_KEPT);
    private volatile Quota quota;
    /** The quota, if an answer has told it that no run has heard of. */
    private final AtomicReference<Quota> news = new AtomicReference<>();

    ApiClient(String name, Api api) {
        this(name, api, api::explain);
    }

    /**
     * A client that shares the limit of the API with others.
     *
     * @param name of the bean, for messages
     * @param errors what the API's errors mean beyond their status
     */
    public ApiClient(String name, Api api, ErrorReader errors) {
        this(name, api, errors, api.limit());
    }

    /** A client for requests that have a limit of their own. */
    public ApiClient(String name, Api api, ErrorReader errors, double requestsPerSecond) {
        this(name, api, errors, new RateLimit(requestsPerSecond));
    }

    private ApiClient(String name, Api api, ErrorReader errors, RateLimit limit) {
        this.name = name;
        this.limit = limit;
        this.errors = errors;
        this.api = api;
        try {
            origin = api.origin();
            if (api.getMaxResponse() <= 0 || api.getRequestsPerSecond() < 0 || api.getRetries() < 0) {
                throw new UsageException(
                        "maxResponse must be a number of megabytes, requestsPerSecond and retries not negative");
            }
            credentials = new Credentials(name, api);
            client = client(api.patience(), api.silence());
        } catch (UsageException e) {
            throw new UsageException("API " + name + ": camel.beans." + name + "." + e.getMessage(), e);
        }
    }

    private CloseableHttpClient client(Duration timeout, Duration silence) {
        Timeout read = Timeout.of(silence);
        Timeout connect = Timeout.of(silence.compareTo(Duration.ofSeconds(10)) < 0 ? silence : Duration.ofSeconds(10));
        return HttpClientBuilder.create()
                .useSystemProperties() // for proxies
                .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                        .useSystemProperties()
                        .setMaxConnPerRoute(MAX_CONNECTIONS)
                        .setMaxConnTotal(MAX_CONNECTIONS)
                        .setDefaultConnectionConfig(ConnectionConfig.custom()
                                .setConnectTimeout(connect)
                                .setSocketTimeout(read)
                                .build())
                        .build())
                .setDefaultRequestConfig(
                        RequestConfig.custom().setResponseTimeout(read).build())
                .setUserAgent("caravan")
                .addExecInterceptorFirst(
                        "bounded",
                        new BoundedResponses(
                                timeout,
                                "camel.beans." + name + ".timeout",
                                api.getMaxResponse() * 1_000_000L,
                                "camel.beans." + name + ".maxResponse"))
                .disableAutomaticRetries()
                .disableRedirectHandling()
                .disableCookieManagement()
                .disableAuthCaching()
                .build();
    }

    /** Returns the address of the API. */
    public URI origin() {
        return origin;
    }

    /** Returns the API's quota by its last answer, or null if it does not say so. */
    Quota quota() {
        return quota;
    }

    /** Returns whether an address belongs to the API, and so may be sent its credentials. */
    boolean owns(URI uri) {
        return Objects.equals(origin.getScheme(), uri.getScheme())
                && origin.getHost().equalsIgnoreCase(uri.getHost())
                && port(origin) == port(uri)
                && uri.getUserInfo() == null;
    }

    private static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equals("https") ? 443 : 80;
    }

    /**
     * Requests a page. Retries what may pass, as often as the API allows, and waits a minute at most; what lasts longer is
     * left to the run's retries.
     *
     * @param place the page, for messages: "page 3 of api:github/issues"
     */
    public Page page(Request request, PageReader.Form form, String place, Run run) {
        Duration delay = FIRST_DELAY;
        for (int tries = 1; ; tries++) {
            limit.await(run);
            try {
                return send(request, form, place, run);
            } catch (TransientException e) {
                Duration wait = e.retryAfter().orElse(jittered(delay));
                if (tries > api.getRetries() || wait.compareTo(MAX_WAIT) > 0) {
                    throw e;
                }
                LOG.warn("{}; next try in {} s", e.getMessage(), Math.max(1, wait.toSeconds()));
                if (e.retryAfter().isPresent()) {
                    limit.pause(wait); // all pipelines share the API's patience
                } else {
                    RateLimit.sleep(wait, run);
                }
                delay = delay.multipliedBy(2);
            }
        }
    }

    /**
     * Tries address and credentials, once.
     *
     * @return what the API answered
     * @throws PermanentException if it rejects them
     * @throws TransientException if it does not answer, or cannot at the moment
     */
    String probe() {
        boolean asked = !api.getCheck().isBlank();
        String address = asked ? origin + "/" + api.getCheck().strip().replaceFirst("^/+", "") : origin.toString();
        Request request = new Request("GET", URI.create(address), Map.of(), null);
        HttpUriRequestBase http = http(request, credentials.authorization(client));
        try {
            return client.execute(http, response -> {
                int status = response.getCode();
                boolean unclear =
                        status >= 400 && status < 500 && !DENIED.contains(status) && !TRANSIENT.contains(status);
                if (status >= 400 && (asked || !unclear)) {
                    throw failure(request, response, address);
                }
                return address + " answers with HTTP status " + status
                        + (unclear
                                ? "; set camel.beans." + name
                                        + ".check to a path that shows whether it accepts the credentials"
                                : "");
            });
        } catch (IOException e) {
            throw unanswered(address, e);
        }
    }

    private static Duration jittered(Duration delay) {
        return Duration.ofMillis(
                (long) (delay.toMillis() * ThreadLocalRandom.current().nextDouble(0.8, 1.2)));
    }

    private Page send(Request request, PageReader.Form form, String place, Run run) {
        try {
            return send(request, form, place);
        } finally {
            Quota told = news.getAndSet(null);
            if (told != null && run != null) {
                run.heard(told);
            }
        }
    }

    private Page send(Request request, PageReader.Form form, String place) {
        Page known = known(request, form);
        Request current = known == null ? request : request.unless(known.version());
        boolean renewed = false;
        for (int redirects = 0; ; ) {
            Outcome outcome = exchange(current, known, form, place);
            if (outcome.page() != null) {
                return outcome.page();
            } else if (outcome.redirect() == null) {
                if (renewed) {
                    throw outcome.failure();
                }
                renewed = true;
            } else if (++redirects > MAX_REDIRECTS) {
                throw new PermanentException(place + ": more than " + MAX_REDIRECTS + " redirects");
            } else {
                current = current.to(outcome.redirect());
            }
        }
    }

    /**
     * The end of an exchange: a page, a redirect, or a failure that another token may fix.
     */
    private record Outcome(Page page, URI redirect, RuntimeException failure) {}

    private Outcome exchange(Request request, Page known, PageReader.Form form, String place) {
        String authorization = credentials.authorization(client);
        HttpUriRequestBase http = http(request, authorization);
        if (request.body() != null) {
            http.setEntity(new StringEntity(request.body().toString(), ContentType.APPLICATION_JSON));
        }
        try {
            return client.execute(http, response -> read(request, known, response, form, place, authorization));
        } catch (IOException e) {
            throw explained(request, 0, unanswered(place, e));
        }
    }

    private HttpUriRequestBase http(Request request, String authorization) {
        HttpUriRequestBase http = new HttpUriRequestBase(request.method(), request.uri());
        http.setHeader("Accept", ContentType.APPLICATION_JSON.getMimeType());
        api.getHeaders().forEach(http::setHeader);
        request.headers().forEach(http::setHeader);
        if (authorization != null) {
            http.setHeader("Authorization", authorization);
        }
        return http;
    }

    private TransientException unanswered(String place, IOException e) {
        return new TransientException(
                place + " got no complete answer (" + e.getClass().getSimpleName() + ": "
                        + credentials.mask(String.valueOf(e.getMessage()), List.of())
                        + "). If this persists, check camel.beans."
                        + name
                        + ".url and .timeout, and the network." + Proxies.hint(origin.toString()),
                e);
    }

    private Outcome read(
            Request request,
            Page known,
            ClassicHttpResponse response,
            PageReader.Form form,
            String place,
            String authorization)
            throws IOException {
        Quota told = Answers.quota(name, response);
        if (told != null) {
            quota = told;
            news.set(told);
        }
        int status = response.getCode();
        if (status == 304 && known != null) {
            return new Outcome(known, null, null);
        } else if (REDIRECTS.contains(status)) {
            return new Outcome(null, redirect(request, response, place), null);
        } else if (status < 200 || status > 299) {
            RuntimeException failure = failure(request, response, place);
            if (status == 401 && credentials.renew(authorization)) {
                return new Outcome(null, null, failure);
            }
            throw failure;
        }
        String next = nextLink(response);
        HttpEntity entity = response.getEntity();
        if (status == 204 || entity == null) {
            return new Outcome(new Page(List.of(), Map.of(), next, Answers.more(response, 0L), null), null, null);
        }
        try (InputStream in = entity.getContent()) {
            PageReader read = PageReader.read(in, charset(entity), form);
            String announced = Answers.more(
                    response, read.isWhole() ? null : Long.valueOf(read.rows().size()));
            Page.Version version = Page.Version.of(response);
            return new Outcome(new Page(read.rows(), read.around(), next, announced, version), null, null);
        } catch (JsonProcessingException e) {
            throw explained(
                    request,
                    status,
                    new TransientException(
                            place + ": the answer is not complete JSON, but "
                                    + Objects.requireNonNullElse(entity.getContentType(), "of unknown type") + " ("
                                    + credentials.mask(e.getOriginalMessage(), request.secrets()) + ")",
                            e));
        } catch (PermanentException e) {
            throw new PermanentException(place + ": " + e.getMessage(), e);
        }
    }

    private URI redirect(Request request, ClassicHttpResponse response, String place) {
        String location = Answers.header(response, "Location");
        URI target;
        try {
            target = URIUtils.resolve(request.uri(), Objects.requireNonNullElse(location, ""));
        } catch (IllegalArgumentException e) {
            target = URI.create("");
        }
        if (!request.method().equals("GET") || location == null || !owns(target)) {
            throw explained(
                    request,
                    response.getCode(),
                    new PermanentException(place + ": the API redirects to "
                            + (target.getHost() == null
                                    ? "an unknown address"
                                    : target.getScheme() + "://" + target.getAuthority())
                            + ", which is not followed. Check camel.beans." + name + ".url and the path"));
        }
        return target;
    }

    /** Returns the encoding that the type of an answer names, or null if it is one of Unicode or unknown. */
    private static Charset charset(HttpEntity entity) {
        try {
            ContentType type = ContentType.parseLenient(entity.getContentType());
            Charset charset = type == null ? null : type.getCharset();
            return charset == null || charset.name().startsWith("UTF-") ? null : charset;
        } catch (IllegalCharsetNameException e) {
            return null;
        }
    }

    private static String nextLink(ClassicHttpResponse response) {
        for (Header header : response.getHeaders("Link")) {
            // commas within <> belong to the address
            for (String link : header.getValue().split(",(?=\\s*<)", -1)) {
                if (link.matches(
                        "(?is)\\s*<[^>]*>.*;\\s*rel\\s*=\\s*(next|\"([^\"]*\\s)?next(\\s[^\"]*)?\")\\s*(;.*)?")) {
                    return link.substring(link.indexOf('<') + 1, link.indexOf('>'))
                            .strip();
                }
            }
        }
        return null;
    }

    /** Finds out what an error of an API means. */
    @FunctionalInterface
    public interface ErrorReader {

        /** Returns the failure to throw. */
        RuntimeException read(FailedRequest failed);
    }

    private RuntimeException explained(Request request, int status, RuntimeException failure) {
        return errors.read(new FailedRequest(resource(request.uri()), status, MissingNode.getInstance(), failure));
    }

    private String resource(URI uri) {
        String address = uri.toString();
        return address.startsWith(origin.toString())
                ? address.substring(origin.toString().length())
                : address;
    }

    private RuntimeException failure(Request request, ClassicHttpResponse response, String place) throws IOException {
        int status = response.getCode();
        HttpEntity entity = response.getEntity();
        String text = "";
        if (entity != null) {
            try (InputStream in = entity.getContent()) {
                text = new String(in.readNBytes(MAX_ERROR), StandardCharsets.UTF_8);
            }
        }
        String said = place + ": HTTP status " + status
                + Answers.sentence(text, sentence -> credentials.mask(sentence, request.secrets()));
        Duration wait = Answers.retryAfter(response);
        // some APIs forbid what exceeds a quota
        boolean quota = status == 403
                && (Answers.header(response, "Retry-After") != null || "0".equals(Answers.remaining(response)));
        RuntimeException failure = status >= 500 || TRANSIENT.contains(status) || quota
                ? new TransientException(said, status == 503 || status == 429 || quota ? wait : null, null)
                : new PermanentException(
                        switch (status) {
                            case 401, 403 -> said + ". Check " + credentials.settings() + " and its permissions";
                            case 404 -> said + ". Check camel.beans." + name + ".url and the path";
                            default -> said;
                        });
        return errors.read(new FailedRequest(resource(request.uri()), status, Answers.json(text), failure));
    }

    /** What was asked for: the same answer can be read in several ways. */
    private record Asked(URI uri, Map<String, String> headers, PageReader.Form form) {

        static Asked of(Request request, PageReader.Form form) {
            return new Asked(request.uri(), request.headers(), form);
        }
    }

    /** Keeps an answer in memory: from now on it is requested again only if it has changed. */
    void keep(Request request, PageReader.Form form, Page page) {
        if (page.version() != null) {
            kept.put(Asked.of(request, form), page);
        }
    }

    private Page known(Request request, PageReader.Form form) {
        Page known = kept.get(Asked.of(request, form));
        return known == null ? null : known.copy();
    }

    @Override
    public void close() {
        client.close(CloseMode.GRACEFUL);
    }
}
