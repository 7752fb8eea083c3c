package dev.caravan.console;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.pipeline.Parameter;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Secrets;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import io.vertx.core.Vertx;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.HttpException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pages and actions of the console, by address. Each page's JSON is at the same address under {@code /api}. */
final class Site {

    private static final Logger LOG = LoggerFactory.getLogger(Site.class);

    private static final String API = "/api";
    private static final Set<String> NO_JSON = Set.of("sql", "error");
    private static final String NOTICE = "caravan_notice";
    private static final int LONGEST_NOTICE = 1_000;
    private static final int LARGEST_BODY = 64 * 1024;
    private static final int LIVE = 5;

    private final Data data;
    private final Access access;
    private final Router router;
    private final LogPages logs;
    private final Queries queries;
    private final Health health;
    private final MetricsEndpoint metrics;
    private final TemplateEngine templates = TemplateEngine.createPrecompiled(
            null, ContentType.Html, Site.class.getClassLoader(), Site.class.getPackageName());

    Site(Vertx vertx, Data data, ConsoleSettings settings) {
        this.router = Router.router(vertx);
        this.data = data;
        this.logs = new LogPages(data, vertx, templates);
        this.queries = new Queries(vertx);
        this.health = new Health(data.context(), vertx);
        this.metrics = new MetricsEndpoint(data.context(), vertx);
        Set<String> open = new TreeSet<>(Assets.paths());
        open.addAll(Health.PATHS);
        open.add(Access.LOGIN);
        this.access = new Access(settings, data.clock(), open);
    }

    /** Returns the handler of all requests. */
    Router router() {
        router.route().handler(access::check);
        router.post()
                .handler(BodyHandler.create(false).setBodyLimit(LARGEST_BODY).setMergeFormAttributes(false));
        Assets.mount(router);
        health.mount(router);
        metrics.mount(router);
        router.get(Access.LOGIN).handler(request -> login(request, null));
        router.post(Access.LOGIN).blockingHandler(this::logIn, false);
        router.post().handler(access::checkChange);
        router.post(Access.LOGOUT).handler(request -> {
            access.logOut(request);
            redirect(request, Access.LOGIN);
        });

        page("/", "home", request -> HomePage.of(data), page -> "Home", LIVE);
        page("/pipelines", "pipelines", this::pipelines, page -> "Pipelines", LIVE);
        page(
                "/pipelines/:name",
                "pipeline",
                request -> PipelinePage.of(
                        data, request.pathParam("name"), query(request, "month"), PipelinePage.Form.EMPTY),
                page -> page.pipeline().pipeline(),
                LIVE);
        page("/runs", "runs", this::runs, page -> "Runs", LIVE);
        page(
                "/runs/:id",
                "run",
                request -> RunPage.of(
                        data,
                        request.pathParam("id"),
                        new RunPage.Search(query(request, "text"), query(request, "level"))),
                page -> "Run " + page.run().run() + " of " + page.run().pipeline(),
                0);

        page("/logs", "logs", this::logs, page -> "Logs", 0);
        page(
                "/backfill",
                "backfill",
                request -> BackfillPage.of(data, backfill(request), PipelinePage.Form.EMPTY),
                page -> "Backfill",
                LIVE);
        router.post("/backfill").blockingHandler(this::startBackfill, false);
        page("/alerts", "alerts", request -> AlertsPage.of(data), page -> "Alerts", LIVE);
        page("/nodes", "nodes", request -> NodesPage.of(data), page -> "Nodes", LIVE);
        router.get(OpenApi.PATH).handler(request -> json(request, 200, OpenApi.document()));
        router.get("/sql").handler(request -> html(request, 200, "sql", "SQL", SqlPage.empty(), 0));
        router.post("/sql").handler(request -> queries.run(() -> sql(request)).onFailure(request::fail));
        router.post(API + "/sql")
                .handler(request -> queries.run(() -> sqlJson(request)).onFailure(request::fail));

        router.get("/runs/:id/log")
                .handler(request -> logs.html(request, run -> render(request, "log", "Log of " + run.run(), run, 0)));
        router.get("/runs/:id/log.txt").handler(logs::text);
        router.get(API + "/runs/:id/log").blockingHandler(request -> json(request, 200, logs.lines(request)), false);
        router.get(API + "/runs/:id/log/stream").handler(logs::stream);

        router.post("/pipelines/:name/run").blockingHandler(this::run, false);
        router.post(API + "/pipelines/:name/run").blockingHandler(this::runJson, false);
        action("/pipelines/:name/pause", "name", "/pipelines/", (name, request) -> {
            data.pipelines().pause(name);
            return name + " is paused: its slots are skipped until it is resumed";
        });
        action("/pipelines/:name/resume", "name", "/pipelines/", (name, request) -> {
            data.pipelines().resume(name);
            return name + " is resumed";
        });
        action("/runs/:id/retry", "id", "/runs/", (id, request) -> {
            data.pipelines().enqueueRetry(id);
            return "The retry of run " + id + " has been requested";
        });
        action("/runs/:id/cancel", "id", "/runs/", (id, request) -> {
            data.pipelines().cancel(id);
            return "Cancellation of run " + id + " requested; this takes a few seconds";
        });

        change("/alerts/mute", "/alerts", fields -> AlertsPage.mute(data, fields.get("pipeline"), fields.get("for")));
        change("/alerts/unmute", "/alerts", fields -> AlertsPage.unmute(data, fields.get("pipeline")));

        router.route().handler(request -> {
            throw new Refusal(404, "There is no page at this address");
        });
        router.route().failureHandler(this::fail);
        return router;
    }

