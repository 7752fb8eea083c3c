package dev.caravan.warehouse.postgresql;

import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.data.ColumnVector;
import dev.caravan.warehouse.TextBuffer;
import dev.caravan.warehouse.Values;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.time.temporal.Temporal;
import java.util.EnumSet;
import java.util.Set;

/** Rows in the text format of {@code COPY}: a line per row, values separated by tabs. */
final class CopyText {

    private static final Set<Kind> DATES = EnumSet.of(Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMP_TZ);

    /** How Values writes the era; PostgreSQL wants it at the end. */
    private static final String BEFORE_CHRIST = " (BC)";

    private final TextBuffer lines = new TextBuffer();

    /** Begins a row with its number. */
    void row(long number) {
        lines.number(number);
    }

    /**
     * Adds a value to the row.
     *
     * @param type the column's, which can be wider than the vector's
     * @return how many bytes it takes
     * @throws NulCharacterException if it is a text that PostgreSQL cannot store
     */
    int value(ColumnVector column, int row, ColumnType type) throws NulCharacterException {
        lines.put('\t');
        int start = lines.size();
        if (column.isNull(row)) {
            lines.put("\\N");
        } else {
            write(column, row, type.kind());
        }
        return lines.size() - start;
    }

    void endRow() {
        lines.put('\n');
    }

    /** How many bytes have been written since {@link #take}. */
    int length() {
        return lines.size();
    }

    /** The rows written since the last call. */
    byte[] take() {
        return lines.take();
    }

    private void write(ColumnVector column, int row, Kind kind) throws NulCharacterException {
        if (kind == Kind.TEXT || kind == Kind.JSON) {
            text(column, row);
        } else if (DATES.contains(kind) && isBeforeChrist(column, row)) {
            lines.put(Values.text(column.get(row)).replace(BEFORE_CHRIST, "") + " BC");
        } else {
            if (kind == Kind.BINARY) {
                lines.put("\\\\x");
            }
            lines.value(column, row);
        }
    }

    private static boolean isBeforeChrist(ColumnVector column, int row) {
        if (column instanceof ColumnVector.Longs longs) {
            long value = longs.values()[row];
            long day = longs.type().kind() == Kind.DATE ? value : Math.floorDiv(value, TextBuffer.MICROS_PER_DAY);
            return day < TextBuffer.FIRST_DAY;
        }
        Object value = column.get(row);
        Temporal time = value instanceof OffsetDateTime moment
                ? moment.withOffsetSameInstant(ZoneOffset.UTC)
                : (Temporal) value;
        return time.get(ChronoField.YEAR) < 1;
    }

    private void text(ColumnVector column, int row) throws NulCharacterException {
        if (column instanceof ColumnVector.Bytes text && text.type().kind() != Kind.BINARY) {
            escape(text.bytes(), text.begin(row), text.ends()[row]);
        } else {
            byte[] utf8 = Values.text(column.get(row)).getBytes(StandardCharsets.UTF_8);
            escape(utf8, 0, utf8.length);
        }
    }

    private void escape(byte[] utf8, int begin, int end) throws NulCharacterException {
        int copied = begin;
        for (int i = begin; i < end; i++) {
            byte c = utf8[i];
            if ((c > '\r' && c != '\\') || c < 0) {
                continue;
            }
            if (c == 0) {
                throw new NulCharacterException();
            }
            String escaped =
                    switch (c) {
                        case '\\' -> "\\\\";
                        case '\t' -> "\\t";
                        case '\n' -> "\\n";
                        case '\r' -> "\\r";
                        default -> null;
                    };
            if (escaped != null) {
                lines.put(utf8, copied, i);
                lines.put(escaped);
                copied = i + 1;
            }
        }
        lines.put(utf8, copied, end);
    }

    /** A text has the character U+0000. */
    static final class NulCharacterException extends Exception {
        private static final long serialVersionUID = 1;
    }
}
