package dev.caravan.warehouse.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.warehouse.LoadProcess;
import dev.caravan.warehouse.LoadResult;
import dev.caravan.warehouse.Mode;
import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.Warehouse;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that die, or load at the same time. */
@Tag("slow")
class PostgreSqlProcessTest {

    private static final int ROWS = 10_000;

    @TempDir
    Path temp;

    private TestDatabase database;
    private Warehouse warehouse;

    @BeforeEach
    void open() {
        database = new TestDatabase();
        warehouse = LoadProcess.warehouse(database.url(), temp);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private List<Object> table() {
        try (QueryResult result =
                warehouse.query("SELECT count(*), count(DISTINCT n), max(n) FROM DLT.SHOP.PRODUCTS")) {
            return result.next();
        }
    }

    private static List<Object> rows(long count) {
        return List.of(count, count, count - 1);
    }

    private Process start(List<String> options, String id, Mode mode, int rows) throws Exception {
        return LoadProcess.start(temp, options, "load", database.url(), id, mode.name(), "" + rows);
    }

    @ParameterizedTest
    @ValueSource(strings = {"warehouse.staging", "warehouse.staged", "warehouse.commit", "warehouse.committed"})
    void aLoadThatIsKilledIsThereExactlyOnceAfterTheRetry(String failpoint) throws Exception {
        LoadProcess.load(warehouse, "before", Mode.APPEND, ROWS, 0);
        Process killed = start(List.of("-Dcaravan.failpoint=" + failpoint), "load", Mode.REPLACE, 20_000);
        assertThat(LoadProcess.output(killed)).doesNotContain("LOADED", "FAILED");
        assertThat(killed.exitValue()).isEqualTo(137);
        boolean committed = failpoint.equals("warehouse.committed");
        assertThat(table()).isEqualTo(rows(committed ? 20_000 : ROWS));

        LoadResult again = LoadProcess.load(warehouse, "load", Mode.REPLACE, 20_000, 0);

        assertThat(again.alreadyLoaded()).isEqualTo(committed);
        assertThat(again.inserted()).isEqualTo(20_000);
        assertThat(table()).isEqualTo(rows(20_000));
    }

    @Test
    void memoryDoesNotGrowWithTheRows() throws Exception {
        Process small = start(List.of("-Xmx40m"), "load", Mode.REPLACE, 500_000);

        assertThat(LoadProcess.output(small)).contains("LOADED").contains("500000 inserted");
        assertThat(table()).isEqualTo(rows(500_000));
    }

    /** Each of the processes brings other rows; those that lose have changed nothing. */
    @Test
    void ofProcessesAtTheSameTimeNoneIsLostOrDoubled() throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            processes.add(start(List.of(), "load " + i, Mode.APPEND, ROWS));
        }
        int committed = 0;
        for (Process process : processes) {
            String output = LoadProcess.output(process);
            assertThat(output).containsAnyOf("LOADED", "FAILED TransientException");
            committed += output.contains("LOADED") ? 1 : 0;
        }

        assertThat(committed).isPositive();
        assertThat(table()).isEqualTo(List.of((long) committed * ROWS, (long) ROWS, ROWS - 1L));
    }

    @Test
    void readersOfAReplacementSeeTheOldOrTheNew() throws Exception {
        LoadProcess.load(warehouse, "0", Mode.REPLACE, ROWS, 0);
        Path end = temp.resolve("end");
        Process watcher = LoadProcess.start(temp, List.of(), "watch", database.url(), end.toString());
        try (BufferedReader lines = watcher.inputReader()) {
            assertThat(lines.readLine()).isEqualTo("WATCHING");
            for (int i = 1; i <= 6; i++) {
                LoadProcess.load(warehouse, "" + i, Mode.REPLACE, ROWS, i % 2 * ROWS);
            }
            Files.createFile(end);

            assertThat(lines.readLine().substring("SEEN ".length()).split(" "))
                    .isSubsetOf("[10000,0,9999]", "[10000,10000,19999]");
        } finally {
            watcher.destroyForcibly();
        }
    }
}
