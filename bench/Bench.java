import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.postgresql.PGConnection;

/**
 * Measures what users see: commands that run through the launcher, in a process of their own, on data of their own under
 * target/bench. Rounds are interleaved, and medians count.
 */
public final class Bench {

    private static final Path HOME = Path.of("target/bench").toAbsolutePath();
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final long ROWS = Long.getLong("rows", 5_000_000);
    private static final int ROUNDS = Integer.getInteger("rounds", 3);

    public static void main(String[] args) throws Exception {
        List<String> parts = args.length == 0 ? List.of("start", "backfill", "refresh", "ledger") : Arrays.asList(args);
        machine();
        home();
        for (String part : parts) {
            switch (part) {
                case "start" -> start();
                case "backfill" -> backfill();
                case "refresh" -> refresh();
                case "ledger" -> ledger();
                default -> throw new IllegalArgumentException("start, backfill, refresh or ledger, not " + part);
            }
            // with more than one process that wants to run on each core the numbers say little
            say("load average of the last minute: %s", Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
        }
    }

    private static void machine() throws IOException {
        Matcher cpu = Pattern.compile("model name\\s*: (.*)").matcher(Files.readString(Path.of("/proc/cpuinfo")));
        say("%s, JDK %s, %d cores (%s)",
                java.time.LocalDate.now(),
                Runtime.version(),
                Runtime.getRuntime().availableProcessors(),
                cpu.find() ? cpu.group(1) : "unknown");
    }

    /** A place with the launcher, the settings and the routes, but no data and nothing to build. */
    private static void home() throws IOException {
        List<Path> parts = new ArrayList<>(List.of(Path.of("caravan"), Path.of("application.properties")));
        try (Stream<Path> routes = Files.walk(Path.of("routes"))) {
            routes.filter(Files::isRegularFile).forEach(parts::add);
        }
        for (Path part : parts) {
            Files.createDirectories(HOME.resolve(part).getParent());
            Files.copy(
                    part,
                    HOME.resolve(part),
                    StandardCopyOption.REPLACE_EXISTING,
                    StandardCopyOption.COPY_ATTRIBUTES);
        }
        if (!Files.exists(HOME.resolve("target"))) {
            Files.createSymbolicLink(HOME.resolve("target"), Path.of("target").toAbsolutePath());
        }
    }

    // --- products-full-refresh, beside COPY of the same rows

    private static void refresh() throws Exception {
        say("%n== products-full-refresh of %,d rows, -Xmx256m, beside COPY TO STDOUT ==", ROWS);
        try (Connection shop = DriverManager.getConnection(
                "jdbc:local:postgresql:" + HOME + "/data/postgres?user=shop&options=-c%20synchronous_commit=off")) {
            fill(shop);
            List<Double> copies = new ArrayList<>();
            List<Double> runs = new ArrayList<>();
            List<Double> ratios = new ArrayList<>();
            List<Double> wallRatios = new ArrayList<>();
            for (int round = 1; round <= ROUNDS; round++) {
                double copy = copy(shop);
                Command run = new Command(Map.of("CARAVAN_JAVA_OPTS", "-Xmx256m"), "run", "products-full-refresh");
                copies.add(copy);
                runs.add(run.duration());
                ratios.add(copy / run.duration());
                wallRatios.add(copy / run.wall);
                say("round %d: COPY %.1f s (%,.0f rows/s); run %.1f s (%,.0f rows/s), ratio %.2f;"
                                + " process %.1f s, ratio %.2f; CPU %.1f s; %s",
                        round,
                        copy,
                        ROWS / copy,
                        run.duration(),
                        ROWS / run.duration(),
                        copy / run.duration(),
                        run.wall,
                        copy / run.wall,
                        run.cpu,
                        run.memory());
                expect(run.result.get("rows").longValue() == ROWS, "rows " + run.result);
            }
            say("median: COPY %,.0f rows/s, run %,.0f rows/s, ratio %.2f (from process start %.2f); aim 0.50",
                    ROWS / median(copies), ROWS / median(runs), median(ratios), median(wallRatios));
        }
    }

    /** The shop's own rows, and as many more as are wanted. */
    private static void fill(Connection shop) throws SQLException {
        try (Statement statement = shop.createStatement()) {
            ResultSet count = statement.executeQuery("SELECT count(*) FROM raw_data.products");
            count.next();
            long there = count.getLong(1);
            if (there > ROWS) {
                statement.execute("DELETE FROM raw_data.products WHERE audit_id > " + ROWS);
            } else if (there < ROWS) {
                say("generating %,d rows", ROWS - there);
                statement.execute(
                        """
                        INSERT INTO raw_data.products (product_id, product_name, price_usd, operation, valid_ts)
                        SELECT 1000 + n / 5,
                               (ARRAY['Oak', 'Walnut', 'Steel', 'Linen', 'Café'])[1 + n %% 5] || ' '
                                   || (ARRAY['Table', 'Chair', 'Lamp', 'Shelf'])[1 + n %% 4] || ' ' || 1000 + n / 5,
                               (499 + n * 7919 %% 50000) / 100.0,
                               (ARRAY['INSERT', 'UPDATE', 'UPDATE', 'UPDATE', 'DELETE'])[1 + n %% 5],
                               timestamp '2026-01-01' + n * interval '1.000003 s'
                        FROM generate_series(1::bigint, %d) AS n
                        """
                                .formatted(ROWS - there));
            }
            statement.execute("VACUUM ANALYZE raw_data.products");
        }
    }

    /** The limit: the same rows as PostgreSQL's driver hands them on at its fastest, as text that nobody reads. */
    private static double copy(Connection shop) throws SQLException, IOException {
        long begin = System.nanoTime();
        long rows = shop.unwrap(PGConnection.class)
                .getCopyAPI()
                .copyOut(
                        "COPY (SELECT audit_id, product_id, product_name, price_usd, operation, valid_ts"
                                + " FROM raw_data.products) TO STDOUT",
                        OutputStream.nullOutputStream());
        expect(rows == ROWS, "rows " + rows);
        return (System.nanoTime() - begin) / 1e9;
    }

    // --- the start

    private static void start() throws Exception {
        int rounds = Math.max(ROUNDS, 9);
        say("%n== run currencies-weekly, from process start to exit, %d times ==", rounds);
        new Command(Map.of(), "run", "currencies-weekly");
        List<Double> walls = new ArrayList<>();
        List<Double> cpus = new ArrayList<>();
        for (int round = 1; round <= rounds; round++) {
            Command run = new Command(Map.of(), "run", "currencies-weekly");
            walls.add(run.wall);
            cpus.add(run.cpu);
        }
        say("median %.2f s (from %.2f to %.2f), CPU %.2f s; aim 2 s",
                median(walls),
                walls.stream().min(Comparator.naturalOrder()).get(),
                walls.stream().max(Comparator.naturalOrder()).get(),
                median(cpus));
    }

    // --- the ledger

    /** What the commands cost that ask a ledger of many runs, beside the same on an empty one. */
    private static void ledger() throws Exception {
        long runs = Long.getLong("runs", 1_000_000);
        say("%n== commands on a ledger of %,d runs of 16 pipelines ==", runs);
        StringBuilder routes = new StringBuilder();
        for (int i = 0; i < 16; i++) {
            routes.append(
                    """
                    - route:
                        id: bench-%1$02d
                        from:
                          uri: pipeline:bench-%1$02d
                          parameters:
                            cron: "0 * * * *"
                          steps:
                            - to: warehouse:DLT.BENCH.T%1$02d?mode=append
                    """
                            .formatted(i));
        }
        Path file = HOME.resolve("routes/bench.yaml");
        Files.writeString(file, routes);
        try {
            for (String size : List.of("empty", "full")) {
                Path ledger = HOME.resolve("data/bench/" + size + ".db");
                Map<String, String> environment = Map.of("LEDGER_URL", "jdbc:sqlite:" + ledger);
                Files.deleteIfExists(ledger);
                new Command(environment, "ls");
                if (size.equals("full")) {
                    fill(ledger, runs);
                }
                for (String command : List.of("ls", "runs ls", "runs ls --state failed,crashed", "verify")) {
                    List<Double> walls = new ArrayList<>();
                    for (int round = 1; round <= ROUNDS; round++) {
                        walls.add(new Command(environment, command.split(" ")).wall);
                    }
                    say("%s: %s, median %.2f s", size, command, median(walls));
                }
            }
        } finally {
            Files.delete(file);
        }
    }

    private static void fill(Path ledger, long runs) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + ledger);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA synchronous = OFF");
            statement.execute(
                    """
                    INSERT INTO runs (id, pipeline, slot, trigger, parameters, state, attempts, created, started, finished)
                    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %1$d - 1)
                    SELECT printf('%%011d', i), printf('bench-%%02d', i %% 16), i * 1000, 'schedule', '{}',
                        CASE WHEN i %% 1000 = 999 THEN 'failed' WHEN i %% 5000 = 4998 THEN 'crashed' ELSE 'completed' END,
                        1, now - (%1$d - i) * 7000, now - (%1$d - i) * 7000, now - (%1$d - i) * 7000 + 900
                    FROM n, (SELECT unixepoch() * 1000 AS now)
                    """
                            .formatted(runs));
            statement.execute("INSERT INTO attempts (run, attempt, state, rows, bytes, started, finished)"
                    + " SELECT id, 1, state, 100, 1000, started, finished FROM runs");
            statement.execute("INSERT INTO steps (run, attempt, id, state, rows, bytes, started, finished)"
                    + " SELECT id, 1, 'load', state, 100, 1000, started, finished FROM runs");
        }
    }

    // --- the backfill

    private static void backfill() throws Exception {
        say("%n== exchange-rates-backfill of 60 days, 100 ms a request ==");
        // first one that does not count
        backfill(Map.of());
        Map<String, Map<String, String>> settings = new TreeMap<>();
        settings.put("as shipped", Map.of());
        settings.put("parallel-requests=2", Map.of("EXCHANGE_RATES_PARALLEL_REQUESTS", "2"));
        settings.put("requests-per-second=10", Map.of("EXCHANGE_RATES_REQUESTS_PER_SECOND", "10"));
        Map<String, List<Command>> commands = new TreeMap<>();
        for (int round = 1; round <= ROUNDS; round++) {
            for (String setting : settings.keySet()) {
                commands.computeIfAbsent(setting, key -> new ArrayList<>()).add(backfill(settings.get(setting)));
            }
        }
        commands.forEach((setting, runs) -> say(
                "%-24s run %.1f s (its requests %.1f s), process %.1f s",
                setting,
                median(runs.stream().map(Command::duration).toList()),
                median(runs.stream().map(run -> run.step("extract")).toList()),
                median(runs.stream().map(run -> run.wall).toList())));
        say("aim: 60 requests in under 3 s");
    }

    /** Each time into an empty bucket and an empty table. */
    private static Command backfill(Map<String, String> settings) throws Exception {
        delete(HOME.resolve("data/s3"));
        delete(HOME.resolve("data/warehouse/SNOWPIPE.duckdb"));
        Map<String, String> environment = new TreeMap<>(settings);
        environment.put("CARAVAN_JAVA_OPTS", "-Dcaravan.local.exchange-rates=slow:100ms");
        Command run = new Command(
                environment,
                "run",
                "exchange-rates-backfill",
                "-p",
                "start_date=2026-08-01",
                "-p",
                "end_date=2026-09-29");
        return run;
    }

    private static void delete(Path path) throws IOException {
        if (Files.exists(path)) {
            try (Stream<Path> files = Files.walk(path)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    // --- one command, watched

    private static final class Command {

        private final double wall;
        private final JsonNode result;
        private double cpu;
        private long peak;
        private long peakAnonymous;

        Command(Map<String, String> environment, String... arguments) throws Exception {
            List<String> line = new ArrayList<>(List.of("./caravan"));
            line.addAll(List.of(arguments));
            line.addAll(List.of("--output", "json"));
            Path gc = HOME.resolve("gc.log");
            ProcessBuilder builder = new ProcessBuilder(line)
                    .directory(HOME.toFile())
                    .redirectError(HOME.resolve("err.log").toFile())
                    .redirectOutput(HOME.resolve("out.json").toFile());
            builder.environment().putAll(environment);
            builder.environment().merge("CARAVAN_JAVA_OPTS", "-Xlog:gc:file=" + gc, (a, b) -> a + " " + b);
            long begin = System.nanoTime();
            Process process = builder.start();
            Thread watcher = new Thread(() -> watch(process));
            watcher.start();
            int code = process.waitFor();
            wall = (System.nanoTime() - begin) / 1e9;
            watcher.join();
            // verify finds that nothing has been loaded
            expect(code == 0 || arguments[0].equals("verify"), "exit code " + code + "\n" + Files.readString(HOME.resolve("err.log")));
            result = JSON.readTree(HOME.resolve("out.json").toFile());
        }

        private void watch(Process process) {
            Path proc = Path.of("/proc", String.valueOf(process.pid()));
            try {
                while (process.isAlive()) {
                    String status = Files.readString(proc.resolve("status"));
                    peak = Math.max(peak, kilobytes(status, "VmHWM"));
                    peakAnonymous = Math.max(peakAnonymous, kilobytes(status, "RssAnon"));
                    String[] stat = Files.readString(proc.resolve("stat")).replaceAll("^.*\\) ", "").split(" ");
                    cpu = Math.max(cpu, (Long.parseLong(stat[11]) + Long.parseLong(stat[12])) / 100.0);
                    Thread.sleep(20);
                }
            } catch (IOException e) {
                // it has ended
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        private static long kilobytes(String status, String name) {
            Matcher value = Pattern.compile(name + ":\\s+(\\d+) kB").matcher(status);
            return value.find() ? Long.parseLong(value.group(1)) : 0;
        }

        /** Seconds that the run took, as the ledger has it. */
        double duration() {
            return result.get("duration").doubleValue();
        }

        /** Seconds that a step took. */
        double step(String id) {
            try {
                Path shown = HOME.resolve("show.json");
                new ProcessBuilder("./caravan", "runs", "show", result.get("run").textValue(), "--output", "json")
                        .directory(HOME.toFile())
                        .redirectErrorStream(false)
                        .redirectOutput(shown.toFile())
                        .start()
                        .waitFor();
                for (JsonNode step : JSON.readTree(shown.toFile()).get("steps")) {
                    if (step.path("step").asText().equals(id)) {
                        return step.get("duration").doubleValue();
                    }
                }
                throw new IllegalStateException("No step " + id);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        String memory() throws IOException {
            long heap = 0;
            long used = 0;
            Matcher pause = Pattern.compile("(\\d+)M->\\d+M\\((\\d+)M\\)").matcher(Files.readString(HOME.resolve("gc.log")));
            while (pause.find()) {
                used = Math.max(used, Long.parseLong(pause.group(1)));
                heap = Math.max(heap, Long.parseLong(pause.group(2)));
            }
            return String.format(Locale.ROOT,
                    "peak memory %,d MB, of which %,d MB no file's; heap %d MB (%d MB used)",
                    peak >> 10, peakAnonymous >> 10, heap, used);
        }
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    private static void expect(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalStateException(otherwise);
        }
    }

    private static void say(String format, Object... arguments) {
        System.out.println(String.format(Locale.ROOT, format, arguments));
    }
}
