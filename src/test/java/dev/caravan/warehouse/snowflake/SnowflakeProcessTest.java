package dev.caravan.warehouse.snowflake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.snowflake.fake.ReceivedStatement;
import dev.caravan.warehouse.LoadProcess;
import dev.caravan.warehouse.LoadResult;
import dev.caravan.warehouse.Mode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that load into Snowflake, and die. */
@Tag("slow")
class SnowflakeProcessTest {

    private static final int ROWS = 1_500;

    @TempDir
    Path temp;

    private final TestAccount account = new TestAccount("DLT");

    @BeforeEach
    void letProcessesIn() {
        account.snowflake.user(LoadProcess.USER).programmaticToken(LoadProcess.TOKEN);
    }

    @AfterEach
    void stop() {
        account.close();
    }

    private List<Object> table() {
        return account
                .snowflake
                .query("SELECT COUNT(*), COUNT(DISTINCT N), MAX(N) FROM DLT.SHOP.PRODUCTS")
                .get(0)
                .stream()
                .map(value -> (Object) Long.valueOf(value.toString()))
                .toList();
    }

    private static List<Object> rows(long count) {
        return List.of(count, count, count - 1);
    }

    private LoadResult load(String id, Mode mode, int rows) {
        return LoadProcess.load(LoadProcess.warehouse(account.snowflake.url(), temp), id, mode, rows, 0);
    }

    private Process start(List<String> options, String id, Mode mode, int rows) throws Exception {
        return LoadProcess.start(temp, options, "load", account.snowflake.url(), id, mode.name(), "" + rows);
    }

    /** Lets a minute pass for what a dead load has left on the disk. */
    private void age() throws Exception {
        Path staging = temp.resolve(".staging");
        if (Files.exists(staging)) {
            try (Stream<Path> files = Files.list(staging)) {
                for (Path file : files.toList()) {
                    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(120)));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "warehouse.staging",
                "snowflake.put",
                "snowflake.copy",
                "warehouse.staged",
                "warehouse.commit",
                "warehouse.committed"
            })
    void aLoadThatIsKilledIsThereExactlyOnceAfterTheNextTry(String failpoint) throws Exception {
        load("before", Mode.APPEND, ROWS);
        Process killed = start(List.of("-Dcaravan.failpoint=" + failpoint), "load", Mode.REPLACE, 20_000);
        assertThat(LoadProcess.output(killed)).doesNotContain("LOADED", "FAILED");
        assertThat(killed.exitValue()).isEqualTo(137);
        boolean committed = failpoint.equals("warehouse.committed");
        assertThat(table()).isEqualTo(rows(committed ? 20_000 : ROWS));
        // as Snowflake does with sessions that it does not hear of any more
        account.snowflake.endSessions();
        assertThat(account.snowflake.stages()).isEmpty();
        age();

        LoadResult again = load("load", Mode.REPLACE, 20_000);

        assertThat(again.alreadyLoaded()).isEqualTo(committed);
        assertThat(again.inserted()).isEqualTo(20_000);
        assertThat(table()).isEqualTo(rows(20_000));
        if (!committed) {
            assertThat(temp.resolve(".staging")).isEmptyDirectory();
        }
    }

