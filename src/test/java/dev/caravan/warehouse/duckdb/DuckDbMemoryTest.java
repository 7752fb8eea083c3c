package dev.caravan.warehouse.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.run.TransientException;
import dev.caravan.warehouse.LoadResult;
import dev.caravan.warehouse.WarehouseComponent;
import dev.caravan.warehouse.WarehouseFixture;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loads with less memory than their rows need. */
@Tag("slow")
class DuckDbMemoryTest extends WarehouseFixture {

    @TempDir
    Path directory;

    @Override
    protected WarehouseComponent component() {
        WarehouseComponent component = new WarehouseComponent();
        component.setDirectory(directory.toString());
        component.setMemory(48);
        return component;
    }

    /** More than the memory of a load, in fewer rows than DuckDB's appender holds. */
    @Test
    void fewRowsThatAreLargeAreLoaded() {
        String merge = TABLE + "?mode=merge&key=id";
        String megabyte = "x".repeat(1 << 20);
        load(merge, IntStream.range(0, 80).mapToObj(i -> row("id", i, "t", i + megabyte)));
        LoadResult again = load(merge, IntStream.range(0, 90).mapToObj(i -> row("id", i, "t", i % 2 + megabyte)));

        assertThat(again.inserted()).isEqualTo(10);
        assertThat(again.updated()).isEqualTo(78);
        assertThat(one("SELECT count(*) FROM " + TABLE + " WHERE length(t) = 1048577"))
                .isEqualTo(90L);
    }

    @Test
    void aRowThatTakesMoreThanTheMemoryIsRefusedWithDuckDbsReason() {
        Map<String, Object> row = row("id", 1);
        String part = "x".repeat(10 << 20);
        IntStream.range(0, 8).forEach(i -> row.put("t" + i, part));

        assertThatThrownBy(() -> load(TABLE, List.of(row)))
                .isInstanceOf(TransientException.class)
                .hasMessageContaining("too large for the memory of a load")
                .hasMessageContaining("failed to allocate");
    }
}
