package dev.caravan.data;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Rows with declared columns, and columns made of them. */
public final class Vectors {

    private static final LocalDateTime EPOCH = LocalDateTime.of(1970, 1, 1, 0, 0);

    private Vectors() {}

    /** Returns rows with declared columns. */
    public static Rows rows(List<Column> columns, List<Map<String, Object>> rows) {
        return new Declared(columns, rows);
    }

    /**
     * Returns rows that are also handed over by column.
     *
     * @param batch the number of rows in a batch
     */
    public static ColumnarRows columnar(List<Column> columns, List<Map<String, Object>> rows, int batch) {
        return new Columnar(columns, rows, batch);
    }

    private static class Declared implements Rows {

        private final List<Column> columns;
        final Iterator<Map<String, Object>> rows;

        Declared(List<Column> columns, List<Map<String, Object>> rows) {
            this.columns = columns;
            this.rows = rows.iterator();
        }

        @Override
        public List<Column> columns() {
            return columns;
        }

        @Override
        public boolean hasNext() {
            return rows.hasNext();
        }

        @Override
        public Map<String, Object> next() {
            return rows.next();
        }

        @Override
        public void close() {}
    }

    private static final class Columnar extends Declared implements ColumnarRows {

        private final int batch;

        Columnar(List<Column> columns, List<Map<String, Object>> rows, int batch) {
            super(columns, rows);
            this.batch = batch;
        }

        @Override
        public ColumnBatch nextBatch() {
            List<Map<String, Object>> next = new ArrayList<>();
            while (next.size() < batch && rows.hasNext()) {
                next.add(rows.next());
            }
            List<ColumnVector> vectors = columns().stream()
                    .map(column -> vector(
                            column.type(),
                            next.stream().map(row -> row.get(column.name())).toArray()))
                    .toList();
            return next.isEmpty() ? null : new ColumnBatch(vectors, next.size());
        }
    }

    /** Returns a vector of values, without objects where vectors have such a form; all are of the Java type of their kind. */
    public static ColumnVector vector(ColumnType type, Object... values) {
        if (type == null || (type.kind() == ColumnType.Kind.DECIMAL && type.precision() > 18)) {
            return new ColumnVector.Objects(type, values);
        }
        boolean[] nulls = new boolean[values.length];
        for (int i = 0; i < values.length; i++) {
            nulls[i] = values[i] == null;
        }
        return switch (type.kind()) {
            case DOUBLE -> {
                double[] numbers = new double[values.length];
                for (int i = 0; i < values.length; i++) {
                    numbers[i] = nulls[i] ? 0 : (Double) values[i];
                }
                yield new ColumnVector.Doubles(type, numbers, nulls);
            }
            case TEXT, JSON, BINARY -> {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                int[] ends = new int[values.length];
                for (int i = 0; i < values.length; i++) {
                    bytes.writeBytes(bytes(values[i]));
                    ends[i] = bytes.size();
                }
                yield new ColumnVector.Bytes(type, bytes.toByteArray(), ends, nulls);
            }
            default -> {
                long[] numbers = new long[values.length];
                for (int i = 0; i < values.length; i++) {
                    numbers[i] = nulls[i] ? 0 : whole(type, values[i]);
                }
                yield new ColumnVector.Longs(type, numbers, nulls);
            }
        };
    }

    private static byte[] bytes(Object value) {
        return value == null
                ? new byte[0]
                : value instanceof byte[] bytes ? bytes : value.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static long whole(ColumnType type, Object value) {
        return switch (type.kind()) {
            case BOOLEAN -> (Boolean) value ? 1 : 0;
            case INTEGER -> (Long) value;
            case DECIMAL ->
                ((BigDecimal) value).setScale(type.scale()).unscaledValue().longValueExact();
            case DATE -> ((LocalDate) value).toEpochDay();
            case TIME -> ((LocalTime) value).toNanoOfDay() / 1_000;
            case TIMESTAMP -> micros((LocalDateTime) value);
            case TIMESTAMP_TZ ->
                micros(((OffsetDateTime) value)
                        .withOffsetSameInstant(ZoneOffset.UTC)
                        .toLocalDateTime());
            default -> throw new IllegalArgumentException(type.toString());
        };
    }

    private static long micros(LocalDateTime time) {
        return ChronoUnit.MICROS.between(EPOCH, time);
    }
}
