package dev.caravan.warehouse.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.LoadGuarantees;
import dev.caravan.warehouse.LoadResult;
import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.WarehouseComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DuckDbLoadTest extends LoadGuarantees {

    @TempDir
    Path directory;

    @Override
    protected WarehouseComponent component() {
        WarehouseComponent component = new WarehouseComponent();
        component.setDirectory(directory.resolve("warehouse").toString());
        component.setLockTimeout(2_000);
        return component;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "COPY (SELECT 1) TO 'x.csv'",
                "ATTACH 'x.duckdb' AS x",
                "SELECT * FROM read_text('/etc/hostname')",
                "SET enable_external_access = true",
                "INSTALL httpfs"
            })
    void queriesReachNothingBesideTheWarehouse(String sql) {
        assertThatThrownBy(() -> query(sql)).isInstanceOf(PermanentException.class);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, -2, 0.1, 1e10, 123456.75, 0.0001, 1e-5, 1.5e-7, 1e15, 1e16, 1e22, -1.25e200})
    void aDoubleIsWrittenInOneWay(double key) {
        String merge = TABLE + "?mode=merge&key=id";
        load(merge, List.of(row("id", 0.5), row("id", key)));
        load(merge, List.of(row("id", "text"), row("id", key)));

        assertThat(one("SELECT count(*) FROM " + TABLE)).isEqualTo(3L);
    }

    @Test
    void aTimeThatDuckDbCannotCountIsNamed() {
        LocalDateTime time = LocalDateTime.of(294276, 12, 31, 10, 0);
        for (Object far : List.of(time, time.atOffset(ZoneOffset.UTC))) {
            assertThatThrownBy(() -> load(TABLE, List.of(row("id", 1, "far", far))))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining(TABLE + " have in column 2 the time 294276-12-31 10:00:00");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE UNIQUE INDEX ids ON PRODUCTS (id)",
                "CREATE INDEX names ON PRODUCTS (name)",
                "ALTER TABLE PRODUCTS ADD PRIMARY KEY (id)",
                "ALTER TABLE PRODUCTS ADD COLUMN note TEXT DEFAULT 'none'",
                "SELECT 1"
            })
    void aMergeKeepsWhatUsersHaveAddedToATable(String script) {
        String merge = TABLE + "?mode=merge&key=id";
        load(merge, List.of(row("id", 1, "name", "a"), row("id", 2, "name", "b")));
        send("DLT.SHOP?operation=script", script, Map.of());
        boolean noted = script.contains("note");
        if (noted) {
            send("DLT.SHOP?operation=script", "UPDATE PRODUCTS SET note = 'n' || id", Map.of());
        }
        for (int change = 1; change <= 3; change++) {
            LoadResult merged =
                    load(merge, List.of(row("id", 1, "name", "a" + change), row("id", 2 + change, "name", "c")));
            assertThat(List.of(merged.inserted(), merged.updated())).containsExactly(1L, 1L);
        }

        assertThat(query("SELECT id, name FROM " + TABLE + " ORDER BY id"))
                .containsExactly(
                        List.of(1L, "a3"), List.of(2L, "b"), List.of(3L, "c"), List.of(4L, "c"), List.of(5L, "c"));
        if (noted) {
            assertThat(query("SELECT note FROM " + TABLE + " ORDER BY id"))
                    .containsExactly(List.of("n1"), List.of("n2"), List.of("none"), List.of("none"), List.of("none"));
        }
    }

    @Test
    void theCursorOfATableThatWasDroppedIsGone() {
        String append = TABLE + "?cursor=id";
        String readCursor = TABLE + "?operation=readCursor&initialValue=0";
        load(append, List.of(row("id", 42L)));
        send("DLT.SHOP?operation=script", "DROP TABLE PRODUCTS", Map.of());
        assertThat(readCursor(readCursor)).isEqualTo(0L);

        load(append, List.of(row("id", 7L)));
        assertThat(readCursor(readCursor)).isEqualTo(7L);
    }

    @Test
    void aQueryThatFailsOnALaterRowSaysSo() {
        assertThatThrownBy(() -> query(
                        "SELECT CASE WHEN i = 100000 THEN error('row 100000') ELSE i END" + " FROM range(200000) t(i)"))
                .hasMessageContaining("The query failed")
                .hasMessageContaining("row 100000");
    }

    @Test
    void aFileThatIsNoDatabaseOfOursIsInNobodysWay() throws Exception {
        load(TABLE, List.of(row("id", 1)));
        Files.copy(directory.resolve("warehouse/DLT.duckdb"), directory.resolve("warehouse/DLT.backup.duckdb"));

        assertThat(one("SELECT count(*) FROM " + TABLE)).isEqualTo(1L);
        load(TABLE, List.of(row("id", 2)));
    }

    @Test
    void aQueryThatIsClosedEarlyLetsGoOfTheFiles() {
        load(TABLE, List.of(row("id", 1)));
        try (QueryResult result = warehouse().query("SELECT * FROM range(10000000)")) {
            result.next();
        }
        assertThat(load(TABLE, List.of(row("id", 2))).inserted()).isEqualTo(1);
    }
}
