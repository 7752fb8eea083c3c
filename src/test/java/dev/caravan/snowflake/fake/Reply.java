package dev.caravan.snowflake.fake;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The result of a statement.
 *
 * @param type the statement's type, one of the constants
 * @param columns the columns of the result
 * @param rows the rows, each value as text in Snowflake's encoding, or null
 */
public record Reply(int type, List<Column> columns, List<List<String>> rows) {

    public static final int SELECT = 0x1000;
    static final int INSERT = 0x3100;
    static final int UPDATE = 0x3200;
    static final int DELETE = 0x3300;
    static final int MERGE = 0x3400;
    public static final int COPY = 0x3600;
    static final int USE = 0x4300;
    public static final int SHOW = 0x4400;
    static final int DESCRIBE = 0x4500;
    static final int LIST = 0x4701;
    static final int TRANSACTION = 0x5000;
    static final int DDL = 0x6000;
    static final int PUT = 0x7102;
    static final int REMOVE = 0x7103;

    /** A column with its name, Snowflake's type in lower case, precision and scale of numbers, length of text. */
    record Column(String name, String type, int precision, int scale, long length, boolean nullable) {

        static Column text(String name) {
            return new Column(name, "text", 0, 0, 16_777_216, true);
        }

        static Column number(String name) {
            return new Column(name, "fixed", 38, 0, 0, true);
        }
    }

    /** A status message, as DDL and settings return. */
    public static Reply status(int type, String message) {
        return new Reply(type, List.of(Column.text("status")), List.of(List.of(message)));
    }

    /** A status message of DDL. */
    public static Reply status(String message) {
        return status(DDL, message);
    }

    /** A result of texts, for SHOW and the like. */
    public static Reply table(int type, List<String> columns, List<? extends List<?>> rows) {
        return new Reply(
                type,
                columns.stream().map(Column::text).toList(),
                rows.stream()
                        .map(row -> Arrays.asList(row.stream()
                                .map(value -> value == null ? null : value.toString())
                                .toArray(String[]::new)))
                        .toList());
    }

    /** Numbers of changed rows, given as alternating names and numbers. */
    static Reply counts(int type, Object... namesAndCounts) {
        List<Column> columns = new ArrayList<>();
        List<String> row = new ArrayList<>();
        for (int i = 0; i < namesAndCounts.length; i += 2) {
            columns.add(Column.number((String) namesAndCounts[i]));
            row.add(String.valueOf(namesAndCounts[i + 1]));
        }
        return new Reply(type, columns, List.of(row));
    }
}
