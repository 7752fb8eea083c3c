package dev.caravan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.sqlite.SQLiteConfig;

/**
 * A directory with Caravan in it as a user has it: settings, routes, and an own {@code data/}; its commands run the
 * packaged jar in a process of their own.
 */
final class Installation {

    private static final Path JAR =
            Path.of(System.getProperty("caravan.jar", "target/caravan.jar")).toAbsolutePath();
    private static final Path SOURCE =
            Path.of(System.getProperty("caravan.home", ".")).toAbsolutePath();
    /** Commands of a second each: what compiles them better, or collects their garbage in parallel, only costs time. */
    private static final List<String> QUICK_START =
            List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xlog:disable");

    private static final ObjectMapper JSON = new ObjectMapper();

    /** What a finished command left. */
    record Result(int exit, String out, String err) {

        JsonNode json() {
            try {
                return JSON.readTree(out);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** A run as the ledger has it. */
    record LedgerRun(String id, String pipeline, String state, int attempts, long rows, String error) {}

    private final Path home;
    private final List<String> prefix = new ArrayList<>();
    private final List<String> javaOptions = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();

    private Installation(Path home) {
        this.home = home;
    }

    /** Copies the shipped settings and routes to a directory. */
    static Installation in(Path home) throws IOException {
        for (String name : List.of(
                "application.properties", "application-demo.properties", "application-prod.properties", "routes")) {
            copy(SOURCE.resolve(name), home.resolve(name));
        }
        return new Installation(home.toRealPath());
    }

    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path target = to.resolve(from.relativize(file).toString());
                Files.createDirectories(target.getParent());
                if (Files.isRegularFile(file)) {
                    Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }

    Path home() {
        return home;
    }

    /** Adds settings that win over those of the file. */
    Installation set(Map<String, String> properties) throws IOException {
        Path file = home.resolve("application.properties");
        StringBuilder text = new StringBuilder(Files.readString(file)).append('\n');
        properties.forEach(
                (key, value) -> text.append(key).append('=').append(value).append('\n'));
        Files.writeString(file, text);
        return this;
    }

    /** Writes a route file. */
    Installation route(String name, String yaml) throws IOException {
        Files.writeString(home.resolve("routes").resolve(name + ".yaml"), yaml);
        return this;
    }

    /** Copies a shipped route as a user does: another id, another name, and whatever else is to be changed. */
    Installation copyRoute(String name, String newName, Map<String, String> changes) throws IOException {
        String yaml = routeText(name).replace(name, newName);
        for (Map.Entry<String, String> change : changes.entrySet()) {
            if (!yaml.contains(change.getKey())) {
                throw new IllegalArgumentException("No " + change.getKey() + " in " + name);
            }
            yaml = yaml.replace(change.getKey(), change.getValue());
        }
        return route(newName, yaml);
    }

    /** The text of a route file. */
    String routeText(String name) throws IOException {
        return Files.readString(home.resolve("routes").resolve(name + ".yaml"));
    }

    /** Sets an option of the pipeline that a route file begins. */
    Installation option(String name, String option, String value) throws IOException {
        String yaml = routeText(name);
        String uri = "uri: pipeline:" + name + "\n      parameters:\n";
        if (!yaml.contains(uri)) {
            throw new IllegalArgumentException("No " + uri);
        }
        return route(name, yaml.replace(uri, uri + "        " + option + ": " + value + "\n"));
    }

    /** The same directory, with options for the JVM. */
    Installation withJava(String... options) {
        Installation copy = copy();
        copy.javaOptions.addAll(List.of(options));
        return copy;
    }

    /** The same directory, with variables in the environment. */
    Installation withEnvironment(Map<String, String> variables) {
        Installation copy = copy();
        copy.environment.putAll(variables);
        return copy;
    }

    /** The same directory; its commands are run by another command, as another user say. */
    Installation by(List<String> command) {
        Installation copy = copy();
        copy.prefix.addAll(command);
        return copy;
    }

    private Installation copy() {
        Installation copy = new Installation(home);
        copy.prefix.addAll(prefix);
        copy.javaOptions.addAll(javaOptions);
        copy.environment.putAll(environment);
        return copy;
    }

    /** Runs a command to its end. */
    Result run(String... command) {
        try {
            Path out = Files.createTempFile("caravan-out", ".txt");
            Path err = Files.createTempFile("caravan-err", ".txt");
            try {
                int exit = await(builder(out.toFile(), err.toFile(), command).start(), err, command);
                return new Result(exit, Files.readString(out), Files.readString(err));
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int await(Process process, Path err, String... command) throws IOException {
        try {
            if (process.waitFor(3, TimeUnit.MINUTES)) {
                return process.exitValue();
            }
            throw new AssertionError(String.join(" ", command) + " did not end; it printed:\n" + Files.readString(err));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            process.destroyForcibly();
        }
    }

    /** A command that runs beside the test. */
    record Background(Process process, Path out, Path err) implements AutoCloseable {

        /** Waits for its end. */
        Result await() throws IOException {
            int exit = Installation.await(process, err, "A command");
            return new Result(exit, Files.readString(out), Files.readString(err));
        }

        /** Whether it has written this to stderr. */
        boolean said(String text) {
            try {
                return Files.readString(err).contains(text);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Kills it, if it still runs. */
        @Override
        public void close() {
            try {
                process.destroyForcibly().waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Starts a command and leaves it running; its output goes to {@code NAME.out} and {@code NAME.err}. */
    Background start(String name, String... command) throws IOException {
        Path out = home.resolve(name + ".out");
        Path err = home.resolve(name + ".err");
        return new Background(builder(out.toFile(), err.toFile(), command).start(), out, err);
    }

    private ProcessBuilder builder(File out, File err, String... command) {
        List<String> line = new ArrayList<>(prefix);
        line.add(JavaProcess.JAVA);
        line.addAll(QUICK_START);
        line.add("-XX:SharedArchiveFile=" + ClassArchive.FILE);
        line.add("-Dorg.sqlite.lib.path=" + JAR.resolveSibling("lib"));
        line.add("-Dcaravan.local.binaries=" + Source.BINARIES);
        line.addAll(javaOptions);
        line.addAll(List.of("-jar", JAR.toString()));
        line.addAll(List.of(command));
        ProcessBuilder builder = new ProcessBuilder(line)
                .directory(home.toFile())
                .redirectOutput(out)
                .redirectError(err);
        builder.environment().putAll(environment);
        return builder;
    }

    /** The rows that a query on a database of the warehouse gives, read from its file without Caravan. */
    List<List<Object>> warehouse(String database, String sql) throws SQLException {
        Path file = home.resolve("data/warehouse/" + database + ".duckdb");
        if (!Files.exists(file)) {
            throw new AssertionError("There is no " + file);
        }
        return Source.query("jdbc:duckdb:" + file + ";access_mode=read_only", sql);
    }

    /** The local profile's, or that of production if it is the one that was used. */
    private Path ledgerFile() {
        Path production = home.resolve("data/profiles/prod/ledger.db");
        return Files.exists(production) ? production : home.resolve("data/ledger.db");
    }

    /** The rows that a query on the ledger gives, read from its file without Caravan. */
    List<List<Object>> ledger(String sql) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(10_000);
        try (var connection = config.createConnection("jdbc:sqlite:" + ledgerFile())) {
            return Source.query(connection, sql);
        }
    }

    /** All runs, the oldest first. */
    List<LedgerRun> runs() throws SQLException {
        if (!Files.exists(ledgerFile())) {
            return List.of();
        }
        return ledger(
                        "SELECT id, pipeline, state, attempts, (SELECT coalesce(sum(rows), 0) FROM attempts WHERE run = id)"
                                + " AS moved, error FROM runs ORDER BY created, id")
                .stream()
                .map(row -> new LedgerRun(
                        (String) row.get(0),
                        (String) row.get(1),
                        (String) row.get(2),
                        ((Number) row.get(3)).intValue(),
                        ((Number) row.get(4)).longValue(),
                        (String) row.get(5)))
                .toList();
    }

    /** The newest run. */
    LedgerRun lastRun() throws SQLException {
        List<LedgerRun> runs = runs();
        return runs.get(runs.size() - 1);
    }

    /** The classes that a command loads, in the form that the JVM reads fastest; made once for each build. */
    private static final class ClassArchive {

        static final Path FILE = make();

        private static Path make() {
            Path archive = JAR.resolveSibling("caravan-it.jsa");
            try (FileChannel lock = FileChannel.open(
                            JAR.resolveSibling("caravan-it.lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
                    FileLock alone = lock.lock()) {
                assert alone.isValid();
                if (!Files.exists(archive)
                        || Files.getLastModifiedTime(archive).compareTo(Files.getLastModifiedTime(JAR)) < 0) {
                    make(archive);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return archive;
        }

        private static void make(Path archive) throws IOException {
            Path home = Files.createTempDirectory("caravan-archive");
            for (String name : List.of("application.properties", "routes")) {
                copy(SOURCE.resolve(name), home.resolve(name));
            }
            List<String> line = new ArrayList<>(List.of(JavaProcess.JAVA));
            line.addAll(QUICK_START);
            line.addAll(List.of("-XX:ArchiveClassesAtExit=" + archive, "-jar", JAR.toString()));
            line.addAll(List.of("run", "exchange-rates-daily"));
            Path log = home.resolve("archive.log");
            Process process = new ProcessBuilder(line)
                    .directory(home.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            await(process, log, "archive");
            Source.delete(home);
        }
    }
}