    /** Serves a page and its JSON. */
    private <P> void page(
            String path, String template, Function<RoutingContext, P> load, Function<P, String> title, int refresh) {
        router.get(path)
                .blockingHandler(
                        request -> {
                            P page = load.apply(request);
                            html(request, 200, template, title.apply(page), page, refresh);
                        },
                        false);
        router.get(API + path).blockingHandler(request -> json(request, 200, load.apply(request)), false);
    }

    /** Serves a change, by form and by JSON; afterwards the form leads to the page of what was changed. */
    private void action(
            String path, String parameter, String pages, BiFunction<String, RoutingContext, String> change) {
        router.post(path)
                .blockingHandler(
                        request -> {
                            String name = request.pathParam(parameter);
                            notice(request, change.apply(name, request));
                            redirect(request, pages + Words.path(name));
                        },
                        false);
        router.post(API + path)
                .blockingHandler(
                        request -> json(
                                request, 200, Map.of("result", change.apply(request.pathParam(parameter), request))),
                        false);
    }

    /** Serves a change that fields describe, by form and by JSON; afterwards the form leads back. */
    private void change(String path, String back, Function<Map<String, String>, String> change) {
        router.post(path)
                .blockingHandler(
                        request -> {
                            Map<String, String> fields = new HashMap<>();
                            request.request()
                                    .formAttributes()
                                    .forEach(field -> fields.put(
                                            field.getKey(), field.getValue().strip()));
                            notice(request, change.apply(fields));
                            redirect(request, back);
                        },
                        false);
        router.post(API + path)
                .blockingHandler(
                        request -> json(
                                request,
                                200,
                                Map.of(
                                        "result",
                                        change.apply(
                                                fields(Json.read(request.body().asString()))))),
                        false);
    }

    private static Map<String, String> fields(JsonNode object) {
        Map<String, String> fields = new HashMap<>();
        object.properties().forEach(field -> {
            if (!field.getValue().isValueNode()) {
                throw new Refusal(400, field.getKey() + " must be a text, a number, true or false");
            } else if (!field.getValue().isNull()) {
                fields.put(field.getKey(), field.getValue().asText());
            }
        });
        return fields;
    }

    /** The page has a part of the pipelines; programs may know of no parts and get all, unless they set a limit. */
    private PipelinesPage pipelines(RoutingContext request) {
        return PipelinesPage.of(
                data,
                new PipelinesPage.Filter(
                        query(request, "q"),
                        query(request, "tag"),
                        query(request, "show"),
                        query(request, "after"),
                        limit(request, isApi(request) ? null : PipelinesPage.PAGE)));
    }

    private RunsPage runs(RoutingContext request) {
        return RunsPage.of(
                data,
                new RunsPage.Filter(
                        query(request, "pipeline"),
                        query(request, "state"),
                        query(request, "since"),
                        query(request, "before"),
                        limit(request, RunsPage.PAGE)));
    }

    private static Integer limit(RoutingContext request, Integer otherwise) {
        String limit = query(request, "limit");
        return limit.matches("\\d{1,6}") ? Integer.valueOf(limit) : otherwise;
    }

