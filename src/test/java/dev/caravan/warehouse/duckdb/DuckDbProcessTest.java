package dev.caravan.warehouse.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import dev.caravan.warehouse.LoadProcess;
import dev.caravan.warehouse.LoadResult;
import dev.caravan.warehouse.Mode;
import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.Warehouse;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that die, wait for each other, or run out of room. */
class DuckDbProcessTest {

    private static final int ROWS = 10_000;
    private static final int LARGE = 400_000;

    @TempDir
    Path temp;

    private Path directory() {
        return temp.resolve("warehouse");
    }

    private List<Object> table() {
        try (QueryResult result = new Warehouse(new DuckDbEngine(directory(), Duration.ofSeconds(20), 128L << 20))
                .query("SELECT count(*), count(DISTINCT n), max(n) FROM DLT.SHOP.PRODUCTS")) {
            return result.next();
        }
    }

    private static List<Object> rows(long count) {
        return List.of(count, count, count - 1);
    }

    /** Lets a minute pass for what a dead load has left. */
    private void age() throws Exception {
        try (Stream<Path> files = Files.list(directory().resolve(".staging"))) {
            for (Path file : files.toList()) {
                Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(120)));
            }
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"warehouse.staging", "warehouse.staged", "warehouse.commit", "warehouse.committed"})
    void aLoadThatIsKilledIsThereExactlyOnceAfterTheNextTry(String failpoint) throws Exception {
        LoadProcess.load(directory(), "before", Mode.APPEND, ROWS, 0);
        Process killed = LoadProcess.start(
                temp,
                List.of("-Dcaravan.failpoint=" + failpoint),
                "load",
                directory().toString(),
                "load",
                "REPLACE",
                "20000");
        assertThat(LoadProcess.output(killed)).doesNotContain("LOADED", "FAILED");
        assertThat(killed.exitValue()).isEqualTo(137);
        boolean committed = failpoint.equals("warehouse.committed");
        assertThat(table()).isEqualTo(rows(committed ? 20_000 : ROWS));
        age();

        LoadResult again = LoadProcess.load(directory(), "load", Mode.REPLACE, 20_000, 0);

        assertThat(again.alreadyLoaded()).isEqualTo(committed);
        assertThat(again.inserted()).isEqualTo(20_000);
        assertThat(table()).isEqualTo(rows(20_000));
        if (!committed) {
            assertThat(directory().resolve(".staging")).isEmptyDirectory();
        }
    }

    /** As several threads write it: DuckDB writes groups of rows before the commit. */
    @Tag("slow")
    @Test
    void aLargeLoadIsKilledWhileItWrites() throws Exception {
        long seed = Long.getLong("caravan.seed", System.nanoTime());
        Random random = new Random(seed);
        LoadProcess.load(directory(), "before", Mode.APPEND, ROWS, 0);
        Path file = directory().resolve("DLT.duckdb");
        for (int i = 0; i < 3; i++) {
            FileTime before = Files.getLastModifiedTime(file);
            Process killed = LoadProcess.start(
                    temp, List.of(), "load", directory().toString(), "load" + i, "REPLACE", "" + (LARGE + i));
            await().atMost(Duration.ofMinutes(1))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> !Files.getLastModifiedTime(file).equals(before));
            Thread.sleep(random.nextInt(400));
            killed.destroyForcibly().waitFor();
            assertThat(table()).as("-Dcaravan.seed=" + seed).isIn(rows(ROWS), rows(LARGE + i));
            LoadProcess.load(directory(), "after" + i, Mode.REPLACE, ROWS, 0);
        }
    }

    @Test
    void aCommitWhoseAcknowledgementIsLostIsNotRepeated() throws Exception {
        Process lost = LoadProcess.start(
                temp,
                List.of("-Dcaravan.failpoint=warehouse.committed:throw"),
                "load",
                directory().toString(),
                "load",
                "APPEND",
                "100");
        assertThat(LoadProcess.output(lost)).contains("FAILED TransientException: Failpoint");

        assertThat(LoadProcess.load(directory(), "load", Mode.APPEND, 100, 0).alreadyLoaded())
                .isTrue();
        assertThat(table()).isEqualTo(rows(100));
    }

    @Tag("slow")
    @Test
    void aFileInUseIsWaitedForAndThenNamed() throws Exception {
        LoadProcess.load(directory(), "before", Mode.APPEND, 10, 0);
        Process holder = LoadProcess.start(temp, List.of(), "hold", directory().toString());
        try (BufferedReader lines = holder.inputReader()) {
            assertThat(lines.readLine()).isEqualTo("HOLDING");

            Warehouse impatient = new Warehouse(new DuckDbEngine(directory(), Duration.ofMillis(300), 128L << 20));
            assertThatThrownBy(() -> impatient.query("SELECT 1"))
                    .isInstanceOf(TransientException.class)
                    .hasMessageContaining("DLT.duckdb")
                    .hasMessageContaining("process " + holder.pid())
                    .hasMessageContaining("lockTimeout");

            Thread letGo = new Thread(() -> {
                try {
                    Thread.sleep(500);
                    holder.getOutputStream().close();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            letGo.start();
            LoadProcess.load(directory(), "after", Mode.APPEND, 10, 10);
            letGo.join();
        } finally {
            holder.destroyForcibly();
        }
        assertThat(table()).isEqualTo(rows(20));
    }

    @Tag("slow")
    @Test
    void readersOfAReplacementSeeTheOldOrTheNew() throws Exception {
        LoadProcess.load(directory(), "0", Mode.REPLACE, ROWS, 0);
        Path end = temp.resolve("end");
        Process watcher =
                LoadProcess.start(temp, List.of(), "watch", directory().toString(), end.toString());
        try (BufferedReader lines = watcher.inputReader()) {
            assertThat(lines.readLine()).isEqualTo("WATCHING");
            for (int i = 1; i <= 6; i++) {
                LoadProcess.load(directory(), "" + i, Mode.REPLACE, ROWS, i % 2 * ROWS);
            }
            Files.createFile(end);

            assertThat(lines.readLine().substring("SEEN ".length()).split(" "))
                    .isSubsetOf("[10000,0,9999]", "[10000,10000,19999]");
        } finally {
            watcher.destroyForcibly();
        }
    }

    @Tag("slow")
    @Test
    @EnabledOnOs(OS.LINUX)
    void aFullDiskIsToldAndLeavesTheTableAsItWas() throws Exception {
        LoadProcess.load(directory(), "before", Mode.APPEND, ROWS, 0);
        long limit = Files.size(directory().resolve("DLT.duckdb")) + 500_000;
        Process full = LoadProcess.start(
                temp, List.of(), "load-limited", directory().toString(), "load", "REPLACE", "200000", "" + limit);

        assertThat(LoadProcess.output(full))
                .contains("FAILED TransientException")
                .contains("disk of " + directory() + " is full");
        assertThat(table()).isEqualTo(rows(ROWS));

        assertThat(LoadProcess.load(directory(), "load", Mode.REPLACE, 200_000, 0)
                        .alreadyLoaded())
                .isFalse();
        assertThat(table()).isEqualTo(rows(200_000));
    }

    @Tag("slow")
    @Test
    void memoryDoesNotGrowWithTheRows() throws Exception {
        Process small = LoadProcess.start(
                temp, List.of("-Xmx40m"), "load", directory().toString(), "load", "REPLACE", "500000");

        assertThat(LoadProcess.output(small)).contains("LOADED").contains("500000 inserted");
        assertThat(table()).isEqualTo(rows(500_000));
    }

    @Test
    void aDirectoryThatCannotBeWrittenIsNamed() throws Exception {
        Files.writeString(directory(), "a file where the directory should be");

        assertThatThrownBy(() -> LoadProcess.load(directory(), "load", Mode.APPEND, 1, 0))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(directory().toString())
                .hasMessageContaining("can write to");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aReadOnlyFileSystemIsNamed() {
        assertThatThrownBy(() -> LoadProcess.load(Path.of("/proc/warehouse"), "load", Mode.APPEND, 1, 0))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("/proc/warehouse");
    }

    @Test
    void aFileThatIsNoDatabaseIsNamedAndLeftAlone() throws Exception {
        Files.createDirectories(directory());
        Path file = directory().resolve("DLT.duckdb");
        Files.writeString(file, "not a database ".repeat(1000));

        assertThatThrownBy(() -> LoadProcess.load(directory(), "load", Mode.APPEND, 1, 0))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("DLT.duckdb")
                .hasMessageContaining("restore it");
        assertThat(file).content().startsWith("not a database");
    }

    @Test
    void aDatabaseNameThatIsNoFileNameIsRefused() {
        for (String name : List.of("../x", "memory", "a/b")) {
            assertThatThrownBy(() ->
                            new DatabaseFiles(directory(), Duration.ofSeconds(1), 128L << 20).attach(null, name, true))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining(name);
        }
    }
}
