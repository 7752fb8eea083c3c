package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Maven's build of a check-out in which a service runs. Compiling is left out: it writes nothing that runs. */
class RebuildIT {

    private static final Path SOURCE =
            Path.of(System.getProperty("caravan.home", ".")).toAbsolutePath();

    @TempDir
    private Path home;

    @BeforeEach
    void checkOut() throws Exception {
        for (String part : new String[] {
            "pom.xml", ".mvn", "src/main", "src/generated", "target/classes", "application.properties", "routes"
        }) {
            Installation.copy(SOURCE.resolve(part), home.resolve(part));
        }
        build();
    }

    private void build() throws Exception {
        Path log = home.resolve("build.log");
        Process maven = new ProcessBuilder("mvn", "-B", "-o", "-q", "-Dmaven.main.skip", "-Dmaven.test.skip", "package")
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertThat(maven.waitFor(5, TimeUnit.MINUTES)).isTrue();
            assertThat(maven.exitValue()).as(Files.readString(log)).isZero();
        } finally {
            maven.destroyForcibly();
        }
    }

    @Test
    void writesOverNoFileThatAServiceHasOpen() throws Exception {
        Path log = home.resolve("serve.log");
        Process serve = new ProcessBuilder(
                        JavaProcess.JAVA, "-Dorg.sqlite.lib.path=target/lib", "-jar", "target/caravan.jar", "serve")
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            await().atMost(Duration.ofMinutes(2))
                    .until(() -> Files.readString(log).contains("Serving "));
            Map<Path, Object> before = files();
            Map<Object, Object> written = writeTimes();
            assertThat(before)
                    .containsKeys(
                            Path.of("caravan.jar"),
                            Path.of("lib/libsqlitejdbc.so"),
                            Path.of("lib/local/caravan-local.jar"));

            build();

            assertThat(files().keySet()).isEqualTo(before.keySet());
            assertThat(writeTimes())
                    .as("a file that is there still was not written to")
                    .allSatisfy((file, time) -> {
                        if (written.containsKey(file)) {
                            assertThat(time).isEqualTo(written.get(file));
                        }
                    });
            assertThat(files().get(Path.of("caravan.jar"))).isNotEqualTo(before.get(Path.of("caravan.jar")));
            // what it has loaded and what it has not works on
            serve.destroy();
            assertThat(serve.waitFor(2, TimeUnit.MINUTES)).isTrue();
            assertThat(Files.readString(log)).contains("Stopping").doesNotContain("SIG", "Error");
        } finally {
            serve.destroyForcibly();
        }
    }

    /** What the operating system knows a file by. */
    private Map<Path, Object> files() throws IOException {
        Map<Path, Object> files = new TreeMap<>();
        Path target = home.resolve("target");
        try (Stream<Path> all = Files.walk(target)) {
            for (Path file : all.filter(Files::isRegularFile)
                    .filter(path -> path.endsWith("caravan.jar") || path.startsWith(target.resolve("lib")))
                    .toList()) {
                files.put(target.relativize(file), Files.getAttribute(file, "unix:ino"));
            }
        }
        return files;
    }

    private Map<Object, Object> writeTimes() throws IOException {
        Map<Object, Object> times = new HashMap<>();
        for (Map.Entry<Path, Object> file : files().entrySet()) {
            times.put(file.getValue(), Files.getAttribute(home.resolve("target").resolve(file.getKey()), "unix:ctime"));
        }
        return times;
    }
}
