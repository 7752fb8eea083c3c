package dev.caravan.warehouse.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.data.ColumnVector;
import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.Json;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CsvFileTest {

    private static final String TEXT = "a \"quoted\"\nline, é\uD83D\uDE00\"";

    @TempDir
    Path directory;

    private String written(int rows, ColumnVector... columns) throws IOException {
        Path path = directory.resolve("rows.csv.zst");
        try (CsvFile file = new CsvFile(path, columns.length)) {
            for (int row = 0; row < rows; row++) {
                file.write(100 + row, List.of(columns), row);
            }
        }
        try (InputStream in = new ZstdInputStreamNoFinalizer(Files.newInputStream(path))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static ColumnVector objects(Kind kind, Object... values) {
        return new ColumnVector.Objects(ColumnType.of(kind), values);
    }

    /** The reference, in which values have been written since before there were vectors. */
    private static String enclosed(Object value) {
        return '"' + SnowflakeValues.text(value).replace("\"", "\"\"") + '"';
    }

    @Test
    void objectsOfAllKinds() throws IOException {
        byte[] bytes = {0, -1, '"'};
        String line = written(
                1,
                objects(Kind.BOOLEAN, true),
                objects(Kind.INTEGER, -5L),
                objects(Kind.DECIMAL, new BigDecimal("1.50")),
                objects(Kind.DOUBLE, Double.NaN),
                objects(Kind.DOUBLE, Double.NEGATIVE_INFINITY),
                objects(Kind.DATE, LocalDate.of(1, 1, 1)),
                objects(Kind.TIME, LocalTime.of(23, 59, 59, 999_999_000)),
                objects(Kind.TIMESTAMP, LocalDateTime.of(9999, 12, 31, 23, 59, 59)),
                objects(Kind.TIMESTAMP_TZ, OffsetDateTime.parse("2026-01-01T00:30:00+02:00")),
                objects(Kind.TEXT, TEXT),
                objects(Kind.TEXT, ""),
                objects(Kind.TEXT, new Object[] {null}),
                objects(Kind.BINARY, bytes),
                objects(Kind.JSON, new Json("{\"a\": \"b\"}")));

        assertThat(line)
                .isEqualTo("100,true,-5,1.5,nan,-inf,0001-01-01,23:59:59.999999,9999-12-31 23:59:59,"
                        + "2025-12-31 22:30:00+00:00," + enclosed(TEXT) + ",\"\",," + enclosed(bytes) + ","
                        + enclosed(new Json("{\"a\": \"b\"}")) + "\n");
    }

    /** Whatever holds them, the same values are the same bytes; nothing is NULL, and an empty text is not nothing. */
    @Test
    void vectorsAreWrittenAsObjectsAre() throws IOException {
        byte[] text = (TEXT + "\"\"").getBytes(StandardCharsets.UTF_8);
        int[] ends = {text.length - 2, text.length - 2, text.length, text.length};
        boolean[] nulls = {false, false, false, true};
        long[] numbers = {-123_450, 0, 7_654_321_098_765L, 5};
        ColumnVector[] vectors = {
            new ColumnVector.Longs(ColumnType.of(Kind.BOOLEAN), numbers, nulls),
            new ColumnVector.Longs(ColumnType.of(Kind.INTEGER), numbers, nulls),
            new ColumnVector.Longs(ColumnType.decimal(18, 4), numbers, nulls),
            new ColumnVector.Longs(ColumnType.of(Kind.TIMESTAMP), numbers, nulls),
            new ColumnVector.Longs(ColumnType.of(Kind.TIMESTAMP_TZ), numbers, nulls),
            new ColumnVector.Longs(ColumnType.of(Kind.DATE), new long[] {-1, 0, 20_000, 0}, nulls),
            new ColumnVector.Longs(ColumnType.of(Kind.TIME), new long[] {1, 0, 20_000, 0}, null),
            new ColumnVector.Doubles(ColumnType.of(Kind.DOUBLE), new double[] {0.1, -0.0, Double.NaN, 0}, nulls),
            new ColumnVector.Bytes(ColumnType.of(Kind.TEXT), text, ends, nulls),
            new ColumnVector.Bytes(ColumnType.of(Kind.JSON), text, ends, null),
            new ColumnVector.Bytes(ColumnType.of(Kind.BINARY), text, ends, nulls)
        };
        ColumnVector[] objects = new ColumnVector[vectors.length];
        for (int i = 0; i < vectors.length; i++) {
            Object[] values = new Object[4];
            for (int row = 0; row < values.length; row++) {
                values[row] = vectors[i].get(row);
            }
            objects[i] = new ColumnVector.Objects(vectors[i].type(), values);
        }

        assertThat(written(4, vectors)).isEqualTo(written(4, objects)).endsWith("103,,,,,,,00:00:00,,,\"\",\n");
    }

    @ParameterizedTest
    @ValueSource(longs = {-719_163, 2_932_897})
    void datesOutOfSnowflakesYearsAreRefused(long day) {
        long micros = day * 86_400_000_000L;
        for (ColumnVector column : List.of(
                new ColumnVector.Longs(ColumnType.of(Kind.DATE), new long[] {day}, null),
                new ColumnVector.Longs(ColumnType.of(Kind.TIMESTAMP), new long[] {micros}, null),
                new ColumnVector.Longs(ColumnType.of(Kind.TIMESTAMP_TZ), new long[] {micros}, null),
                objects(Kind.DATE, LocalDate.ofEpochDay(day)))) {
            assertThatThrownBy(() -> written(1, column))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("out of Snowflake's range");
        }
    }

    /** What the compressor has not written yet counts, so that a file does not grow beyond its limit unnoticed. */
    @Test
    void theSizeGrowsWithEachRow() throws IOException {
        ColumnVector column = objects(Kind.TEXT, "x".repeat(1_000));
        try (CsvFile file = new CsvFile(directory.resolve("rows.csv.zst"), 1)) {
            file.write(1, List.of(column), 0);
            long one = file.size();
            file.write(2, List.of(column), 0);
            assertThat(file.size()).isGreaterThan(one + 1_000);
        }
    }
}
