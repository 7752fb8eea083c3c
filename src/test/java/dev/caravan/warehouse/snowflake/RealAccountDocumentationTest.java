package dev.caravan.warehouse.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.run.TransientException;
import dev.caravan.warehouse.WarehouseComponent;
import dev.caravan.warehouse.WarehouseFixture;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/** What exactly-once and the types rest on, and what only Snowflake itself can show: docs/snowflake.md lists it. */
@EnabledIfEnvironmentVariable(named = RealAccount.SWITCH, matches = "true")
class RealAccountDocumentationTest extends WarehouseFixture {

    /** Seconds in which a statement that does not wait has long been answered. */
    private static final int WAITING = 10;

    @TempDir
    Path directory;

    private RealAccount account;
    private Connection first;
    private Connection second;

    @Override
    protected WarehouseComponent component() throws SQLException {
        account = new RealAccount(System.getenv(), "DLT");
        return account.component(directory);
    }

    @BeforeEach
    void connect() throws SQLException {
        first = account.connect();
        second = account.connect();
        run(first, "CREATE SCHEMA DLT.SHOP", "CREATE TABLE DLT.SHOP.T (ID NUMBER, V NUMBER)");
        run(first, "INSERT INTO DLT.SHOP.T VALUES (1, 1)");
    }

    @AfterEach
    void stop() throws SQLException {
        if (account != null) {
            first.close();
            second.close();
            account.close();
        }
    }

    private static int run(Connection connection, String... statements) throws SQLException {
        int changed = 0;
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                changed = statement.execute(sql) ? 0 : statement.getUpdateCount();
            }
        }
        return changed;
    }

    private static List<String> rows(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            List<String> rows = new ArrayList<>();
            while (result.next()) {
                rows.add(result.getString(1));
            }
            return rows;
        }
    }

    @Test
    void theSecondOfTwoUpdatesOfARowWaitsAndThenSeesTheFirst() throws Exception {
        String raise = "UPDATE DLT.SHOP.T SET V = 2 WHERE ID = 1 AND V = 1";
        run(first, "BEGIN", raise);
        CompletableFuture<Integer> other = CompletableFuture.supplyAsync(() -> {
            try {
                return run(second, raise);
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThatThrownBy(() -> other.get(WAITING, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
        run(first, "COMMIT");
        assertThat(other.get(5, TimeUnit.MINUTES)).isZero();
    }

    @Test
    void insertOverwriteIsPartOfTheTransactionAndReadersSeeTheOldRows() throws Exception {
        run(first, "BEGIN", "INSERT OVERWRITE INTO DLT.SHOP.T SELECT 7, 7");
        assertThat(rows(second, "SELECT ID FROM DLT.SHOP.T")).containsExactly("1");
        run(first, "ROLLBACK");
        assertThat(rows(first, "SELECT ID FROM DLT.SHOP.T")).containsExactly("1");
        run(first, "BEGIN", "INSERT OVERWRITE INTO DLT.SHOP.T SELECT 8, 8", "COMMIT");
        assertThat(rows(second, "SELECT ID FROM DLT.SHOP.T")).containsExactly("8");
    }

    @Test
    void replaceAndANewTypeKeepGrantsAndViews() throws Exception {
        String replace = TABLE + "?mode=replace";
        load(replace, List.of(row("id", 1, "v", 1L)));
        run(
                first,
                "GRANT SELECT ON TABLE " + TABLE + " TO ROLE PUBLIC",
                "CREATE VIEW DLT.SHOP.W AS SELECT ID, V FROM " + TABLE);

        load(replace, List.of(row("id", 1, "v", 2L)));
        load(TABLE + "?mode=append", List.of(row("id", 2, "v", "text")));

        assertThat(rows(first, "SELECT V FROM DLT.SHOP.W ORDER BY ID")).containsExactly("2", "text");
        run(first, "SHOW GRANTS ON TABLE " + TABLE);
        assertThat(rows(first, "SELECT \"grantee_name\" FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))"))
                .contains("PUBLIC");
    }

    @Test
    void filesOfCsvTellAnEmptyTextFromNullAndTakeColumnsThatAppearLate() {
        List<Map<String, Object>> rows = new ArrayList<>(IntStream.range(0, 5_000)
                .mapToObj(i -> row(
                        "id", i, "text", i % 3 == 0 ? null : i % 3 == 1 ? "" : "a \"quoted\", \\N\nline", "n", null))
                .toList());
        rows.add(row("id", 5_000, "text", "last", "n", 1, "late", "here"));

        load(TABLE + "?mode=replace", rows);

        assertThat(query("SELECT COUNT(*), COUNT(text), COUNT_IF(text = ''), COUNT(late), COUNT(n) FROM " + TABLE))
                .containsExactly(List.of(5_001L, 3_334L, 1_667L, 1L, 1L));
        assertThat(one("SELECT text FROM " + TABLE + " WHERE id = 2")).isEqualTo("a \"quoted\", \\N\nline");
    }

    @Test
    void stagedRowsGoWithTheirSession() throws Exception {
        run(first, "CREATE TEMPORARY TABLE DLT.SHOP.STAGED (ID NUMBER)", "CREATE TEMPORARY STAGE DLT.SHOP.FILES");
        assertThatThrownBy(() -> run(second, "SELECT * FROM DLT.SHOP.STAGED")).isInstanceOf(SQLException.class);
        Snowflake.end(first);
        first.close();
        first = account.connect();
        assertThatThrownBy(() -> run(first, "SELECT * FROM DLT.SHOP.STAGED")).isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> run(first, "LIST @DLT.SHOP.FILES")).isInstanceOf(SQLException.class);
    }

    @Test
    void theTwoFirstLoadsOfASchemaWaitForEachOther() throws Exception {
        List<CompletableFuture<Void>> loads = IntStream.of(1, 2)
                .mapToObj(i -> CompletableFuture.runAsync(() -> inTheEnd("DLT.NEW.T" + i + "?mode=append", i)))
                .toList();
        for (CompletableFuture<Void> load : loads) {
            load.get(10, TimeUnit.MINUTES);
        }
        assertThat(new TreeSet<>(rows(first, "SELECT TABLE_NAME FROM DLT.NEW._CARAVAN_STATE")))
                .containsExactly("T1", "T2");
    }

    private void inTheEnd(String options, int id) {
        for (int attempt = 1; ; attempt++) {
            try {
                load(options, List.of(row("id", id)));
                return;
            } catch (TransientException e) {
                if (attempt == 3) {
                    throw e;
                }
            }
        }
    }

    @Test
    void aStatementThatTakesLongIsWaitedFor() throws Exception {
        assertThat(rows(first, "SELECT SYSTEM$WAIT(60)")).hasSize(1);
    }

    @Test
    void jsonKeepsTheDigitsOfNumbers() {
        load(
                TABLE + "?mode=append&type.doc=JSON",
                List.of(row("id", 1, "doc", "{\"n\":1234567890123456789012345678.0123456789}")));

        assertThat(one("SELECT doc:n::VARCHAR FROM " + TABLE)).isEqualTo("1234567890123456789012345678.0123456789");
    }

    @Test
    void aDoubleThatBecomesTextReadsAsItWasWritten() {
        load(TABLE + "?mode=append", List.of(row("id", 1, "v", 0.1), row("id", 2, "v", 1e22)));
        load(TABLE + "?mode=append", List.of(row("id", 3, "v", "text")));

        assertThat(query("SELECT TRY_TO_DOUBLE(v) FROM " + TABLE + " WHERE id < 3 ORDER BY id"))
                .containsExactly(List.of(0.1), List.of(1e22));
    }
}
