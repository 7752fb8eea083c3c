package dev.caravan.warehouse.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.run.TransientException;
import dev.caravan.snowflake.fake.StatementError;
import dev.caravan.warehouse.WarehouseComponent;
import dev.caravan.warehouse.WarehouseFixture;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Loads into one table that meet each other, at each step that is none of the transaction's. */
@Tag("slow")
class SnowflakeConcurrencyTest extends WarehouseFixture {

    private static final String MERGE = TABLE + "?mode=merge&key=id&loadId=";

    @TempDir
    Path directory;

    private TestAccount account;

    @Override
    protected WarehouseComponent component() {
        account = new TestAccount("DLT");
        account.snowflake.allowQueries();
        return account.component(directory);
    }

    @AfterEach
    void stop() {
        account.close();
    }

    /** What a second load has come to. */
    private static final class Rival {

        private final AtomicBoolean begun = new AtomicBoolean();
        private RuntimeException failure;
    }

    /** Lets a second load run when a statement of the first arrives, before that is carried out. */
    private Rival at(String statement, Runnable load) {
        Pattern pattern = Pattern.compile(statement, Pattern.CASE_INSENSITIVE);
        Rival rival = new Rival();
        account.snowflake.handle((session, sql) -> {
            if (pattern.matcher(sql).find() && rival.begun.compareAndSet(false, true)) {
                try {
                    load.run();
                } catch (RuntimeException e) {
                    rival.failure = e;
                }
            }
            return Optional.empty();
        });
        return rival;
    }

    /** Loads as a pipeline does, which tries again what is transient. */
    private void loadInTheEnd(String options, List<Map<String, Object>> rows) {
        for (int attempt = 1; ; attempt++) {
            try {
                load(options, rows);
                return;
            } catch (TransientException e) {
                if (attempt == 3) {
                    throw e;
                }
            }
        }
    }

    /** Both ask, neither finds anything, both create it: one of them may be told that it exists. */
    @ParameterizedTest
    @ValueSource(strings = {"SCHEMA .*", "TABLE .*_CARAVAN_LOADS.*", "TABLE .*_CARAVAN_STATE.*"})
    void twoFirstLoadsMayCreateTheSameAtOnce(String what) {
        AtomicBoolean begun = new AtomicBoolean();
        account.snowflake.handle((session, sql) -> {
            if (sql.matches("(?is)CREATE " + what) && begun.compareAndSet(false, true)) {
                load("DLT.NEW_SHOP.B?mode=append&loadId=b", List.of(row("id", 2)));
                throw StatementError.exists("it");
            }
            return Optional.empty();
        });

        load("DLT.NEW_SHOP.A?mode=append&loadId=a", List.of(row("id", 1)));

        assertThat(begun).isTrue();
        assertThat(query("SELECT id FROM DLT.NEW_SHOP.A UNION ALL SELECT id FROM DLT.NEW_SHOP.B ORDER BY 1"))
                .containsExactly(List.of(1L), List.of(2L));
    }

    private static Stream<Arguments> meetings() {
        List<String> steps = List.of(
                "^UPDATE .*_CARAVAN_STATE\" SET version = \\?, load_id",
                "ADD COLUMN \"_CARAVAN_NEW_V",
                "^UPDATE .* SET \"_CARAVAN_NEW_V",
                "RENAME COLUMN \"V\"",
                "RENAME COLUMN \"_CARAVAN_NEW_V",
                "^UPDATE .* IS NULL AND",
                "DROP COLUMN \"_CARAVAN_OLD_V",
                "^BEGIN");
        List<Map<String, Object>> rivals = List.of(
                row("id", 1, "v", 10L), // fits the column as it was
                row("id", 1, "v", 10.5), // wants another type
                row("id", 1, "v", 10L, "w", true)); // wants another column
        return steps.stream().flatMap(step -> rivals.stream().map(rival -> Arguments.of(step, rival)));
    }

    /** Nothing is lost, nothing is wedged, and in the end both loads are in. */
    @ParameterizedTest
    @MethodSource("meetings")
    void aLoadThatBeginsWhileAColumnChanges(String step, Map<String, Object> rivalsRow) {
        load(TABLE, List.of(row("id", 1, "v", 1L), row("id", 2, "v", null)));
        List<Map<String, Object>> rivalsRows = List.of(rivalsRow, row("id", 4, "v", rivalsRow.get("v")));
        Rival rival = at(step, () -> load(MERGE + "rival", rivalsRows));

        loadInTheEnd(MERGE + "first", List.of(row("id", 3, "v", "text")));
        assertThat(rival.begun).isTrue();
        assertThat(rival.failure).satisfiesAnyOf(failure -> assertThat(failure).isNull(), failure -> assertThat(failure)
                .isInstanceOf(TransientException.class));
        loadInTheEnd(MERGE + "rival", rivalsRows);

        assertThat(query("SELECT id, v FROM " + TABLE + " ORDER BY id"))
                .containsExactly(
                        List.of(1L, rivalsRow.get("v").toString()),
                        Arrays.asList(2L, null),
                        List.of(3L, "text"),
                        List.of(4L, rivalsRow.get("v").toString()));
        assertThat(account.snowflake.query("SELECT column_name FROM duckdb_columns() WHERE table_name = 'PRODUCTS'"))
                .hasSize(rivalsRow.size() + 1);
    }

