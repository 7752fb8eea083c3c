package dev.caravan.pipeline.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.run.PermanentException;
import dev.caravan.run.UsageException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

class SqliteLedgerTest extends LedgerContract {

    @TempDir
    Path directory;

    private String url() {
        return "jdbc:sqlite:" + directory.resolve("new/ledger.db");
    }

    @Override
    Ledger open() {
        return Ledger.open(url(), null, null);
    }

    @Override
    DataSource emptied() throws IOException {
        Files.delete(directory.resolve("new/ledger.db"));
        return database();
    }

    @Override
    DataSource database() {
        SQLiteDataSource file = new SQLiteDataSource();
        file.setUrl(url());
        return file;
    }

    @Override
    void migrateToNewerVersion() {
        Jdbi.create(url())
                .useHandle(h ->
                        h.execute("UPDATE ledger_schema SET version = '999' WHERE version = '" + Schema.VERSION + "'"));
    }

    @Override
    List<String> wholeReads(String statement) throws Exception {
        return Jdbi.create(url()).withHandle(h -> {
            List<String> found = new ArrayList<>();
            try (PreparedStatement explain = h.getConnection().prepareStatement("EXPLAIN QUERY PLAN " + statement);
                    ResultSet steps = explain.executeQuery()) {
                while (steps.next()) {
                    String step = steps.getString("detail");
                    if (step.startsWith("SCAN ")
                            && !step.matches(
                                    "SCAN (p|s|d|q|newest|outbox|\\(subquery-\\d+\\)|nodes( LEFT-JOIN)?|pipelines|served|mutes|(quotas|totals) USING INDEX \\w+|loaded_tables( USING (COVERING )?INDEX \\S+)?|CONSTANT ROW|\\d+ CONSTANT ROWS|.*VALUES CLAUSE)")
                            && FEW.stream().noneMatch(step::contains)
                            // ends at the limit, in the order of the ids
                            && !statement.contains("FROM runs ORDER BY id DESC LIMIT ?")) {
                        found.add(step);
                    }
                }
            }
            return found;
        });
    }

    @Test
    void aLedgerWhoseFileVanishesIsNeitherReadNorWrittenAnyMore() throws Exception {
        try (Ledger ledger = open()) {
            Files.delete(directory.resolve("new/ledger.db"));
            refused(ledger, "was deleted");
            open().close(); // another process begins a new one
            refused(ledger, "was replaced by another file");
        }
    }

    @Test
    void aLedgerWhoseFileIsTruncatedIsNeitherReadNorWrittenAnyMore() throws Exception {
        Path file = directory.resolve("new/ledger.db");
        try (Ledger ledger = open()) {
            ledger.runs().create("shop", null, Trigger.MANUAL, Map.of(), Duration.ofMinutes(1));
            Jdbi.create(url()).useHandle(h -> h.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
            ledger.pipelines().pauses(); // it has seen how large the file is
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(channel.size() / 2);
            }
            refused(ledger, "was truncated or damaged");
            refused(ledger, "was truncated or damaged");
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(0);
            }
            refused(ledger, "was truncated");
        }
    }

    @Test
    void aLedgerThatWasVacuumedGoesOn() throws Exception {
        try (Ledger ledger = open()) {
            Jdbi.create(url()).useHandle(h -> {
                h.execute("CREATE TABLE much (text TEXT)");
                h.execute("INSERT INTO much VALUES (CAST(randomblob(1000000) AS TEXT))");
                h.execute("PRAGMA wal_checkpoint(TRUNCATE)");
            });
            ledger.pipelines().pauses();
            long before = Files.size(directory.resolve("new/ledger.db"));
            Jdbi.create(url()).useHandle(h -> {
                h.execute("DROP TABLE much");
                h.execute("VACUUM");
                h.execute("PRAGMA wal_checkpoint(TRUNCATE)");
            });
            assertThat(Files.size(directory.resolve("new/ledger.db"))).isLessThan(before);
            ledger.pipelines().pause("shop", true);
            assertThat(ledger.pipelines().pauses().get("shop").paused()).isTrue();
        }
    }

    private static void refused(Ledger ledger, String why) {
        assertThatThrownBy(() -> ledger.runs().create("shop", null, Trigger.MANUAL, Map.of(), Duration.ofMinutes(1)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(why);
        assertThatThrownBy(() -> ledger.pipelines().pauses()).isInstanceOf(PermanentException.class);
    }

    @Test
    void onlyItsOwnerReadsTheFiles() throws Exception {
        for (String name : List.of("ledger.db", "ledger.db-wal")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(
                            directory.resolve("new").resolve(name))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void theSchemaThatTheProgramExpectsIsTheLastOne() {
        Jdbi jdbi = Jdbi.create(url());
        assertThat(new Schema(jdbi, null, "test").version()).contains(Schema.VERSION);
    }

    @Test
    void aLedgerOfANewerVersionIsRefused() {
        Jdbi.create(url()).useHandle(h -> h.execute("UPDATE ledger_schema SET version = '999'"));
        assertThatThrownBy(this::open)
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("newer version of Caravan");
    }

    @Test
    void whatCannotBeOpenedIsSaidWithoutSecrets() {
        assertThatThrownBy(() -> Ledger.open("jdbc:mysql://root:geheim@db/x?password=geheim", null, null))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("jdbc:sqlite:")
                .hasMessageNotContaining("geheim");
        assertThatThrownBy(() -> Ledger.open("jdbc:sqlite:/proc/nowhere/ledger.db", null, null))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("/proc/nowhere");
    }

    @Tag("slow")
    @Test
    void processesShareALedgerFromItsFirstMoment() throws Exception {
        String url = "jdbc:sqlite:" + directory.resolve("shared/ledger.db");
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            processes.add(LedgerProcess.start("slots", url));
        }
        int taken = 0;
        for (Process process : processes) {
            String line = firstLine(process);
            assertThat(process.waitFor()).isZero();
            taken += Integer.parseInt(line);
        }
        assertThat(taken).isEqualTo(LedgerProcess.SLOTS);
    }

    @Tag("slow")
    @Test
    void theRunsOfAKilledProcessCrashAtOnce() throws Exception {
        Process process = LedgerProcess.start("hang", url());
        String run = firstLine(process);
        try (Ledger ledger = open()) {
            assertThat(ledger.history().get(run).state()).isEqualTo(RunState.RUNNING);
            process.destroyForcibly().waitFor();
            await().untilAsserted(
                            () -> assertThat(ledger.history().get(run).state()).isEqualTo(RunState.CRASHED));
            assertThat(ledger.history().get(run).error()).contains("exited unexpectedly");
            ledger.prune(Duration.ofDays(1), Duration.ofDays(1));
            assertThat(directory.resolve("new/nodes")).isEmptyDirectory();
        }
    }

    private static String firstLine(Process process) throws IOException {
        BufferedReader reader = process.inputReader(StandardCharsets.UTF_8);
        return reader.readLine();
    }
}
