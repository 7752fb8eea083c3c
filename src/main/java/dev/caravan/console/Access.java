package dev.caravan.console;

import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Decides who may do what, before anything else sees a request. What is open to all is compared by its whole path; any other
 * path, known or not, needs a log-in if there is a token.
 */
final class Access {

    static final String LOGOUT = "/logout";
    static final String LOGIN = "/login";
    static final String FORM_TOKEN = "form_token";
    private static final String FORM_TOKEN_HEADER = "X-Form-Token";
    private static final String COOKIE = "caravan_session";
    private static final String BEARER = "Bearer ";
    private static final Set<HttpMethod> METHODS = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST);

    private static final String CONTENT_POLICY =
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
                    + " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private final ConsoleSettings settings;
    private final Clock clock;
    private final Session sessions;
    private final FailedLogins failedLogins = new FailedLogins();
    private final Set<String> hosts = new HashSet<>();
    private final Set<String> open;

    /**
     * @param open the paths that need no log-in
     */
    Access(ConsoleSettings settings, Clock clock, Set<String> open) {
        this.settings = settings;
        this.clock = clock;
        this.open = open;
        // a change of either token ends all sessions
        this.sessions = new Session(settings.token() == null ? null : settings.token() + "\n" + settings.readerToken());
        if (settings.loopback()) {
            hosts.addAll(List.of("localhost", "127.0.0.1", "[::1]", "::1", settings.host()));
        }
        if (settings.url() != null) {
            hosts.add(settings.url().getHost().toLowerCase(Locale.ROOT));
        }
    }

    /** Handles each request first. */
    void check(RoutingContext request) {
        harden(request);
        HttpMethod method = request.request().method();
        if (!METHODS.contains(method)) {
            throw new Refusal(405, "Method not allowed");
        }
        checkHost(request.request());
        if (method.equals(HttpMethod.POST)) {
            checkOrigin(request.request());
        }
        Optional<Visitor> visitor = visitor(request);
        if (visitor.isEmpty() && !open.contains(request.request().path())) {
            refuse(request);
            return;
        }
        visitor.ifPresent(known -> known.attachTo(request));
        request.next();
    }

    /** Handles each change after {@link #check}, when its form has been read. */
    void checkChange(RoutingContext request) {
        Visitor visitor = Visitor.of(request);
        if (visitor == null) {
            throw new Refusal(401, "Log in first");
        }
        if (!visitor.role().canAct() && !request.request().path().equals(LOGOUT)) {
            throw new Refusal(403, "You have read access only");
        }
        String header = request.request().getHeader(FORM_TOKEN_HEADER);
        String sent = header == null ? request.request().getFormAttribute(FORM_TOKEN) : header;
        // a browser lets other sites send forms, but no JSON without asking first, which is not answered
        if (visitor.byCookie() && !isJson(request.request()) && !Session.same(visitor.formToken(), sent)) {
            throw new Refusal(403, "This form is out of date: go back, reload the page and try again");
        }
        request.next();
    }

    private static boolean isJson(HttpServerRequest request) {
        String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
        return type != null && type.matches("application/json(;.*)?");
    }

    private static void harden(RoutingContext request) {
        request.response()
                .putHeader("Content-Security-Policy", CONTENT_POLICY)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("X-Frame-Options", "DENY")
                .putHeader("Referrer-Policy", "same-origin")
                .putHeader("Cross-Origin-Opener-Policy", "same-origin")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    }

    /** Refuses the names of other sites that resolve to this machine (DNS rebinding). */
    private void checkHost(HttpServerRequest request) {
        boolean scrape = settings.token() != null && request.path().equals(MetricsEndpoint.PATH);
        if (scrape || Health.PATHS.contains(request.path())) {
            return; // probes and Prometheus use the address of a container
        }
        HostAndPort authority = request.authority();
        if (authority == null) {
            throw new Refusal(400, "Missing Host header");
        }
        if (!hosts.isEmpty() && !hosts.contains(authority.host().toLowerCase(Locale.ROOT))) {
            throw new Refusal(421, "Unknown host: set console.url if users reach the console under this name");
        }
    }

    /** Refuses changes that another site sends. Programs send neither header. */
    private void checkOrigin(HttpServerRequest request) {
        String site = request.getHeader("Sec-Fetch-Site");
        String origin = request.getHeader("Origin");
        if ((site != null && !site.equals("same-origin")) || (origin != null && !isOurs(origin, request))) {
            throw new Refusal(403, "Requests from other sites are refused");
        }
    }

    /** Returns whether an origin is this server, or the proxy in front of it, which may change the header Host. */
    private boolean isOurs(String origin, HttpServerRequest request) {
        URI url = settings.url();
        return origin.replaceFirst("^https?://", "").equalsIgnoreCase(request.getHeader(HttpHeaders.HOST))
                || (url != null && origin.equalsIgnoreCase(url.getScheme() + "://" + url.getAuthority()));
    }

    private Optional<Visitor> visitor(RoutingContext request) {
        String authorization = request.request().getHeader(HttpHeaders.AUTHORIZATION);
        if (settings.token() != null && authorization != null && authorization.startsWith(BEARER)) {
            return role(request.request(), authorization.substring(BEARER.length()))
                    .map(role -> new Visitor(role, null, false, false));
        }
        Cookie cookie = request.request().getCookie(COOKIE);
        String value = cookie == null ? null : cookie.getValue();
        Optional<Role> role = sessions.verify(value, now());
        if (role.isEmpty()
                && settings.token() == null
                && !open.contains(request.request().path())) {
            // everybody on this machine may do everything; the cookie ties forms to this browser
            value = setCookie(request, Role.OPERATOR);
            role = Optional.of(Role.OPERATOR);
        }
        String session = value;
        return role.map(known -> new Visitor(known, sessions.formToken(session), true, settings.token() != null));
    }

    private static void refuse(RoutingContext request) {
        boolean page = !request.request().method().equals(HttpMethod.POST)
                && !request.request().path().startsWith("/api/")
                && !request.request().path().startsWith("/observe/");
        if (!page) {
            request.response().putHeader("WWW-Authenticate", "Bearer");
            throw new Refusal(401, "Log in first, or send the token as Authorization: Bearer TOKEN");
        }
        request.response()
                .setStatusCode(303)
                .putHeader(
                        HttpHeaders.LOCATION,
                        LOGIN + "?to=" + Words.path(request.request().uri()))
                .end();
    }

    /**
     * Logs in.
     *
     * @param token as the user typed it
     * @return whether it is one of the tokens
     */
    boolean logIn(RoutingContext request, String token) {
        Optional<Role> role = role(request.request(), token);
        role.ifPresent(known -> setCookie(request, known));
        return role.isPresent();
    }

    void logOut(RoutingContext request) {
        request.response().addCookie(cookie("").setMaxAge(0));
    }

    /** Returns the role of a token. Both are compared in any case, so that the time tells nothing. */
    private Optional<Role> role(HttpServerRequest request, String token) {
        boolean operator = Session.same(settings.token(), token);
        boolean reader = Session.same(settings.readerToken(), token);
        if (operator || reader) {
            // even if others who come through the same proxy guess
            return Optional.of(operator ? Role.OPERATOR : Role.READER);
        }
        String address = request.remoteAddress().hostAddress();
        if (failedLogins.isBlocked(address, now())) {
            request.response().putHeader("Retry-After", Long.toString(FailedLogins.WINDOW.toSeconds()));
            throw new Refusal(429, "Too many failed log-ins: wait a minute");
        }
        failedLogins.add(address, now());
        return Optional.empty();
    }

    private String setCookie(RoutingContext request, Role role) {
        String value = sessions.create(role, now());
        request.response().addCookie(cookie(value).setMaxAge(Session.LIFE.toSeconds()));
        return value;
    }

    private Cookie cookie(String value) {
        return Cookie.cookie(COOKIE, value)
                .setPath("/")
                .setHttpOnly(true)
                .setSecure(settings.url() != null && settings.url().getScheme().equals("https"))
                .setSameSite(CookieSameSite.STRICT);
    }

    private Instant now() {
        return clock.instant();
    }
}
