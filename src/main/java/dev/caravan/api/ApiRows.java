package dev.caravan.api;

import dev.caravan.data.Column;
import dev.caravan.data.Rows;
import dev.caravan.run.CurrentRun;
import dev.caravan.run.LogBridge;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Quota;
import dev.caravan.run.Run;
import dev.caravan.run.Waiting;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.slf4j.event.Level;

/**
 * The rows of lists, in order. Of the list that is read, one page is requested ahead; of the lists that follow, the first
 * one. So memory holds two pages, and one for each further list that is open.
 */
public final class ApiRows implements Rows {

    private static final Logger LOG = LoggerFactory.getLogger(ApiRows.class);

    private final ApiClient client;
    private final String name;
    private final List<Column> columns;
    private final Run run;
    private final Iterator<Source> sources;
    private final int parallel;
    private final ExecutorService requests;
    private final ArrayDeque<Ahead> open = new ArrayDeque<>();

    private Iterator<Map<String, Object>> page = Collections.emptyIterator();
    private Map<String, Object> extra = Map.of();
    private int pages;
    private long rows;
    private boolean ended;

    /**
     * A list.
     *
     * @param pages of the list
     * @param extra columns that each of its rows gets
     */
    public record Source(Iterator<List<Map<String, Object>>> pages, Map<String, Object> extra) {}

    /** A list whose next page is requested. */
    private record Ahead(Source source, Future<List<Map<String, Object>>> page) {}

    /**
     * Requests the first page, and waits for it.
     *
     * @param parallel the lists to request from at the same time
     */
    ApiRows(ApiClient client, String name, Run run, Iterator<Source> sources, int parallel) {
        this(client, name, List.of(), run, sources, parallel);
    }

    /**
     * Requests the first page, and waits for it.
     *
     * @param name for messages and the log
     * @param columns those that are declared
     * @param sources each begins when those before it have been read
     * @param parallel the lists to request from at the same time
     */
    public ApiRows(
            ApiClient client, String name, List<Column> columns, Run run, Iterator<Source> sources, int parallel) {
        this.columns = columns;
        this.client = client;
        this.name = name;
        this.run = run;
        this.sources = sources;
        this.parallel = parallel;
        // its threads end when they are idle, in case nobody closes this
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                parallel, parallel, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), this::thread);
        executor.allowCoreThreadTimeOut(true);
        this.requests = executor;
        try {
            advance();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** A thread that works for the run, and logs for it. */
    private Thread thread(Runnable requests) {
        Runnable work = run == null
                ? requests
                : () -> {
                    MDC.put(LogBridge.RUN, run.id());
                    MDC.put(LogBridge.PIPELINE, run.pipeline());
                    CurrentRun.with(run, () -> {
                        requests.run();
                        return null;
                    });
                };
        Thread thread = new Thread(work, "api");
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public List<Column> columns() {
        return columns;
    }

    @Override
    public boolean hasNext() {
        advance();
        return page.hasNext();
    }

    private void advance() {
        while (!ended && !page.hasNext()) {
            while (open.size() < parallel && sources.hasNext()) {
                request(sources.next(), false);
            }
            if (open.isEmpty()) {
                end();
            } else {
                take(open.poll());
            }
        }
    }

    private void take(Ahead ahead) {
        List<Map<String, Object>> taken =
                Waiting.await(ahead.page(), RuntimeException.class, "a page of " + name + " was requested");
        pages++;
        rows += taken.size();
        page = taken.iterator();
        extra = ahead.source().extra();
        if (ahead.source().pages().hasNext()) {
            request(ahead.source(), true);
        }
    }

    private void request(Source source, boolean first) {
        Future<List<Map<String, Object>>> next = requests.submit(source.pages()::next);
        if (first) {
            open.addFirst(new Ahead(source, next));
        } else {
            open.addLast(new Ahead(source, next));
        }
    }

    private void end() {
        Quota quota = client.quota();
        // one of many documents is not worth a line
        LOG.atLevel(pages == 1 && rows == 1 && quota == null ? Level.DEBUG : Level.INFO)
                .log(
                        "{}: {} rows on {} {}{}",
                        name,
                        rows,
                        pages,
                        pages == 1 ? "page" : "pages",
                        quota == null ? "" : "; " + quota.remaining() + " requests are left of the API's quota");
        close();
    }

    @Override
    public Map<String, Object> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Map<String, Object> row = page.next();
        if (extra.isEmpty()) {
            return row;
        }
        Map<String, Object> both = new LinkedHashMap<>(extra);
        row.forEach((column, value) -> {
            if (both.putIfAbsent(column, value) != null || extra.containsKey(column)) {
                throw new PermanentException(name + ": the rows have a column " + column
                        + " of their own; choose another name for the parent's");
            }
        });
        return both;
    }

    /** Ends the requests under way. */
    @Override
    public void close() {
        ended = true;
        page = Collections.emptyIterator();
        open.clear();
        requests.shutdownNow();
    }
}
