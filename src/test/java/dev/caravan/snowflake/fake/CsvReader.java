package dev.caravan.snowflake.fake;

import java.io.Closeable;
import java.io.IOException;
import java.io.PushbackReader;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads CSV as Snowflake's COPY does. */
final class CsvReader implements Closeable {

    private final PushbackReader reader;
    private final char delimiter;
    private final int enclosure;
    private final int escape;
    private final int unenclosedEscape;
    private final Set<String> nulls;
    private final boolean emptyIsNull;
    private final boolean trim;
    private long line = 1;

    CsvReader(Reader reader, Map<String, Object> format) {
        this.reader = new PushbackReader(reader, 1);
        this.delimiter = (char) character(format, "FIELD_DELIMITER", ",");
        this.enclosure = character(format, "FIELD_OPTIONALLY_ENCLOSED_BY", "NONE");
        this.escape = character(format, "ESCAPE", "NONE");
        this.unenclosedEscape = character(format, "ESCAPE_UNENCLOSED_FIELD", "\\");
        Object nullIf = format.getOrDefault("NULL_IF", List.of("\\N"));
        this.nulls = nullIf instanceof List<?> list
                ? Set.copyOf(list.stream().map(Object::toString).toList())
                : Set.of(nullIf.toString());
        this.emptyIsNull = is(format, "EMPTY_FIELD_AS_NULL", true);
        this.trim = is(format, "TRIM_SPACE", false);
        String record = format.getOrDefault("RECORD_DELIMITER", "\n").toString();
        if (!Set.of("\n", "\r\n").contains(record)) {
            throw StatementError.unsupported("the record delimiter " + record);
        }
    }

    private static int character(Map<String, Object> format, String option, String standard) {
        String value = format.getOrDefault(option, standard).toString();
        if (value.equals("NONE")) {
            return -1;
        } else if (value.length() != 1) {
            throw StatementError.unsupported(option + " = '" + value + "'");
        }
        return value.charAt(0);
    }

    static boolean is(Map<String, Object> format, String option, boolean standard) {
        return Boolean.parseBoolean(
                format.getOrDefault(option, String.valueOf(standard)).toString());
    }

    /** Returns the line at which the next record starts. */
    long line() {
        return line;
    }

    /** Returns the fields of the next record, null for NULL; or null at the end. */
    List<String> next() throws IOException {
        int first = reader.read();
        if (first < 0) {
            return null;
        }
        reader.unread(first);
        List<String> fields = new ArrayList<>();
        int end;
        do {
            StringBuilder field = new StringBuilder();
            int c = reader.read();
            boolean enclosed = c >= 0 && c == enclosure;
            end = enclosed ? enclosed(field) : unenclosed(c, field);
            String text = trim && !enclosed ? field.toString().strip() : field.toString();
            fields.add((!enclosed && text.isEmpty() && emptyIsNull) || nulls.contains(text) ? null : text);
        } while (end == delimiter);
        return fields;
    }

    /** Reads a field and returns what ends it: the delimiter, a newline, or -1. */
    private int unenclosed(int first, StringBuilder field) throws IOException {
        int c = first;
        while (c >= 0 && c != delimiter && c != '\n') {
            if (c == '\r' && peek() == '\n') {
                c = reader.read();
                break;
            }
            field.append((char) (c == unenclosedEscape ? escaped(c) : c));
            c = reader.read();
        }
        if (c == '\n') {
            line++;
        }
        return c;
    }

    private int enclosed(StringBuilder field) throws IOException {
        while (true) {
            int c = reader.read();
            if (c < 0) {
                throw new StatementError(
                        100064,
                        "22000",
                        "End of record reached while expected to parse column with the enclosing character");
            } else if (c == enclosure) {
                if (peek() != enclosure) {
                    break;
                }
                reader.read();
            } else if (c == escape) {
                c = escaped(c);
            } else if (c == '\n') {
                line++;
            }
            field.append((char) c);
        }
        int end = reader.read();
        if (end == '\r' && peek() == '\n') {
            end = reader.read();
        }
        if (end >= 0 && end != delimiter && end != '\n') {
            throw new StatementError(
                    100066,
                    "22000",
                    "Found character '" + (char) end + "' instead of field delimiter '" + delimiter + "'");
        }
        if (end == '\n') {
            line++;
        }
        return end;
    }

    private int escaped(int escapeCharacter) throws IOException {
        int c = reader.read();
        int special = "ntrbf0".indexOf(c);
        return c < 0 ? escapeCharacter : special < 0 ? c : "\n\t\r\b\f\0".charAt(special);
    }

    private int peek() throws IOException {
        int c = reader.read();
        if (c >= 0) {
            reader.unread(c);
        }
        return c;
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
