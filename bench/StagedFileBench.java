package dev.caravan.warehouse.snowflake;

import com.sun.management.OperatingSystemMXBean;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.data.ColumnVector;
import java.io.BufferedWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.temporal.Temporal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * What a load into Snowflake costs the client until its files are uploaded: rows for each second of CPU, from batches that are
 * there already into a compressed file. Beside it, the way until 2026-11: a String for each value, and gzip.
 */
public final class StagedFileBench {

    private static final long ROWS = Long.getLong("snowflakeRows", 3_000_000);
    private static final int BATCH = 2_048;
    private static final int BATCHES = 16;
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private StagedFileBench() {}

    public static void measure(Path directory) throws IOException {
        Path file = Files.createDirectories(directory).resolve("rows.csv");
        for (boolean wide : new boolean[] {false, true}) {
            List<List<ColumnVector>> vectors = new ArrayList<>();
            List<List<ColumnVector>> objects = new ArrayList<>();
            Random random = new Random(1);
            for (int i = 0; i < BATCHES; i++) {
                vectors.add(batch(wide, (long) i * BATCH, random));
                objects.add(vectors.get(i).stream().map(StagedFileBench::objects).toList());
            }
            for (int round = 1; round <= Integer.getInteger("rounds", 3); round++) {
                say(wide, "Strings, gzip", file, out -> gzip(file, objects, out));
                say(wide, "objects, zstd", file, out -> zstd(file, objects, out));
                say(wide, "vectors, zstd", file, out -> zstd(file, vectors, out));
            }
            Files.delete(file);
        }
    }

    private interface Way {
        void write(long rows) throws IOException;
    }

    private static void say(boolean wide, String name, Path file, Way way) throws IOException {
        long rows = ROWS / (wide ? 8 : 1) / BATCH * BATCH;
        System.gc();
        long before = SYSTEM.getProcessCpuTime();
        way.write(rows);
        double cpu = (SYSTEM.getProcessCpuTime() - before) / 1e9;
        System.out.printf(
                Locale.ROOT,
                "%-6s %s: %,d rows, %d MB, %.2f s of CPU, %,.0f rows for each%n",
                wide ? "wide" : "narrow",
                name,
                rows,
                Files.size(file) >> 20,
                cpu,
                rows / cpu);
    }

    private static void zstd(Path file, List<List<ColumnVector>> batches, long rows) throws IOException {
        try (CsvFile csv = new CsvFile(file, batches.get(0).size())) {
            for (long row = 0; row < rows; row++) {
                csv.write(row, batches.get((int) (row / BATCH % BATCHES)), (int) (row % BATCH));
            }
        }
    }

    private static void gzip(Path file, List<List<ColumnVector>> batches, long rows) throws IOException {
        try (Writer csv = new BufferedWriter(
                new OutputStreamWriter(new FastGzip(Files.newOutputStream(file)), StandardCharsets.UTF_8), 1 << 16)) {
            for (long row = 0; row < rows; row++) {
                csv.write(Long.toString(row));
                for (ColumnVector column : batches.get((int) (row / BATCH % BATCHES))) {
                    csv.write(',');
                    Object value = column.get((int) (row % BATCH));
                    if (value instanceof Number || value instanceof Boolean || value instanceof Temporal) {
                        csv.write(SnowflakeValues.text(value));
                    } else if (value != null) {
                        csv.write('"');
                        csv.write(SnowflakeValues.text(value).replace("\"", "\"\""));
                        csv.write('"');
                    }
                }
                csv.write('\n');
            }
        }
    }

    private static final class FastGzip extends GZIPOutputStream {

        FastGzip(OutputStream out) throws IOException {
            super(out, 1 << 16);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }

    // --- the rows: those of the part peers, as far as kinds and lengths go