    /** At most four files of a bounded size, in a heap that could not hold the rows; others are written while one is sent. */
    @Test
    void neitherMemoryNorDiskGrowWithTheRows() throws Exception {
        List<Long> waiting = new CopyOnWriteArrayList<>();
        account.snowflake.fail(sql -> sql.startsWith("PUT") && !waiting.add(filesThatWait()), 0, "", "", 1);
        Process small =
                start(List.of("-Xmx96m", "-Dcaravan.snowflake.fileSize=1000000"), "load", Mode.REPLACE, 150_000);

        assertThat(LoadProcess.output(small)).contains("LOADED").contains("150000 inserted");
        assertThat(table()).isEqualTo(rows(150_000));
        assertThat(account.snowflake.statements())
                .filteredOn(statement -> statement.sql().startsWith("PUT"))
                .hasSizeGreaterThan(2);
        assertThat(account.snowflake.statements())
                .filteredOn(statement -> statement.sql().startsWith("COPY"))
                .singleElement()
                .satisfies(copy -> assertThat(copy.sql()).contains("'rows-00001.csv.zst', 'rows-00002.csv.zst'"));
        assertThat(waiting)
                .allSatisfy(files -> assertThat(files).isBetween(1L, 4L))
                .anySatisfy(files -> assertThat(files).isGreaterThan(1));
        assertThat(temp.resolve(".staging")).isEmptyDirectory();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFullDiskIsToldAndLeavesNothing() throws Exception {
        load("before", Mode.APPEND, ROWS);
        account.snowflake.fail(
                sql -> sql.startsWith("CREATE OR REPLACE TEMPORARY STAGE") && !fillDisk("rows-00005.csv.zst"),
                0,
                "",
                "",
                1);
        Process full = start(List.of("-Dcaravan.snowflake.fileSize=1"), "load", Mode.REPLACE, 1_100);

        assertThat(LoadProcess.output(full))
                .contains("FAILED TransientException")
                .contains("No space left on device")
                .contains("free some space");
        assertThat(table()).isEqualTo(rows(ROWS));
        assertThat(account.snowflake.stages()).isEmpty();
        assertThat(temp.resolve(".staging")).isEmptyDirectory();
    }

    /** For one file there is no room. */
    private boolean fillDisk(String file) {
        try (Stream<Path> staging = Files.list(temp.resolve(".staging"))) {
            Path directory = staging.filter(Files::isDirectory).findFirst().orElseThrow();
            Files.createSymbolicLink(directory.resolve(file), Path.of("/dev/full"));
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void readersOfAReplacementSeeTheOldOrTheNew() throws Exception {
        account.snowflake.allowQueries();
        load("0", Mode.REPLACE, 100);
        Path end = temp.resolve("end");
        Process watcher = LoadProcess.start(temp, List.of(), "watch", account.snowflake.url(), end.toString());
        try (BufferedReader lines = watcher.inputReader()) {
            assertThat(lines.readLine()).isEqualTo("WATCHING");
            for (int i = 1; i <= 6; i++) {
                load("" + i, Mode.REPLACE, i % 2 == 0 ? 100 : 200);
            }
            Files.createFile(end);

            assertThat(lines.readLine().substring("SEEN ".length()).split(" ")).isSubsetOf("[100,0,99]", "[200,0,199]");
        } finally {
            watcher.destroyForcibly();
        }
    }

    /** The file that is about to be sent, and the next ones as soon as one is there; a load has only one last file. */
    private long filesThatWait() {
        long files = 0;
        for (int tries = 0; tries < 50 && files < 2; tries++) {
            // names only: others of them are deleted meanwhile
            try (Stream<Path> staging = Files.list(temp.resolve(".staging"))) {
                Path directory = staging.filter(Files::isDirectory).findFirst().orElseThrow();
                String[] names = directory.toFile().list();
                files = Stream.of(names).filter(name -> name.endsWith(".zst")).count();
                Thread.sleep(20);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
        return files;
    }

    /** COPY takes a thousand names. */
    @Test
    void moreFilesThanOneCopyTakesAreAllLoaded() throws Exception {
        Process files = start(List.of("-Dcaravan.snowflake.fileSize=1"), "load", Mode.REPLACE, 1_100);

        assertThat(LoadProcess.output(files)).contains("1100 inserted");
        assertThat(table()).isEqualTo(rows(1_100));
        assertThat(account.snowflake.statements())
                .extracting(ReceivedStatement::sql)
                .filteredOn(sql -> sql.startsWith("COPY"))
                .extracting(sql -> sql.split("rows-", -1).length - 1)
                .containsExactly(1_000, 100);
    }
}
