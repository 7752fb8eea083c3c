package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script that starts Caravan, in a check-out that is built already. */
class LauncherIT {

    @TempDir
    private Path directory;

    private Path home;

    @BeforeEach
    void checkOut() throws IOException {
        home = Files.createDirectories(directory.resolve("a check-out"));
        Installation.in(home).set(Map.of("exchange-rates.url", "http://127.0.0.1:1"));
        for (String folder : new String[] {"src/main", "src/generated", "target"}) {
            Files.createDirectories(home.resolve(folder));
        }
        for (String file : new String[] {"caravan", "pom.xml"}) {
            Files.copy(Path.of(file), home.resolve(file));
        }
        Path jar =
                Path.of(System.getProperty("caravan.jar", "target/caravan.jar")).toAbsolutePath();
        Files.createSymbolicLink(home.resolve("target/lib"), jar.resolveSibling("lib"));
        Files.copy(jar, home.resolve("target/caravan.jar"));
    }

    private record Result(int exit, String out) {}

    private Result caravan(Map<String, String> environment, Path command, String... arguments) throws Exception {
        File out = directory.resolve("out.txt").toFile();
        ProcessBuilder builder = new ProcessBuilder(Stream.concat(Stream.of(command.toString()), Stream.of(arguments))
                        .toList())
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Result(process.exitValue(), Files.readString(out.toPath()));
    }

    /** The archive speeds up the next start; it is made on data of its own, whatever settings and environment say. */
    @Test
    void startsFromAnywhereAndMakesItsArchive() throws Exception {
        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("a check-out/caravan"));
        Path elsewhere = directory.resolve("elsewhere");
        Result ls = caravan(
                Map.of(
                        "CDPATH",
                        "/tmp",
                        "WAREHOUSE_DIRECTORY",
                        elsewhere.toString(),
                        "LEDGER_URL",
                        "jdbc:sqlite:" + elsewhere.resolve("ledger.db")),
                link,
                "ls");
        assertThat(ls.exit()).as(ls.out()).isZero();
        assertThat(ls.out()).contains("products-daily");
        assertThat(Files.size(home.resolve("target/caravan.jsa"))).isPositive();
        assertThat(elsewhere.resolve("DLT.duckdb")).doesNotExist();
        try (Stream<Path> left = Files.list(home.resolve("target"))) {
            assertThat(left.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("caravan.jar", "caravan.jsa", "lib");
        }
        Result runs = caravan(
                Map.of("LEDGER_URL", "jdbc:sqlite:" + elsewhere.resolve("ledger.db")),
                home.resolve("caravan"),
                "runs",
                "ls",
                "--output",
                "json");
        assertThat(runs.out().strip()).isEqualTo("[ ]");
    }

    @Test
    void worksWithoutAnArchive() throws Exception {
        Map<String, String> environment = new HashMap<>();
        Path failing = script("mktemp", "exit 1");
        environment.put("PATH", failing.getParent() + ":" + System.getenv("PATH"));
        environment.put("LC_ALL", "C");
        Result sql = caravan(environment, home.resolve("caravan"), "sql", "SELECT 'Caf' || chr(233) AS name");
        assertThat(sql.exit()).as(sql.out()).isZero();
        assertThat(sql.out()).contains("Café");
        assertThat(home.resolve("target/caravan.jsa")).doesNotExist();
    }

    /** As under cron and systemd. */
    @Test
    void takesAnyCharacterInALocaleThatHasNone() throws Exception {
        ProcessBuilder java = new ProcessBuilder(
                        JavaProcess.JAVA, "-jar", "target/caravan.jar", "run", "currencies-weekly", "-p", "x=ß")
                .directory(home.toFile())
                .redirectErrorStream(true);
        java.environment().put("LC_ALL", "C");
        Process process = java.start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("set LC_ALL=C.UTF-8");
        assertThat(process.waitFor()).isEqualTo(2);

        Path moved = Files.move(home, directory.resolve("Größe ☃"));
        Map<String, String> environment = Map.of("LC_ALL", "C", "LANG", "C");
        Result sql = caravan(environment, moved.resolve("caravan"), "sql", "SELECT length('ß☃€') AS characters");
        assertThat(sql.exit()).as(sql.out()).isZero();
        assertThat(sql.out().lines().map(String::strip)).containsSubsequence("characters", "3");
    }

    @Test
    void namesAJavaThatIsTooOld() throws Exception {
        Path java = script("java", "exit 3");
        Files.writeString(java.getParent().resolveSibling("release"), "JAVA_VERSION=\"11.0.2\"\n");
        Result old = caravan(Map.of("JAVA_HOME", directory.toString()), home.resolve("caravan"), "ls");
        assertThat(old.exit()).isEqualTo(1);
        assertThat(old.out()).startsWith("caravan: this is Java 11. Install a JDK 17 or newer");
    }

    private Path script(String name, String line) throws IOException {
        Path script = Files.createDirectories(directory.resolve("bin")).resolve(name);
        Files.writeString(script, "#!/bin/sh\n" + line + "\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        return script;
    }
}
