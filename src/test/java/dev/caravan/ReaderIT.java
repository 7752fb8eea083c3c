package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.caravan.Installation.Background;
import dev.caravan.Installation.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user who may read what is under {@code data/}, but not write it, can look at everything and change nothing. */
class ReaderIT {

    private static final List<String> NOBODY =
            List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/nonexistent");
    private static final boolean ROOT = System.getProperty("user.name").equals("root");
    private static final Path JAR =
            Path.of(System.getProperty("caravan.jar", "target/caravan.jar")).toAbsolutePath();

    private Installation owner;
    private Installation reader;
    private Path data;

    @BeforeEach
    void install(@TempDir Path home) throws Exception {
        owner = Installation.in(home);
        reader = ROOT ? owner.by(NOBODY) : owner;
        data = owner.home().resolve("data");
        permit(owner.home(), "rwxr-xr-x");
        assumeTrue(!ROOT || canRead(JAR), "Another user cannot read the program");
        assertThat(owner.run("run", "currencies-weekly").exit()).isZero();
    }

    private static boolean canRead(Path file) throws Exception {
        return new ProcessBuilder(Stream.concat(NOBODY.stream(), Stream.of("test", "-r", file.toString()))
                                .toList())
                        .start()
                        .waitFor()
                == 0;
    }

    private static void permit(Path path, String permissions) throws Exception {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    /** As docs/security.md says; who is not root takes his own permission to write. */
    private void open() throws Exception {
        permit(data.resolve("ledger.db"), ROOT ? "rw-r--r--" : "r--r--r--");
        permit(data.resolve("warehouse/DLT.duckdb"), ROOT ? "rw-r--r--" : "r--r--r--");
        permit(data.resolve("warehouse"), ROOT ? "rwxr-xr-x" : "r-xr-xr-x");
        permit(data, ROOT ? "rwxr-xr-x" : "r-xr-xr-x");
    }

    private void close() throws Exception {
        permit(data, "rwx------");
    }

    private void looks() {
        Result list = reader.run("ls", "--output", "json");
        assertThat(list.exit()).as(list.err()).isZero();
        assertThat(list.json().get(0).get("last_state").asText()).isEqualTo("completed");
        Result runs = reader.run("runs", "ls", "--output", "json");
        assertThat(runs.exit()).as(runs.err()).isZero();
        assertThat(runs.json()).hasSize(1);
        String id = runs.json().get(0).get("run").asText();
        for (List<String> command : List.of(
                List.of("runs", "show", id),
                List.of("runs", "logs", id),
                List.of("inspect", "currencies-weekly"),
                List.of("sql", "SELECT COUNT(*) FROM DLT.OPEN_EXCHANGE_RATES.CURRENCIES"))) {
            Result result = reader.run(command.toArray(String[]::new));
            assertThat(result.exit()).as(command + result.err()).isZero();
        }
    }

    @Test
    void looksAtEverythingAndChangesNothing() throws Exception {
        String run = owner.lastRun().id();
        open();
        looks();
        for (List<String> command : List.of(
                List.of("run", "currencies-weekly"),
                List.of("pause", "currencies-weekly"),
                List.of("runs", "cancel", run),
                List.of("runs", "retry", run),
                List.of("serve"))) {
            Result result = reader.run(command.toArray(String[]::new));
            assertThat(result.exit()).as(command.toString()).isEqualTo(1);
            assertThat(result.err())
                    .as(command.toString())
                    .startsWith("caravan: ")
                    .contains("can only be read by this user")
                    .hasLineCount(1);
        }
        close();
    }

    @Test
    void looksWhileAServiceRunsAndAfterItWasKilled() throws Exception {
        assumeTrue(ROOT, "Needs two users");
        open();
        try (Background serve = owner.start("serve", "serve")) {
            Awaitility.await().atMost(Duration.ofMinutes(2)).until(() -> serve.said("Serving "));
            looks();
        }
        looks();
    }

    @Test
    void seesNothingThatItsOwnerHasNotOpened() throws Exception {
        assumeTrue(ROOT, "Needs two users");
        Result result = reader.run("runs", "ls");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("ledger.db").doesNotContain("\tat ").hasLineCount(1);
    }
}
