package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The production image without a container: the files that the Dockerfile copies, with its settings and its entry point,
 * run by a user who can write to nothing but {@code data/} and {@code tmp/}. No secret is fetched: all come from the
 * environment.
 */
class ImageIT {

    private static final Path SOURCE =
            Path.of(System.getProperty("caravan.home", ".")).toAbsolutePath();
    private static final boolean ROOT = "root".equals(System.getProperty("user.name"));
    private static final String USER = "10001";

    @TempDir
    private Path home;

    private final Map<String, String> ledger = new TreeMap<>();
    private String dockerfile;
    private Path image;

    @BeforeEach
    void layOut() throws IOException {
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
        dockerfile = Files.readString(SOURCE.resolve("docker/Dockerfile")).replace("\\\n", " ");
        image = home.resolve("caravan");
        for (List<String> copy : instructions("COPY")) {
            List<String> paths =
                    copy.stream().filter(word -> !word.startsWith("--")).toList();
            for (String path : paths.subList(0, paths.size() - 1)) {
                copy(path.replaceFirst("^/src/", ""), image.resolve(paths.get(paths.size() - 1)));
            }
        }
        for (String writable : List.of("caravan/data", "tmp")) {
            Path directory = Files.createDirectories(home.resolve(writable));
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        }
        permit("r-xr-xr-x");
    }

    @AfterEach
    void unlock() throws IOException {
        permit("rwxr-xr-x");
    }

