package dev.caravan.warehouse.postgresql;

import dev.caravan.data.ColumnType;
import dev.caravan.warehouse.Values;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Rows in the text format of {@code COPY}: a line per row, values separated by tabs. */
final class CopyText {

    /** How Values writes the era; PostgreSQL wants it at the end. */
    private static final String BEFORE_CHRIST = " (BC)";

    private final StringBuilder lines = new StringBuilder();

    /** Begins a row with its number. */
    void row(long number) {
        lines.append(number);
    }

    /**
     * Adds a value to the row.
     *
     * @return how many characters it takes
     * @throws NulCharacterException if it is a text that PostgreSQL cannot store
     */
    int value(Object value, ColumnType type) throws NulCharacterException {
        lines.append('\t');
        int start = lines.length();
        if (value == null) {
            lines.append("\\N");
        } else {
            write(Values.widen(value, type), type);
        }
        return lines.length() - start;
    }

    void endRow() {
        lines.append('\n');
    }

    /** How many characters have been written since {@link #take}. */
    int length() {
        return lines.length();
    }

    /** The rows written since the last call. */
    byte[] take() {
        byte[] bytes = lines.toString().getBytes(StandardCharsets.UTF_8);
        lines.setLength(0);
        return bytes;
    }

    private void write(Object value, ColumnType type) throws NulCharacterException {
        switch (type.kind()) {
            case BOOLEAN, INTEGER, DOUBLE -> lines.append(value);
            case DECIMAL -> lines.append(((BigDecimal) value).toPlainString());
            case BINARY -> lines.append("\\\\x").append(HexFormat.of().formatHex((byte[]) value));
            case DATE, TIME, TIMESTAMP, TIMESTAMP_TZ -> time(Values.text(value));
            case TEXT, JSON -> escape(value.toString());
        }
    }

    private void time(String text) {
        if (text.contains(BEFORE_CHRIST)) {
            lines.append(text.replace(BEFORE_CHRIST, "")).append(" BC");
        } else {
            lines.append(text);
        }
    }

    private void escape(String text) throws NulCharacterException {
        int copied = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c > '\r' && c != '\\') {
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
                lines.append(text, copied, i).append(escaped);
                copied = i + 1;
            }
        }
        lines.append(text, copied, text.length());
    }

    /** A text has the character U+0000. */
    static final class NulCharacterException extends Exception {
        private static final long serialVersionUID = 1;
    }
}
