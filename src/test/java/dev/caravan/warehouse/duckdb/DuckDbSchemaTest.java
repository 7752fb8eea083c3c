package dev.caravan.warehouse.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.data.Vectors;
import dev.caravan.warehouse.SchemaGuarantees;
import dev.caravan.warehouse.WarehouseComponent;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class DuckDbSchemaTest extends SchemaGuarantees {

    @TempDir
    Path directory;

    @Override
    protected WarehouseComponent component() {
        WarehouseComponent component = new WarehouseComponent();
        component.setDirectory(directory.toString());
        return component;
    }

    /** Whole vectors take another way into DuckDB than rows. */
    @Test
    void extremeValuesByColumnAreThoseByRow() {
        List<Column> columns = List.of(
                column("id", ColumnType.of(Kind.INTEGER)),
                column("flag", ColumnType.of(Kind.BOOLEAN)),
                column("amount", ColumnType.decimal(18, 6)),
                column("total", ColumnType.decimal(38, 10)),
                column("ratio", ColumnType.of(Kind.DOUBLE)),
                column("day", ColumnType.of(Kind.DATE)),
                column("clock", ColumnType.of(Kind.TIME)),
                column("at", ColumnType.of(Kind.TIMESTAMP)),
                column("moment", ColumnType.of(Kind.TIMESTAMP_TZ)),
                column("name", ColumnType.of(Kind.TEXT)),
                column("data", ColumnType.of(Kind.BINARY)),
                column("doc", ColumnType.of(Kind.JSON)));
        LocalDateTime before = LocalDateTime.of(-4711, 3, 1, 0, 0, 0, 1_000);
        LocalDateTime after = LocalDateTime.of(294_246, 12, 31, 23, 59, 59, 999_999_000);
        String document = "{\"n\":1e400,\"t\":\"\\u0000 \\ud83d\\ude00\",\"n\":-0.10}";
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Object[] values : new Object[][] {
            {
                Long.MIN_VALUE,
                true,
                new BigDecimal("-999999999999.999999"),
                new BigDecimal("-9999999999999999999999999999.9999999999"),
                Double.NEGATIVE_INFINITY,
                before.toLocalDate(),
                LocalTime.MIDNIGHT,
                before,
                before.atOffset(ZoneOffset.UTC),
                "a\0b",
                new byte[] {0, 0},
                document
            },
            {null, null, null, null, null, null, null, null, null, null, null, null},
            {
                Long.MAX_VALUE,
                false,
                new BigDecimal("0.000001"),
                new BigDecimal("1E-10"),
                Double.NaN,
                LocalDate.of(99_999, 12, 31),
                LocalTime.of(23, 59, 59, 999_999_000),
                after,
                after.atOffset(ZoneOffset.UTC),
                "",
                new byte[0],
                // half of a surrogate pair
                "\"\\ud800\""
            },
            {
                0L,
                false,
                new BigDecimal("0.000000"),
                new BigDecimal("0E-10"),
                -0.0,
                LocalDate.EPOCH,
                LocalTime.NOON,
                LocalDateTime.of(1582, 10, 10, 0, 0),
                OffsetDateTime.of(1969, 12, 31, 23, 59, 59, 999_999_000, ZoneOffset.UTC),
                "\ud83d\ude00 " + "x".repeat(5_000),
                new byte[5_000],
                "[]"
            }
        }) {
            rows.add(row(columns, values));
        }
        load("DLT.SHOP.ROWS", Vectors.rows(columns, rows));
        load("DLT.SHOP.COLUMNS", Vectors.columnar(columns, rows, 2));

        String text = columns.stream()
                .map(column -> "CAST(\"" + column.name() + "\" AS VARCHAR)")
                .collect(Collectors.joining(", "));
        assertThat(query("SELECT " + text + " FROM DLT.SHOP.COLUMNS ORDER BY rowid"))
                .hasSize(4)
                .isEqualTo(query("SELECT " + text + " FROM DLT.SHOP.ROWS ORDER BY rowid"));
        assertThat(query("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'COLUMNS'"))
                .isEqualTo(query("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'ROWS'"));
    }
}