    private void permit(String permissions) throws IOException {
        try (Stream<Path> all = Files.walk(image)) {
            for (Path directory : all.filter(Files::isDirectory)
                    .filter(each -> !each.equals(image.resolve("data")))
                    .toList()) {
                Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(permissions));
            }
        }
    }

    /** The instructions of the last stage, each as its words. */
    private List<List<String>> instructions(String name) {
        String stage = dockerfile.substring(dockerfile.lastIndexOf("\nFROM "));
        return stage.lines()
                .filter(line -> line.startsWith(name + " "))
                .map(line ->
                        Arrays.asList(line.substring(name.length() + 1).strip().split("\\s+")))
                .toList();
    }

    private static void copy(String glob, Path to) throws IOException {
        Path pattern = SOURCE.resolve(glob);
        Files.createDirectories(to);
        int copied = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(
                pattern.getParent(), pattern.getFileName().toString())) {
            for (Path file : files) {
                if (Files.isRegularFile(file)) {
                    link(file, to.resolve(file.getFileName()));
                    copied++;
                }
            }
        }
        assertThat(copied).as("files of COPY %s", glob).isPositive();
    }

    /** The libraries are large. */
    private static void link(Path file, Path to) throws IOException {
        try {
            Files.createLink(to, file);
        } catch (IOException | UnsupportedOperationException e) {
            Files.copy(file, to);
        }
    }

    private Process start(List<String> command, Path log) throws IOException {
        List<String> line = new ArrayList<>();
        if (ROOT) {
            line.addAll(List.of("setpriv", "--reuid=" + USER, "--regid=" + USER, "--clear-groups", "--no-new-privs"));
        }
        line.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(line)
                .directory(image.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        Map<String, String> environment = builder.environment();
        environment.putAll(settings());
        environment.putAll(ledger);
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        environment.put("HOME", image.toString());
        environment.put("CARAVAN_JAVA_OPTS", environment.get("CARAVAN_JAVA_OPTS") + " -Djava.io.tmpdir=" + tmp());
        environment.put("PIPELINE_LIVENESS_FILE", inTmp(environment.get("PIPELINE_LIVENESS_FILE")));
        return builder.start();
    }

    private Path tmp() {
        return home.resolve("tmp");
    }

    private String inTmp(String text) {
        return text.replace("/tmp/", tmp() + "/");
    }

    /** What the Dockerfile's ENV says, and a value for all that production takes from AWS's secrets. */
    private Map<String, String> settings() throws IOException {
        Map<String, String> settings = new TreeMap<>();
        Matcher env = Pattern.compile("(\\w+)=(\"([^\"]*)\"|\\S+)")
                .matcher(String.join(" ", instructions("ENV").get(0)));
        while (env.find()) {
            settings.put(env.group(1), env.group(3) == null ? env.group(2) : env.group(3));
        }
        Matcher secret = Pattern.compile("(?m)^([\\w.-]+)\\s*=\\s*\\{\\{aws:.*$")
                .matcher(Files.readString(image.resolve("application-prod.properties")));
        while (secret.find()) {
            settings.put(secret.group(1).toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"), "7");
        }
        settings.put("AWS_REGION", "us-east-1");
        settings.put("S3_BUCKET", "rates");
        return settings;
    }

    private List<String> json(String instruction, String prefix) throws IOException {
        String text = String.join(" ", instructions(instruction).get(0));
        return Arrays.asList(
                new ObjectMapper().readValue(text.substring(text.indexOf(prefix) + prefix.length()), String[].class));
    }

    @Test
    void holdsNoLocalServices() throws IOException {
        try (Stream<Path> all = Files.walk(image)) {
            assertThat(all.map(file -> image.relativize(file).toString()))
                    .contains(
                            "target/caravan.jar",
                            "caravan",
                            "application-prod.properties",
                            "routes/products-daily.yaml")
                    .noneMatch(file ->
                            file.contains("local") || file.contains("s3proxy") || file.contains("postgres-bin"));
        }
        try (JarFile jar = new JarFile(image.resolve("target/caravan.jar").toFile())) {
            assertThat(jar.stream().map(JarEntry::getName))
                    .contains("dev/caravan/Caravan.class")
                    .noneMatch(name -> name.contains("local"));
        }
    }

    /** Starts what the container would. */
    private Process serve() throws Exception {
        List<String> entryPoint = new ArrayList<>(json("ENTRYPOINT", ""));
        entryPoint.addAll(json("CMD", ""));
        return start(entryPoint, serveLog());
    }

    private Path serveLog() {
        return home.resolve("serve.log");
    }

    private void awaitHealth(Process serve) throws Exception {
        await().atMost(Duration.ofSeconds(90)).until(() -> {
            assertThat(serve.isAlive()).as(Files.readString(serveLog())).isTrue();
            return Files.readString(serveLog()).contains("Serving 4 scheduled pipelines");
        });
        assertThat(healthy()).isTrue();
    }

    @Test
    void servesAsAnOrdinaryUserFromFilesThatItCannotChange() throws Exception {
        Process serve = serve();
        try {
            awaitHealth(serve);

            Path alive = tmp().resolve("alive");
            FileTime before = Files.getLastModifiedTime(alive);
            await("a new sign of life")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> Files.getLastModifiedTime(alive).compareTo(before) > 0);
        } finally {
            serve.destroy();
        }
        assertThat(serve.waitFor(60, TimeUnit.SECONDS)).as("ends when told to").isTrue();
        assertThat(serve.exitValue()).as("by SIGTERM").isEqualTo(143);

        Files.setLastModifiedTime(
                tmp().resolve("alive"), FileTime.from(Instant.now().minus(Duration.ofMinutes(5))));
        assertThat(healthy()).as("after five minutes of silence").isFalse();
    }

    /** The ledger of docker/compose.yaml, with its settings but for the host. */
    @Test
    void keepsItsLedgerInPostgreSql() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
            try (Connection owner = postgres.getPostgresDatabase().getConnection();
                    Statement statement = owner.createStatement()) {
                statement.execute("CREATE ROLE caravan LOGIN PASSWORD 'canary'");
                statement.execute("CREATE DATABASE caravan OWNER caravan");
            }
            String address = "127.0.0.1:" + postgres.getPort();
            ComposeTest.environment("caravan").forEach((key, value) -> {
                if (key.startsWith("LEDGER_")) {
                    ledger.put(
                            key, value.startsWith("${") ? "canary" : value.replace("//ledger/", "//" + address + "/"));
                }
            });
            Process serve = serve();
            try {
                awaitHealth(serve);
                assertThat(Source.query(
                                "jdbc:postgresql://" + address + "/caravan?user=caravan&password=canary",
                                "SELECT count(*) FROM nodes"))
                        .containsExactly(List.of(1L));
                assertThat(image.resolve("data")).isEmptyDirectory();
            } finally {
                serve.destroy();
            }
            assertThat(serve.waitFor(60, TimeUnit.SECONDS))
                    .as("ends when told to")
                    .isTrue();
            assertThat(Files.readString(serveLog())).doesNotContain("canary");
        }
    }

    private boolean healthy() throws Exception {
        List<String> check =
                json("HEALTHCHECK", "CMD ").stream().map(this::inTmp).toList();
        return start(check, home.resolve("health.log")).waitFor() == 0;
    }
}
