package dev.caravan.pipeline.ledger;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.slf4j.event.Level;

/** A ledger of many runs, and how long it takes to answer in this process what commands and pages ask. */
public final class LedgerBench {

    /** A run every seven seconds: a million in 81 days. */
    private static final long INTERVAL = 7_000;

    private static final int LINES = 5;
    private static final int BATCH = 1_000;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** Milliseconds; those of the processor tell more if the machine does other things as well. */
    public record Time(double wall, double cpu) {}

    private LedgerBench() {}

    /** The name of a pipeline. */
    public static String pipeline(long number) {
        return "bench-%04d".formatted(number);
    }

    /** Fills a ledger that has its tables: runs with an attempt, a step and, for a month, five log lines each. */
    public static void fill(String url, String user, long runs, int pipelines) throws SQLException {
        long now = System.currentTimeMillis();
        try (Connection connection = DriverManager.getConnection(url, user, "");
                Statement statement = connection.createStatement()) {
            if (url.startsWith("jdbc:sqlite:")) {
                statement.execute("PRAGMA synchronous = OFF");
            }
            connection.setAutoCommit(false);
            try (PreparedStatement run = connection.prepareStatement(
                            "INSERT INTO runs (id, pipeline, slot, trigger, parameters, state, attempts, rows, bytes, error, node,"
                                    + " created, started, finished) VALUES (?, ?, ?, 'schedule', '{}', ?, 1, ?, 1000, ?, 'host:1/abcd', ?, ?, ?)");
                    PreparedStatement attempt = connection.prepareStatement(
                            "INSERT INTO attempts (run, attempt, state, rows, bytes, error, started, finished)"
                                    + " VALUES (?, 1, ?, ?, 1000, ?, ?, ?)");
                    PreparedStatement step = connection.prepareStatement(
                            "INSERT INTO steps (run, attempt, id, state, rows, bytes, error, started, finished)"
                                    + " VALUES (?, 1, 'load', ?, ?, 1000, ?, ?, ?)");
                    PreparedStatement line = connection.prepareStatement(
                            "INSERT INTO log_lines (run, seq, time, level, logger, message) VALUES (?, ?, ?, ?, 'Run', ?)")) {
                for (long i = 0; i < runs; i++) {
                    long created = now - (runs - i) * INTERVAL;
                    String id = Ids.next(created);
                    String state = i % 1000 == 999 ? "failed" : i % 5000 == 4998 ? "crashed" : "completed";
                    String error = state.equals("completed") ? null : "the source did not answer";
                    long rows = 100 + i % 37;
                    long started = created + 50;
                    long finished = started + 800 + i % 91;
                    set(run, id, pipeline(i % pipelines), created, state, rows, error, created, started, finished);
                    set(attempt, id, state, rows, error, started, finished);
                    set(step, id, state, rows, error, started, finished);
                    for (int seq = 1; created > now - Duration.ofDays(30).toMillis() && seq <= LINES; seq++) {
                        set(line, id, seq, started + seq, seq == LINES && error != null ? "ERROR" : "INFO",
                                seq == LINES && error != null ? error : "line " + seq + " of what the run " + id + " has done");
                    }
                    if (i % BATCH == BATCH - 1) {
                        for (PreparedStatement each : List.of(run, attempt, step, line)) {
                            each.executeBatch();
                        }
                        connection.commit();
                    }
                }
            }
        }
    }

    private static void set(PreparedStatement statement, Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
        statement.addBatch();
    }