    private static List<ColumnVector> batch(boolean wide, long first, Random random) {
        List<ColumnVector> columns = new ArrayList<>();
        for (int column = 0; column < (wide ? 30 : 5); column++) {
            boolean[] nulls = wide && column > 0 ? new boolean[BATCH] : null;
            for (int row = 0; nulls != null && row < BATCH; row++) {
                nulls[row] = (row * 31 + column) % 5 == 0;
            }
            columns.add(column(wide ? column % 15 : column, first, random, nulls));
        }
        return columns;
    }

    private static ColumnVector column(int kind, long first, Random random, boolean[] nulls) {
        return switch (kind) {
            case 0 -> longs(ColumnType.of(Kind.INTEGER), nulls, row -> first + row);
            case 1 -> longs(ColumnType.of(Kind.INTEGER), nulls, row -> random.nextInt(1_000_000));
            case 2 -> longs(ColumnType.decimal(12, 2), nulls, row -> 499 + (first + row) * 7_919 % 5_000_000);
            case 3 -> text(nulls, row -> "Café Table " + (1_000 + (first + row) / 5));
            case 4 ->
                longs(
                        ColumnType.of(Kind.TIMESTAMP),
                        nulls,
                        row -> 1_767_225_600_000_000L + (first + row) * 1_000_003);
            case 5 -> text(nulls, row -> "a \"quoted\" text\nwith lines \uD83D\uDE00 " + (first + row));
            case 6 -> text(nulls, row -> "{\"a\": " + (first + row) + ", \"b\": [1, 2, \"x\"]}");
            case 7 ->
                longs(
                        ColumnType.of(Kind.TIMESTAMP_TZ),
                        nulls,
                        row -> 1_735_689_600_000_000L + (first + row) * 61_000_000);
            case 8 -> longs(ColumnType.of(Kind.DATE), nulls, row -> LocalDate.of(2000, 1, 1).toEpochDay() + row);
            case 9 -> {
                Object[] values = new Object[BATCH];
                for (int row = 0; row < BATCH; row++) {
                    values[row] = nulls != null && nulls[row]
                            ? null
                            : new BigDecimal("12345678901234.1234567890").add(BigDecimal.valueOf(first + row));
                }
                yield new ColumnVector.Objects(ColumnType.decimal(38, 10), values);
            }
            case 10 -> longs(ColumnType.of(Kind.BOOLEAN), nulls, row -> row % 2);
            case 11 -> text(nulls, row -> new UUID(random.nextLong(), random.nextLong()).toString());
            case 12 -> {
                double[] values = random.doubles(BATCH, 0, 1_000).toArray();
                yield new ColumnVector.Doubles(ColumnType.of(Kind.DOUBLE), values, nulls);
            }
            case 13 -> longs(ColumnType.of(Kind.INTEGER), nulls, row -> row % 1_000);
            default -> text(nulls, row -> "varchar " + row % 1_000);
        };
    }

    private interface LongOf {
        long at(int row);
    }

    private interface TextOf {
        String at(int row);
    }

    private static ColumnVector longs(ColumnType type, boolean[] nulls, LongOf of) {
        long[] values = new long[BATCH];
        for (int row = 0; row < BATCH; row++) {
            values[row] = of.at(row);
        }
        return new ColumnVector.Longs(type, values, nulls);
    }

    private static ColumnVector text(boolean[] nulls, TextOf of) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int[] ends = new int[BATCH];
        for (int row = 0; row < BATCH; row++) {
            bytes.writeBytes(of.at(row).getBytes(StandardCharsets.UTF_8));
            ends[row] = bytes.size();
        }
        return new ColumnVector.Bytes(ColumnType.of(Kind.TEXT), bytes.toByteArray(), ends, nulls);
    }

    private static ColumnVector objects(ColumnVector vector) {
        Object[] values = new Object[BATCH];
        for (int row = 0; row < BATCH; row++) {
            values[row] = vector.get(row);
        }
        return new ColumnVector.Objects(vector.type(), values);
    }
}
