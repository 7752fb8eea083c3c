package dev.caravan.pipeline.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.run.PermanentException;
import dev.caravan.run.UsageException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

    @Test
    void theRunsOfAKilledProcessCrashAtOnce() throws Exception {
        Process process = LedgerProcess.start("hang", url());
        String run = firstLine(process);
        try (Ledger ledger = open()) {
            assertThat(ledger.history().get(run).state()).isEqualTo(RunState.RUNNING);
            process.destroyForcibly().waitFor();
            await().untilAsserted(
                            () -> assertThat(ledger.history().get(run).state()).isEqualTo(RunState.CRASHED));
            assertThat(ledger.history().get(run).error()).contains("ended without a word");
            ledger.prune(Duration.ofDays(1), Duration.ofDays(1));
            assertThat(directory.resolve("new/nodes")).isEmptyDirectory();
        }
    }

    private static String firstLine(Process process) throws IOException {
        BufferedReader reader = process.inputReader(StandardCharsets.UTF_8);
        return reader.readLine();
    }
}