    /** Returns the median of some rounds of each question in milliseconds, after one that does not count. */
    public static Map<String, Time> questions(String url, String user, int pipelines) {
        List<String> names = IntStream.range(0, pipelines).mapToObj(LedgerBench::pipeline).toList();
        Instant day = Instant.now().minus(Duration.ofDays(1));
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        Map<String, Time> times = new LinkedHashMap<>();
        try (Ledger ledger = Ledger.open(url, user, "")) {
            RunHistory history = ledger.history();
            RunStatistics statistics = ledger.statistics();
            Map<String, Runnable> questions = new LinkedHashMap<>();
            questions.put("ls: newest run of each pipeline in each state", () -> history.latest(names));
            questions.put("runs ls", () -> history.list(null, Set.of(), null, null, 20));
            questions.put("runs ls --pipeline", () -> history.list(pipeline(7), Set.of(), null, null, 20));
            questions.put("runs ls --state failed,crashed",
                    () -> history.list(null, Set.of(RunState.FAILED, RunState.CRASHED), null, null, 20));
            questions.put("runs ls --state skipped (none)", () -> history.list(null, Set.of(RunState.SKIPPED), null, null, 20));
            questions.put("runs ls --since 24h", () -> history.list(null, Set.of(), day, null, 20));
            questions.put("runs ls, all filters",
                    () -> history.list(pipeline(998 % pipelines), Set.of(RunState.FAILED, RunState.CRASHED), day, null, 20));
            questions.put("last 30 runs of each pipeline", () -> history.newest(names, null, 30));
            questions.put("last completed run of each pipeline", () -> history.newest(names, RunState.COMPLETED, 1));
            questions.put("usual duration and rows of each pipeline", () -> statistics.usual(names));
            questions.put("runs a day by state, 30 days",
                    () -> statistics.countByDay(null, today.minusDays(29), today, ZoneOffset.UTC));
            questions.put("the same of one pipeline",
                    () -> statistics.countByDay(pipeline(7), today.minusDays(29), today, ZoneOffset.UTC));
            String newest = history.list(null, Set.of(), null, null, 1).get(0).id();
            questions.put("a run with its attempts and log", () -> {
                history.get(newest);
                history.attempts(newest);
                ledger.logs().list(newest, 0, 1000);
            });
            questions.put("errors in all logs", () -> search(ledger, "answer", Level.ERROR, null));
            questions.put("a word in all logs, found often", () -> search(ledger, "line 3", null, null));
            questions.put("a word in 200,000 lines, not found", () -> search(ledger, "nowhere", null, null));
            questions.put("a word in the logs of a pipeline, not found", () -> search(ledger, "nowhere", null, pipeline(7)));
            questions.forEach((name, question) -> {
                List<Double> walls = new ArrayList<>();
                List<Double> cpus = new ArrayList<>();
                for (int i = 0; i <= Integer.getInteger("rounds", 5); i++) {
                    long begin = System.nanoTime();
                    long cpu = THREADS.getCurrentThreadCpuTime();
                    question.run();
                    walls.add((System.nanoTime() - begin) / 1e6);
                    cpus.add((THREADS.getCurrentThreadCpuTime() - cpu) / 1e6);
                }
                times.put(name, new Time(median(walls), median(cpus)));
            });
        }
        return times;
    }

    private static double median(List<Double> rounds) {
        return rounds.stream().skip(1).sorted().skip((rounds.size() - 1) / 2).findFirst().orElseThrow();
    }

    private static void search(Ledger ledger, String text, Level level, String pipeline) {
        ledger.logSearch().find(new LogSearch.Filter(text, level, pipeline, null, null), null, 100);
    }

    /** For a ledger of one's own: URL, user, runs, pipelines; runs 0: filled already. */
    public static void main(String[] args) throws SQLException {
        long runs = Long.parseLong(args[2]);
        int pipelines = Integer.parseInt(args[3]);
        Ledger.open(args[0], args[1], "").close();
        if (runs > 0) {
            fill(args[0], args[1], runs, pipelines);
        }
        questions(args[0], args[1], pipelines)
                .forEach((question, time) -> System.out.println(
                        String.format(Locale.ROOT, "| %s | %.1f ms | CPU %.1f ms |", question, time.wall(), time.cpu())));
    }
}
