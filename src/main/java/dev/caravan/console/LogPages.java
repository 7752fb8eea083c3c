package dev.caravan.console;

import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.run.UsageException;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/** The log of a run: whole, or followed while the run is in progress. */
final class LogPages {

    /** Browsers render a block when it becomes visible; one element for each line would take them half a minute. */
    static final int BLOCK = 500;

    /** Where the page of a whole log has its lines. */
    static final String PLACE = "<!--lines-->";

    private static final long POLL_MILLIS = 1_000;
    /** A comment now and then keeps the connection from being idle. */
    private static final int QUIET_POLLS = 15;

    private static final int MOST_STREAMS = 50;
    private static final int DOWNLOADS = 2;
    private static final long WRITE_TIMEOUT_SECONDS = 30;

    private final Data data;
    private final Vertx vertx;
    private final TemplateEngine templates;
    /** A reader can be slow: its thread is none of those that make pages. */
    private final WorkerExecutor downloads;

    private final AtomicInteger streams = new AtomicInteger();

    LogPages(Data data, Vertx vertx, TemplateEngine templates) {
        this.data = data;
        this.vertx = vertx;
        this.templates = templates;
        this.downloads = vertx.createSharedWorkerExecutor("console-logs", DOWNLOADS);
    }

    /** Lines of a log, and after which to continue; null at its end. */
    record Lines(String run, List<LogLine> lines, Long next) {}

    /** Returns a part of a log. */
    Lines lines(RoutingContext request) {
        String run = data.run(request.pathParam("id")).run();
        List<LogLine> lines = data.ledger().logs().list(run, after(request), BLOCK);
        return new Lines(run, lines, lines.size() < BLOCK ? null : last(lines));
    }

    private static long after(RoutingContext request) {
        String after = Site.query(request, "after");
        return after.matches("\\d{1,18}") ? Long.parseLong(after) : 0;
    }

    private static long last(List<LogLine> lines) {
        return lines.get(lines.size() - 1).seq();
    }

    /**
     * Writes the page of a whole log, as fast as the reader takes it.
     *
     * @param page makes its HTML, with {@link #PLACE}
     */
    void html(RoutingContext request, Function<RunView, String> page) {
        download(
                request,
                "text/html",
                run -> page.apply(run).split(PLACE, 2),
                lines -> "<div class=\"block\">" + html(lines) + "</div>");
    }

    /** Writes all lines of a log as text. */
    void text(RoutingContext request) {
        download(request, "text/plain", run -> new String[] {"", ""}, LogPages::text);
    }

    private static String text(List<LogLine> lines) {
        StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append(Words.line(line.time()))
                .append(' ')
                .append(line.level())
                .append(' ')
                .append(line.message())
                .append('\n'));
        return text.toString();
    }

    /**
     * Writes all lines of a log.
     *
     * @param around returns what is before and after the lines
     */
    private void download(
            RoutingContext request,
            String type,
            Function<RunView, String[]> around,
            Function<List<LogLine>, String> format) {
        downloads
                .executeBlocking(
                        () -> {
                            RunView run = data.run(request.pathParam("id"));
                            String[] parts = around.apply(run);
                            HttpServerResponse response = request.response()
                                    .setChunked(true)
                                    .putHeader(HttpHeaders.CONTENT_TYPE, type + "; charset=utf-8");
                            write(response, parts[0]);
                            List<LogLine> lines = data.ledger().logs().list(run.run(), 0, BLOCK);
                            while (!lines.isEmpty() && !response.closed()) {
                                write(response, format.apply(lines));
                                lines = data.ledger().logs().list(run.run(), last(lines), BLOCK);
                            }
                            return response.end(parts[1]);
                        },
                        false)
                .onFailure(request::fail);
    }

    /** Writes from a worker thread, and waits while the connection is full. */
    private static void write(HttpServerResponse response, String text) throws InterruptedException {
        Semaphore written = new Semaphore(0);
        response.write(text).onComplete(result -> written.release());
        if (!written.tryAcquire(WRITE_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            response.reset();
        }
    }

    private String html(List<LogLine> lines) {
        StringOutput html = new StringOutput();
        templates.render("lines.jte", Map.of("lines", lines), html);
        return html.toString();
    }

    /** Sends the new lines of a run as events, and an event {@code end} when it has ended. */
    void stream(RoutingContext request) {
        String run = request.pathParam("id");
        // what a browser has when it comes back
        String known = request.request().getHeader("Last-Event-ID");
        long after = known != null && known.matches("\\d{1,18}") ? Long.parseLong(known) : after(request);
        if (streams.incrementAndGet() > MOST_STREAMS) {
            streams.decrementAndGet();
            throw new Refusal(503, "Too many logs are being followed: close some pages");
        }
        HttpServerResponse response = request.response();
        AtomicLong last = new AtomicLong(after);
        AtomicBoolean busy = new AtomicBoolean();
        AtomicInteger quiet = new AtomicInteger();
        long timer = vertx.setPeriodic(1, POLL_MILLIS, id -> {
            if (response.writeQueueFull() || !busy.compareAndSet(false, true)) {
                return;
            }
            vertx.executeBlocking(() -> news(run, last.get()), false).onComplete(result -> {
                busy.set(false);
                if (response.ended() || response.closed()) {
                    return;
                }
                if (result.failed()) {
                    // a ledger that is away comes back; a run that was deleted does not
                    response.end(result.cause() instanceof UsageException ? event("end", run) : "");
                    return;
                }
                News news = result.result();
                if (!news.lines().isEmpty()) {
                    last.set(last(news.lines()));
                    response.write("id: " + last.get() + "\n" + event("lines", html(news.lines())));
                    quiet.set(0);
                } else if (news.ended()) {
                    response.write(event("end", run));
                    response.end();
                } else if (quiet.incrementAndGet() % QUIET_POLLS == 0) {
                    response.write(": nothing new\n\n");
                }
            });
        });
        AtomicBoolean over = new AtomicBoolean();
        response.endHandler(end -> stop(timer, over)).closeHandler(close -> stop(timer, over));
        response.setChunked(true)
                .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream")
                .putHeader("X-Accel-Buffering", "no") // a proxy would collect the events
                .write("retry: 3000\n\n");
    }

    private void stop(long timer, AtomicBoolean over) {
        if (over.compareAndSet(false, true)) {
            vertx.cancelTimer(timer);
            streams.decrementAndGet();
        }
    }

    private record News(List<LogLine> lines, boolean ended) {}

    /** The last lines follow the end of a run. */
    private News news(String run, long after) {
        boolean ended = !data.ledger().history().get(run).state().live();
        return new News(data.ledger().logs().list(run, after, BLOCK), ended);
    }

    private static String event(String name, String content) {
        StringBuilder event = new StringBuilder("event: " + name + "\n");
        for (String line : content.split("\\R", -1)) {
            event.append("data: ").append(line).append('\n');
        }
        return event.append('\n').toString();
    }
}
