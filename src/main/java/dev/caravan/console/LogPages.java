package dev.caravan.console;

import dev.caravan.pipeline.ledger.LogLine;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import io.vertx.core.Vertx;
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
    private static final long WRITE_TIMEOUT_SECONDS = 30;

    private final Data data;
    private final Vertx vertx;
    private final TemplateEngine templates;
    private final AtomicInteger streams = new AtomicInteger();

    LogPages(Data data, Vertx vertx, TemplateEngine templates) {
        this.data = data;
        this.vertx = vertx;
        this.templates = templates;
    }

    /**
     * Writes the page of a whole log, as fast as the reader takes it.
     *
     * @param page its HTML, with {@link #PLACE}
     */
    void write(RoutingContext request, String page) {
        HttpServerResponse response =
                request.response().setChunked(true).putHeader(HttpHeaders.CONTENT_TYPE, "text/html; charset=utf-8");
        int place = page.indexOf(PLACE);
        try {
            write(response, page.substring(0, place));
            writeBlocks(request.pathParam("id"), response);
            response.end(page.substring(place + PLACE.length()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void writeBlocks(String run, HttpServerResponse response) throws InterruptedException {
        long after = 0;
        while (!response.closed()) {
            List<LogLine> lines = data.ledger().logs().list(run, after, BLOCK);
            if (lines.isEmpty()) {
                return;
            }
            after = lines.get(lines.size() - 1).seq();
            write(response, "<div class=\"block\">" + html(lines) + "</div>");
        }
    }

    /** Writes all lines of a log as text. */
    void text(RoutingContext request) {
        String run = request.pathParam("id");
        data.run(run);
        HttpServerResponse response =
                request.response().setChunked(true).putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8");
        try {
            long after = 0;
            while (!response.closed()) {
                List<LogLine> lines = data.ledger().logs().list(run, after, BLOCK);
                if (lines.isEmpty()) {
                    break;
                }
                after = lines.get(lines.size() - 1).seq();
                StringBuilder text = new StringBuilder();
                lines.forEach(line -> text.append(Words.line(line.time()))
                        .append(' ')
                        .append(line.level())
                        .append(' ')
                        .append(line.message())
                        .append('\n'));
                write(response, text.toString());
            }
            response.end();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
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
        String after = Site.query(request, "after");
        if (streams.incrementAndGet() > MOST_STREAMS) {
            streams.decrementAndGet();
            throw new Refusal(503, "Too many logs are being followed: close some pages");
        }
        HttpServerResponse response = request.response();
        AtomicLong last = new AtomicLong(after.matches("\\d{1,18}") ? Long.parseLong(after) : 0);
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
                    response.end();
                    return;
                }
                News news = result.result();
                if (!news.lines().isEmpty()) {
                    last.set(news.lines().get(news.lines().size() - 1).seq());
                    response.write(event("lines", html(news.lines())));
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
