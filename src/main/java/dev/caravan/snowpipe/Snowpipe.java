package dev.caravan.snowpipe;

import dev.caravan.run.Load;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.Warehouse;
import dev.caravan.warehouse.WarehouseComponent;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits until Snowpipe has loaded files: polls the table's copy history, and checks that the pipe runs while files are
 * missing. A bean for routes; its setters are its settings. The role needs MONITOR on the pipe.
 */
public final class Snowpipe implements CamelContextAware {

    private static final Logger LOG = LoggerFactory.getLogger(Snowpipe.class);
    private static final String NAME = "([A-Za-z_][\\w$]*|\"(?:[^\"]|\"\")+\")";
    private static final Pattern TABLE = Pattern.compile(NAME + "\\." + NAME + "\\." + NAME);
    /** How often to check for cancellation. */
    private static final Duration CANCEL_CHECK_INTERVAL = Duration.ofSeconds(1);

    private CamelContext camelContext;
    private String table;
    private String pipe;
    private Duration timeout = Duration.ofMinutes(10);
    private Duration interval = Duration.ofSeconds(15);

    /**
     * Waits until the files in the variable {@code files}, a list of object names, are loaded. Reports the rows of the files
     * in the variable {@code filesWritten} to the run, or of all files if it is not set.
     *
     * @throws PermanentException if Snowpipe has rejected a file, the pipe is not running, or the timeout has expired
     */
    public void await(Exchange exchange) throws InterruptedException {
        List<?> files = exchange.getVariable("files", List.class);
        if (files == null || files.isEmpty() || timeout.isZero()) {
            return;
        }
        Set<String> missing = new TreeSet<>();
        files.forEach(file -> missing.add(file.toString()));
        Warehouse warehouse =
                camelContext.getComponent("warehouse", WarehouseComponent.class).warehouse();
        Run run = Run.of(exchange).orElse(null);
        CopyHistory history = new CopyHistory(warehouse, run, part(1), table());
        long deadline = System.nanoTime() + timeout.toNanos();
        long rows = 0;
        while (true) {
            rows += settle(history.of(missing), missing, exchange);
            if (missing.isEmpty()) {
                report(exchange, run, rows);
                LOG.info(
                        "Snowpipe has loaded {}",
                        named(files.stream().map(Object::toString).toList()));
                return;
            }
            PipeStatus status = PipeStatus.of(warehouse, run, pipe());
            if (!status.running()) {
                throw new PermanentException(named(missing) + " cannot be loaded: " + status.fix(pipe())
                        + " No data is lost: caravan runs retry waits again.");
            }
            if (System.nanoTime() >= deadline) {
                throw new PermanentException(named(missing) + " was not loaded into " + table + " within "
                        + timeout.toSeconds() + " s; the pipe " + status
                        + ". No data is lost: caravan runs retry waits again, caravan doctor finds the cause.");
            }
            LOG.debug("Waiting for {}; the pipe {}", missing, status);
            pause(exchange, deadline);
        }
    }

    /** Reports the files to the run as one load. Snowpipe has committed them at different times, the last one just now. */
    private void report(Exchange exchange, Run run, long rows) {
        if (run != null) {
            run.loaded(new Load(
                    run.step(exchange).map(step -> run.id() + "/" + step).orElse(run.id()),
                    table.replace("\"", ""),
                    "snowpipe",
                    rows,
                    rows,
                    0,
                    0,
                    0,
                    null,
                    null,
                    List.of(),
                    Map.of(),
                    null,
                    Instant.now()));
        }
    }

    /** Removes the loaded files from the missing ones, returns their rows, and fails if a file was rejected. */
    private long settle(Map<String, LoadedFile> entries, Set<String> missing, Exchange exchange) {
        List<?> written = exchange.getVariable("filesWritten", List.class);
        long rows = 0;
        for (Map.Entry<String, LoadedFile> entry : entries.entrySet()) {
            if (entry.getValue().loaded()) {
                missing.remove(entry.getKey());
                // the rows of another run's file count as its progress
                rows += written == null || written.contains(entry.getKey())
                        ? entry.getValue().rows()
                        : 0;
            }
        }
        long arrived = rows;
        Run.of(exchange).ifPresent(run -> run.addProgress(exchange, arrived, 0));
        List<String> rejected = missing.stream().filter(entries::containsKey).toList();
        if (!rejected.isEmpty()) {
            throw new PermanentException("Snowpipe rejected " + named(rejected) + " ("
                    + entries.get(rejected.get(0)).reason()
                    + "). It loads each name only once: load a fixed file by hand with"
                    + " COPY INTO " + table + ", or put it under another name, as a backfill with force=true does.");
        }
        return rows;
    }

    private static String named(Collection<String> files) {
        String first = files.iterator().next();
        return files.size() == 1 ? first : first + " and " + (files.size() - 1) + " other files";
    }

    private void pause(Exchange exchange, long deadline) throws InterruptedException {
        long next = Math.min(System.nanoTime() + interval.toNanos(), deadline);
        for (long left = next - System.nanoTime(); left > 0; left = next - System.nanoTime()) {
            Run.of(exchange).ifPresent(Run::ensureActive);
            Thread.sleep(Math.max(1, Math.min(CANCEL_CHECK_INTERVAL.toMillis(), left / 1_000_000)));
        }
    }

    private String table() {
        return part(0);
    }

    /** Returns a part of the table's name, as in SQL; 0 is the whole name. */
    private String part(int number) {
        Matcher matcher = TABLE.matcher(String.valueOf(table));
        if (!matcher.matches()) {
            throw new UsageException(
                    "camel.beans.snowpipe.table must be DATABASE.SCHEMA.TABLE, with each name as in SQL, not '" + table
                            + "'");
        }
        return matcher.group(number);
    }

    private String pipe() {
        if (pipe == null || !pipe.matches(NAME)) {
            throw new UsageException(
                    "camel.beans.snowpipe.pipe must be the name of a pipe in the table's schema, not '" + pipe + "'");
        }
        return part(1) + "." + part(2) + "." + pipe;
    }

    /** The table that the pipe loads into, as DATABASE.SCHEMA.TABLE. */
    public void setTable(String table) {
        this.table = table;
    }

    /** The name of the pipe, which is in the schema of the table. */
    public void setPipe(String pipe) {
        this.pipe = pipe;
    }

    /** How long to wait, such as {@code 10m} (the default); 0 does not wait at all. */
    public void setTimeout(Duration timeout) {
        this.timeout = timeout;
    }

    /** How long to wait between polls, such as {@code 15s} (the default). */
    public void setInterval(Duration interval) {
        this.interval = interval;
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.camelContext = camelContext;
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }
}