    /** The full refresh of a table that another pipeline merges into. */
    @Test
    void aReplacementThatBeginsWhileAColumnChangesWaitsItsTurn() {
        load(TABLE, List.of(row("id", 1, "v", 1L)));
        List<Map<String, Object>> all = List.of(row("id", 1, "v", 7L), row("id", 2, "v", 8L));
        Rival rival = at("^UPDATE .* SET \"_CARAVAN_NEW_V", () -> load(TABLE + "?mode=replace&loadId=rival", all));

        load(MERGE + "first", List.of(row("id", 3, "v", "text")));
        assertThat(rival.failure)
                .isInstanceOf(TransientException.class)
                .hasMessageContaining("The load first is changing the columns of DLT.SHOP.PRODUCTS");
        loadInTheEnd(TABLE + "?mode=replace&loadId=rival", all);

        assertThat(query("SELECT id, v FROM " + TABLE + " ORDER BY id"))
                .containsExactly(List.of(1L, "7"), List.of(2L, "8"));
    }

    /** A process that is gone: neither its change nor what would give the table back arrives. */
    private void dieInTheMiddleOfAChange() {
        load(TABLE, List.of(row("id", 1, "v", 1L)));
        account.snowflake.fail(
                "RENAME COLUMN \"_CARAVAN_NEW_|SET version = \\? WHERE", 604, "57014", "SQL execution canceled", 2);
        assertThatThrownBy(() -> load(MERGE + "dead", List.of(row("id", 2, "v", "text"))))
                .isInstanceOf(TransientException.class);
    }

    @Test
    void aLoadThatDiesWhileAColumnChangesGoesOnWhenItIsTriedAgain() {
        dieInTheMiddleOfAChange();

        assertThatThrownBy(() -> load(MERGE + "rival", List.of(row("id", 3, "v", 3L))))
                .isInstanceOf(TransientException.class)
                .hasMessageContaining("The load dead is changing the columns");
        load(MERGE + "dead", List.of(row("id", 2, "v", "text")));
        load(MERGE + "rival", List.of(row("id", 3, "v", 3L)));

        assertThat(query("SELECT id, v FROM " + TABLE + " ORDER BY id"))
                .containsExactly(List.of(1L, "1"), List.of(2L, "text"), List.of(3L, "3"));
        assertThat(one("SELECT version FROM DLT.SHOP._CARAVAN_STATE")).isEqualTo(4L);
    }

    @Test
    void aLoadThatDiesWhileAColumnChangesAndIsNotTriedAgainIsGivenUpAfterFourHours() {
        dieInTheMiddleOfAChange();
        account.snowflake.execute("UPDATE DLT.SHOP._CARAVAN_STATE SET UPDATED_AT = UPDATED_AT - INTERVAL '4 hours'");

        load(MERGE + "rival", List.of(row("id", 3, "v", 3L)));

        assertThat(query("SELECT id, v FROM " + TABLE + " ORDER BY id"))
                .containsExactly(List.of(1L, "1"), List.of(3L, "3"));
    }

    @Test
    void aTableCanBeGivenBackByHand() {
        dieInTheMiddleOfAChange();
        account.snowflake.execute(
                "UPDATE DLT.SHOP._CARAVAN_STATE SET VERSION = -VERSION WHERE TABLE_NAME = 'PRODUCTS' AND VERSION < 0");

        load(MERGE + "rival", List.of(row("id", 3, "v", 3L)));

        assertThat(query("SELECT id, v FROM " + TABLE + " ORDER BY id"))
                .containsExactly(List.of(1L, "1"), List.of(3L, "3"));
    }

    /** What other versions of Caravan, or a hand, may have left. */
    @Test
    void aColumnOfWhichOnlyTheOldOneIsLeftComesBack() {
        load(TABLE, List.of(row("id", 1, "v", 1L)));
        account.snowflake.execute("ALTER TABLE DLT.SHOP.PRODUCTS RENAME COLUMN V TO _CARAVAN_OLD_V");

        load(TABLE, List.of(row("id", 2, "v", 2L)));

        assertThat(query("SELECT id, v FROM " + TABLE + " ORDER BY id"))
                .containsExactly(List.of(1L, 1L), List.of(2L, 2L));
    }

