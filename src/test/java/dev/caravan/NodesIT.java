package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.Installation.Background;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three services share a ledger in PostgreSQL and a warehouse beside it. They are killed, and stopped for longer than a lease; the
 * database goes away and comes back. Every slot runs to its end once, and leaves one row.
 */
@EnabledOnOs({OS.LINUX, OS.MAC})
class NodesIT {

    private static final int PIPELINES = 24;
    /** Seconds from one slot of a pipeline to the next. */
    private static final int PERIOD = 4;
    /** {@code -Dcaravan.chaos=600} for more. */
    private static final Duration CHAOS = Duration.ofSeconds(Integer.getInteger("caravan.chaos", 100));

    private static final Duration LEASE = Duration.ofSeconds(3);
    private static final Duration LONG = Duration.ofMinutes(3);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private final long seed = Long.getLong("caravan.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final List<Node> nodes = new ArrayList<>();
    private EmbeddedPostgres server;

    /** A service, which its supervisor starts again when it has ended. */
    private static final class Node {

        private final Installation caravan;
        private Background serve;
        private int starts;
        private Instant thaw;

        Node(Installation caravan) throws IOException {
            this.caravan = caravan;
            start();
        }

        private void start() throws IOException {
            serve = caravan.start("serve" + starts++, "serve");
            thaw = null;
        }

        void kill() throws IOException {
            serve.close();
            start();
        }

        void freeze(Duration time) throws Exception {
            signal("STOP");
            thaw = Instant.now().plus(time);
        }

        private void signal(String name) throws Exception {
            new ProcessBuilder("kill", "-" + name, Long.toString(serve.process().pid()))
                    .start()
                    .waitFor();
        }

        /** Continues it when it is time to, and starts it again if it has ended. */
        void supervise(Instant now) throws Exception {
            if (thaw != null && !now.isBefore(thaw)) {
                signal("CONT");
                thaw = null;
            }
            if (!serve.process().isAlive()) {
                start();
            }
        }

        void terminate() throws InterruptedException {
            serve.process().destroy();
            serve.process().waitFor();
        }

        boolean serves() {
            return serve.said("Serving " + PIPELINES + " scheduled pipelines");
        }
    }

    @BeforeEach
    void start() throws Exception {
        directory.toFile().setExecutable(true, false);
        startServer(0);
        try (var admin = server.getPostgresDatabase().getConnection()) {
            Source.execute(admin, "CREATE DATABASE dlt");
        }
        for (int i = 0; i < 3; i++) {
            nodes.add(new Node(install(directory.resolve("node" + i))));
        }
        await().atMost(LONG).until(() -> nodes.stream().allMatch(Node::serves));
    }

    private void startServer(int port) throws IOException {
        server = EmbeddedPostgres.builder()
                .setDataDirectory(directory.resolve("server"))
                .setCleanDataDirectory(false)
                .setServerConfig("max_connections", "200")
                .setPGStartupWait(Duration.ofMinutes(1))
                .setPort(port)
                .start();
    }

    private String url(String database) {
        return "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/" + database;
    }

    private Installation install(Path home) throws IOException {
        Installation caravan = Installation.in(home)
                .set(Map.ofEntries(
                        Map.entry("ledger.url", url("postgres")),
                        Map.entry("ledger.username", "postgres"),
                        Map.entry("camel.component.pipeline.lease", LEASE.toSeconds() + "s"),
                        Map.entry("console.enabled", "false"),
                        Map.entry("camel.component.warehouse.engine", "postgresql"),
                        Map.entry("camel.component.warehouse.dataSource", "#bean:warehousePool"),
                        Map.entry("camel.beans.warehousePool", "#class:com.zaxxer.hikari.HikariDataSource"),
                        Map.entry("camel.beans.warehousePool.jdbcUrl", url("dlt")),
                        Map.entry("camel.beans.warehousePool.username", "postgres"),
                        Map.entry("camel.beans.warehousePool.maximumPoolSize", "8"),
                        Map.entry("camel.beans.warehousePool.minimumIdle", "0")));
        try (Stream<Path> shipped = Files.walk(home.resolve("routes"))) {
            for (Path file : shipped.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
        return caravan.route(
                        "slots",
                        IntStream.range(0, PIPELINES).mapToObj(NodesIT::route).collect(Collectors.joining()))
                .withJava("-Xmx160m");
    }

    /**
     * A slot that is late runs beside the next ones: all of them have to run. Each takes a second, and a quarter of them is due
     * in each second, so that whoever is hit is at work.
     */
    private static String route(int number) {
        return """
                - route:
                    id: p%1$s
                    from:
                      uri: pipeline:p%1$s
                      parameters:
                        cron: "%3$s/%2$s * * * * ?"
                        catchUp: all
                        onOverlap: queue
                        maxConcurrentRuns: 100
                        retries: 1000
                        retryDelay: 1s
                        retryFactor: 1
                      steps:
                        - delay: { expression: { constant: { expression: 1000 } } }
                        - step:
                            id: load
                            steps:
                              - setBody:
                                  simple: '{"slot": "${variable.slot}"}'
                              - to: warehouse:DLT.NODES.P%1$s?mode=append
                """
                .formatted(number, PERIOD, number % PERIOD);
    }

    @AfterEach
    void stop() throws IOException {
        nodes.forEach(node -> node.serve.close());
        server.close();
    }

    @Test
    void everySlotRunsOnceWhateverHappensToTheNodesAndTheLedger() throws Exception {
        Instant begin = Instant.now().plusSeconds(1);
        Instant end = begin.plus(CHAOS);
        Map<String, Integer> actions = new TreeMap<>();
        while (Instant.now().isBefore(end)) {
            Thread.sleep(1_000 + random.nextInt(3_000));
            Node node = nodes.get(random.nextInt(nodes.size()));
            String action;
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    action = "kills";
                    node.kill();
                }
                case 2, 3 -> {
                    action = "freezes";
                    node.freeze(LEASE.plusMillis(1_000 + random.nextInt(3_000)));
                }
                default -> {
                    action = "outages";
                    server.close();
                    Thread.sleep(random.nextInt(4_000));
                    startServer(server.getPort());
                }
            }
            actions.merge(action, 1, Integer::sum);
            supervise(Instant.now());
        }
        Set<String> expected = slots(begin, end);
        System.out.println(expected.size() + " slots with -Dcaravan.seed=" + seed + ", " + actions);
        assertThat(expected).hasSizeGreaterThan(500);
        awaitCompleted(expected);
        // the last one takes over what the others leave when they are hit after the end
        while (nodes.size() > 1) {
            nodes.get(1).terminate();
            nodes.remove(1);
        }
        awaitCompleted(slots(begin, Instant.now()));
        nodes.get(0).terminate();
        assertThat(
                        query(
                                "postgres",
                                "SELECT state, COUNT(*) FROM runs WHERE state IN ('scheduled', 'running', 'retrying') GROUP BY state"))
                .isEmpty();
        for (String table : List.of("attempts", "steps")) {
            assertThat(query("postgres", "SELECT * FROM " + table + " WHERE state = 'running'"))
                    .isEmpty();
        }
        Set<String> completed = runs().entrySet().stream()
                .filter(run -> run.getValue().equals("completed"))
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
        List<String> rows = rows();
        assertThat(rows).doesNotHaveDuplicates();
        assertThat(rows).containsAll(completed);
        assertThat(query("postgres", "SELECT COUNT(*) FROM attempts WHERE state = 'crashed'")
                        .get(0)
                        .get(0))
                .as("the nodes were hit while they worked")
                .isNotEqualTo(0L);
    }

    private void awaitCompleted(Set<String> slots) {
        await().atMost(LONG).pollInterval(Duration.ofSeconds(1)).untilAsserted(() -> {
            supervise(Instant.MAX);
            Map<String, String> runs = runs();
            Set<String> missing = new TreeSet<>(slots);
            missing.removeIf(slot -> "completed".equals(runs.get(slot)));
            assertThat(missing)
                    .as(
                            "slots that have not run, of runs %s",
                            runs.values().stream()
                                    .collect(Collectors.groupingBy(state -> state, Collectors.counting())))
                    .isEmpty();
        });
    }

    private void supervise(Instant now) throws Exception {
        for (Node node : nodes) {
            node.supervise(now);
        }
    }

    /** The slots of all pipelines in a period, each as {@code PIPELINE TIME}. */
    private static Set<String> slots(Instant begin, Instant end) {
        Set<String> slots = new TreeSet<>();
        for (long second = begin.getEpochSecond() / PERIOD * PERIOD + PERIOD;
                second <= end.getEpochSecond();
                second += PERIOD) {
            for (int i = 0; i < PIPELINES; i++) {
                Instant slot = Instant.ofEpochSecond(second + i % PERIOD);
                if (!slot.isAfter(end)) {
                    slots.add("p" + i + " " + slot);
                }
            }
        }
        return slots;
    }

    private List<List<Object>> query(String database, String sql) throws SQLException {
        return Source.query(url(database) + "?user=postgres", sql);
    }

    private Map<String, String> runs() throws SQLException {
        Map<String, String> runs = new TreeMap<>();
        query("postgres", "SELECT pipeline, slot, state FROM runs")
                .forEach(run ->
                        runs.put(run.get(0) + " " + Instant.ofEpochMilli((Long) run.get(1)), (String) run.get(2)));
        return runs;
    }

    /** The slots whose rows were loaded. */
    private List<String> rows() throws SQLException {
        String all = IntStream.range(0, PIPELINES)
                .mapToObj(i -> "SELECT 'p" + i + " ' || slot FROM nodes.p" + i)
                .collect(Collectors.joining(" UNION ALL "));
        return query("dlt", all).stream()
                .map(row -> (String) row.get(0))
                .sorted()
                .toList();
    }
}