    private static boolean isApi(RoutingContext request) {
        return request.request().path().startsWith(API + "/");
    }

    private LogsPage logs(RoutingContext request) {
        return LogsPage.of(
                data,
                new LogsPage.Filter(
                        query(request, "text"),
                        query(request, "level"),
                        query(request, "pipeline"),
                        query(request, "since"),
                        query(request, "from")));
    }

    /** A query changes nothing, but costs: other sites must not cause it, and readers may not. */
    private void sql(RoutingContext request) {
        SqlPage page = query(
                Optional.ofNullable(request.request().getFormAttribute("sql")).orElse(""));
        html(request, page.error() == null ? 200 : 422, "sql", "SQL", page, 0);
    }

    private void sqlJson(RoutingContext request) {
        SqlPage page = query(Json.read(request.body().asString()).path("sql").asText());
        json(request, page.error() == null ? 200 : 422, page);
    }

    private SqlPage query(String sql) {
        try {
            return SqlPage.of(data, sql, SqlPage.LIMIT);
        } catch (PermanentException | TransientException e) {
            return SqlPage.failed(sql, Secrets.mask(e.getMessage()));
        }
    }

    private static BackfillPage.Filter backfill(RoutingContext request) {
        return new BackfillPage.Filter(query(request, "pipeline"), query(request, "start"), query(request, "end"));
    }

    private void startBackfill(RoutingContext request) {
        String name = field(request, "pipeline");
        String start = field(request, "start");
        String end = field(request, "end");
        DateRange range = DateRange.of(data.pipelines().get(name))
                .orElseThrow(() -> new UsageException("Pipeline " + name + " loads no range of days"));
        Map<String, String> given = parameters(request, name);
        given.put(range.first(), start);
        given.put(range.last(), end);
        String run;
        try {
            run = data.pipelines().enqueue(name, given);
        } catch (UsageException e) {
            BackfillPage page = BackfillPage.of(
                    data, new BackfillPage.Filter(name, "", ""), new PipelinePage.Form(given, e.getMessage()));
            html(request, 422, "backfill", "Backfill", page, 0);
            return;
        }
        notice(request, "Run " + run + " has been requested");
        // the calendar shows a limited range only
        redirect(request, BackfillPage.shows(start, end) ? BackfillPage.address(name, start, end) : "/runs/" + run);
    }

    private static String field(RoutingContext request, String name) {
        return Optional.ofNullable(request.request().getFormAttribute(name))
                .orElse("")
                .strip();
    }

    /** Returns the parameters of a pipeline that a form has. */
    private Map<String, String> parameters(RoutingContext request, String pipeline) {
        Map<String, String> given = new HashMap<>();
        for (Parameter parameter : data.pipelines().get(pipeline).parameters()) {
            String value = field(request, "p." + parameter.name());
            if (!value.isEmpty()) {
                given.put(parameter.name(), value);
            }
        }
        return given;
    }

    private void run(RoutingContext request) {
        String name = request.pathParam("name");
        Map<String, String> given = parameters(request, name);
        String run;
        try {
            run = data.pipelines().enqueue(name, given);
        } catch (UsageException e) {
            PipelinePage page = PipelinePage.of(data, name, "", new PipelinePage.Form(given, e.getMessage()));
            html(request, 422, "pipeline", name, page, 0);
            return;
        }
        notice(request, "Run " + run + " has been requested");
        redirect(request, "/runs/" + run);
    }

    private void runJson(RoutingContext request) {
        JsonNode body = Json.read(request.body().asString());
        body.fieldNames().forEachRemaining(field -> {
            if (!field.equals("parameters")) { // ignored, it would run with other parameters than meant
                throw new Refusal(400, "Unknown field " + field + "; the only one is parameters");
            }
        });
        JsonNode parameters = body.path("parameters");
        if (!parameters.isMissingNode() && !parameters.isNull() && !parameters.isObject()) {
            throw new Refusal(400, "parameters must be an object");
        }
        Map<String, String> given = fields(parameters);
        json(request, 200, new OpenApi.Requested(data.pipelines().enqueue(request.pathParam("name"), given)));
    }

    private void login(RoutingContext request, String error) {
        String to = query(request, "to");
        StringOutput html = new StringOutput();
        templates.render("login.jte", Map.of("to", to, "error", error == null ? "" : error), html);
        end(request, error == null ? 200 : 401, "text/html; charset=utf-8", html.toString());
    }

