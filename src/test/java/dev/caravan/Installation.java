package dev.caravan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A directory with Caravan in it as a user has it: settings, routes, and an own {@code data/}; its commands run the
 * packaged jar in a process of their own.
 */
final class Installation {

    private static final Path JAR =
            Path.of(System.getProperty("caravan.jar", "target/caravan.jar")).toAbsolutePath();
    private static final Path SOURCE =
            Path.of(System.getProperty("caravan.home", ".")).toAbsolutePath();
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

    private final Path home;
    private final List<String> javaOptions = new ArrayList<>();

    private Installation(Path home) {
        this.home = home;
    }

    /** Copies the shipped settings and routes to a directory. */
    static Installation in(Path home) throws IOException {
        for (String name : List.of("application.properties", "routes")) {
            copy(SOURCE.resolve(name), home.resolve(name));
        }
        return new Installation(home);
    }

    private static void copy(Path from, Path to) throws IOException {
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

    /** The same directory, with options for the JVM. */
    Installation withJava(String... options) {
        Installation copy = new Installation(home);
        copy.javaOptions.addAll(javaOptions);
        copy.javaOptions.addAll(List.of(options));
        return copy;
    }

    /** Runs a command to its end. */
    Result run(String... command) {
        try {
            Path out = Files.createTempFile(home, "out", ".txt");
            Path err = Files.createTempFile(home, "err", ".txt");
            Process process = builder(command)
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            if (!process.waitFor(3, TimeUnit.MINUTES)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError(
                        String.join(" ", command) + " did not end; it printed:\n" + Files.readString(err));
            }
            Result result = new Result(process.exitValue(), Files.readString(out), Files.readString(err));
            Files.delete(out);
            Files.delete(err);
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Starts a command and leaves it running; its output goes to {@code NAME.out} and {@code NAME.err}. */
    Process start(String name, String... command) throws IOException {
        return builder(command)
                .redirectOutput(home.resolve(name + ".out").toFile())
                .redirectError(home.resolve(name + ".err").toFile())
                .start();
    }

    private ProcessBuilder builder(String... command) {
        List<String> line = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        line.addAll(javaOptions);
        line.addAll(List.of("-jar", JAR.toString()));
        line.addAll(List.of(command));
        return new ProcessBuilder(line).directory(home.toFile());
    }
}