    /** The check inside the transaction: the one before it has seen nothing. */
    @Test
    void aLoadThatIsOvertakenInsideItsTransactionCommitsNothing() {
        load(TABLE, List.of(row("id", 1, "v", 1L)));
        Rival rival =
                at("^INSERT INTO \"DLT\".\"SHOP\".\"PRODUCTS\"", () -> load(TABLE, List.of(row("id", 2, "v", 2L))));

        assertThatThrownBy(() -> load(TABLE, List.of(row("id", 3, "v", 3L))))
                .isInstanceOf(TransientException.class)
                .hasMessageContaining("Another load has written");

        assertThat(rival.failure).isNull();
        assertThat(query("SELECT id FROM " + TABLE + " ORDER BY id")).containsExactly(List.of(1L), List.of(2L));
    }

    /** What a change does to a load that does not know of it is no mistake of that load's. */
    @Test
    void anErrorThatAnothersChangeHasCausedIsTriedAgain() {
        load(TABLE, List.of(row("id", 1, "v", 1L)));
        List<Map<String, Object>> rivalsRows = List.of(row("id", 2, "v", "text"));
        AtomicBoolean begun = new AtomicBoolean();
        account.snowflake.handle((session, sql) -> {
            if (sql.startsWith("INSERT INTO \"DLT\".\"SHOP\".\"PRODUCTS\"") && begun.compareAndSet(false, true)) {
                load(TABLE + "?loadId=rival", rivalsRows);
                throw new StatementError(904, "42000", "SQL compilation error:\ninvalid identifier 'V'");
            }
            return Optional.empty();
        });

        assertThatThrownBy(() -> load(TABLE, List.of(row("id", 3, "v", 3L))))
                .isInstanceOf(TransientException.class)
                .hasMessageContaining("Another load has written");
    }

    /** Wherever they meet: the table is made, or the column added, by one of them, and the other begins again. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "^SELECT count",
                "^CREATE TABLE IF NOT EXISTS \"DLT\".\"SHOP\".\"_CARAVAN_STATE\"",
                "^MERGE INTO \"DLT\".\"SHOP\".\"_CARAVAN_STATE\"",
                "^UPDATE .*_CARAVAN_STATE\" SET version = \\?, load_id",
                "^CREATE TABLE IF NOT EXISTS \"DLT\".\"SHOP\".\"PRODUCTS\"",
                "^BEGIN"
            })
    void twoFirstLoadsWithDifferentColumns(String step) {
        Rival rival =
                at(step, () -> load(TABLE + "?loadId=rival", List.of(row("id", 2, "b", new BigDecimal("1.255")))));

        loadInTheEnd(TABLE + "?loadId=first", List.of(row("id", 1, "a", "x", "b", 1L)));
        assertThat(rival.failure).satisfiesAnyOf(failure -> assertThat(failure).isNull(), failure -> assertThat(failure)
                .isInstanceOf(TransientException.class));
        loadInTheEnd(TABLE + "?loadId=rival", List.of(row("id", 2, "b", new BigDecimal("1.255"))));

        assertThat(query("SELECT id, a, b FROM " + TABLE + " ORDER BY id"))
                .containsExactly(
                        List.of(1L, "x", new BigDecimal("1.000")), Arrays.asList(2L, null, new BigDecimal("1.255")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"^SELECT count", "^UPDATE .*_CARAVAN_STATE\" SET version = \\?, load_id", "ADD COLUMN \"W\""})
    void twoLoadsWithTheSameNewColumn(String step) {
        load(TABLE, List.of(row("id", 1)));
        Rival rival = at(step, () -> load(TABLE + "?loadId=rival", List.of(row("id", 2, "w", "rival's"))));

        loadInTheEnd(TABLE + "?loadId=first", List.of(row("id", 3, "w", 3L)));
        assertThat(rival.failure).satisfiesAnyOf(failure -> assertThat(failure).isNull(), failure -> assertThat(failure)
                .isInstanceOf(TransientException.class));
        loadInTheEnd(TABLE + "?loadId=rival", List.of(row("id", 2, "w", "rival's")));

        List<List<Object>> expected = new ArrayList<>(List.of(Arrays.asList(1L, null)));
        expected.add(List.of(2L, "rival's"));
        expected.add(List.of(3L, "3"));
        assertThat(query("SELECT id, w FROM " + TABLE + " ORDER BY id")).isEqualTo(expected);
    }
}