    private void logIn(RoutingContext request) {
        String token = request.request().getFormAttribute("token");
        if (token == null || !access.logIn(request, token.strip())) {
            login(request, "This is not one of the tokens");
            return;
        }
        String to = request.request().getFormAttribute("to");
        // a path of this site; "//host" and "/\host" lead elsewhere
        redirect(request, to != null && to.matches("/(?![/\\\\])[\\x21-\\x7e]*") ? to : "/");
    }

    static String query(RoutingContext request, String name) {
        String value = request.queryParams().get(name);
        return value == null ? "" : value.strip();
    }

    private void html(RoutingContext request, int status, String template, String title, Object page, int refresh) {
        end(request, status, "text/html; charset=utf-8", render(request, template, title, page, refresh));
    }

    private String render(RoutingContext request, String template, String title, Object page, int refresh) {
        Visitor visitor = Visitor.of(request);
        String query =
                request.request().query() == null ? "" : "?" + request.request().query();
        boolean hasJson = request.request().method().equals(HttpMethod.GET) && !NO_JSON.contains(template);
        View view = new View(
                title,
                template,
                hasJson ? API + request.request().path() + query : null,
                data.profile(),
                visitor.role(),
                visitor.formToken(),
                visitor.canLogOut(),
                takeNotice(request),
                refresh,
                data.now());
        StringOutput html = new StringOutput();
        templates.render(template + ".jte", Map.of("view", view, "page", page), html);
        return html.toString();
    }

    static void json(RoutingContext request, int status, Object value) {
        end(request, status, "application/json", Json.write(value));
    }

    static void end(RoutingContext request, int status, String type, String body) {
        request.response()
                .setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, type)
                .end(body);
    }

    private static void redirect(RoutingContext request, String path) {
        request.response()
                .setStatusCode(303)
                .putHeader(HttpHeaders.LOCATION, path)
                .end();
    }

    /** Keeps a message for the next page. */
    private static void notice(RoutingContext request, String text) {
        String shortened = text.length() <= LONGEST_NOTICE ? text : text.substring(0, LONGEST_NOTICE);
        request.response()
                .addCookie(noticeCookie(URLEncoder.encode(shortened, StandardCharsets.UTF_8))
                        .setMaxAge(30));
    }

    private static Cookie noticeCookie(String value) {
        return Cookie.cookie(NOTICE, value).setPath("/").setHttpOnly(true).setSameSite(CookieSameSite.STRICT);
    }

    private static String takeNotice(RoutingContext request) {
        Cookie cookie = request.request().getCookie(NOTICE);
        if (cookie == null || cookie.getValue().isEmpty()) {
            return null;
        }
        request.response().addCookie(noticeCookie("").setMaxAge(0));
        try {
            return URLDecoder.decode(cookie.getValue(), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private void fail(RoutingContext request) {
        if (request.response().ended() || request.response().headWritten()) {
            return;
        }
        Throwable failure = request.failure();
        int status = status(request, failure);
        String reason = reason(failure, status);
        boolean page = Visitor.of(request) != null && !isApi(request);
        if (page && !request.request().method().equals(HttpMethod.HEAD)) {
            try {
                html(request, status, "error", "Error " + status, reason, 0);
                return;
            } catch (RuntimeException e) {
                LOG.warn("The error page could not be made", e);
            }
        }
        json(request, status, Map.of("error", reason));
    }

    private static int status(RoutingContext request, Throwable failure) {
        if (failure instanceof Refusal refusal) {
            return refusal.status();
        } else if (failure instanceof UsageException) {
            return failure.getMessage().matches("(?s)Unknown (run|pipeline) .*") ? 404 : 400;
        } else if (failure instanceof HttpException http) {
            return http.getStatusCode();
        } else if (failure == null && request.statusCode() > 0) {
            return request.statusCode();
        }
        return failure instanceof IllegalArgumentException ? 400 : 500;
    }

    private static String reason(Throwable failure, int status) {
        if (failure instanceof Refusal || failure instanceof PermanentException) {
            return Secrets.mask(failure.getMessage());
        }
        if (status >= 500) {
            LOG.error("A page of the console failed", failure);
            return "The page could not be made; the log of caravan serve says why";
        }
        return status == 413
                ? "The request is too large"
                : Optional.ofNullable(failure).map(Throwable::getMessage).orElse("Bad request");
    }
}
