package dev.caravan.warehouse.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.LoadGuarantees;
import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.WarehouseComponent;
import java.nio.file.Path;
import java.util.List;
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

    @Test
    void aQueryThatFailsOnALaterRowSaysSo() {
        assertThatThrownBy(() -> query(
                        "SELECT CASE WHEN i = 100000 THEN error('row 100000') ELSE i END" + " FROM range(200000) t(i)"))
                .hasMessageContaining("The query failed")
                .hasMessageContaining("row 100000");
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
