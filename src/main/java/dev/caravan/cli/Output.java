package dev.caravan.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/**
 * Prints the result of a command: rows of named fields, as a table or as JSON. In JSON a time is ISO-8601 in UTC, a duration
 * a number of seconds.
 */
final class Output {

    /** The values of {@code --output}. */
    enum Format {
        table,
        json
    }

    /** Control characters, which a terminal would execute; a table breaks lines by itself. */
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}&&[^\n\t]]");

    private static final ObjectMapper JSON = new ObjectMapper().disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);

    private final Format format;
    private final PrintWriter out;

    Output(Format format, PrintWriter out) {
        this.format = format;
        this.out = out;
    }

    /** Prints rows that all have the fields of the first. */
    void rows(List<Map<String, Object>> rows) {
        rows(rows.isEmpty() ? List.of() : List.copyOf(rows.get(0).keySet()), rows.iterator());
    }

    /** Prints rows: JSON row by row, a table at the end. */
    void rows(List<String> fields, Iterator<? extends Map<String, ?>> rows) {
        rows(fields, rows, Integer.MAX_VALUE);
    }

    /**
     * Prints rows; in a table only up to a limit.
     *
     * @return whether all rows were printed
     */
    boolean rows(List<String> fields, Iterator<? extends Map<String, ?>> rows, int limit) {
        if (format == Format.json) {
            json(rows);
            return true;
        }
        List<Map<String, ?>> page = new ArrayList<>();
        while (page.size() < limit && rows.hasNext()) {
            page.add(rows.next());
        }
        table(fields, page);
        out.flush();
        return !rows.hasNext();
    }

    /** Prints items: one line each, or as JSON. */
    <T> void lines(Iterator<T> items, Function<T, String> text, Function<T, Map<String, Object>> fields) {
        if (format == Format.json) {
            Iterable<T> all = () -> items;
            json(StreamSupport.stream(all.spliterator(), false).map(fields).iterator());
        } else {
            items.forEachRemaining(item -> {
                out.println(text.apply(item));
                out.flush();
            });
        }
    }

    /** Prints one record, one field per line. */
    void record(Map<String, Object> fields) {
        if (format == Format.json) {
            json(generator -> generator.writePOJO(plain(fields)));
            return;
        }
        int width = fields.keySet().stream().mapToInt(String::length).max().orElse(0);
        fields.forEach((name, value) -> {
            out.printf("%-" + (width + 2) + "s", name);
            if (value instanceof Collection<?> rows && rows.stream().anyMatch(Map.class::isInstance)) {
                out.println();
                nested(rows);
            } else {
                out.println(text(value));
            }
        });
        out.flush();
    }

    /** Prints records one after the other; in JSON they are an array. */
    void records(List<Map<String, Object>> records) {
        if (format == Format.json) {
            json(records.iterator());
        } else {
            records.forEach(this::record);
        }
    }

    private void nested(Collection<?> rows) {
        List<Map<String, Object>> table = new ArrayList<>();
        for (Object row : rows) {
            Map<String, Object> cells = new LinkedHashMap<>();
            ((Map<?, ?>) row).forEach((name, value) -> cells.put(String.valueOf(name), value));
            table.add(cells);
        }
        table(List.copyOf(table.get(0).keySet()), table);
    }

    private void table(List<String> fields, List<? extends Map<String, ?>> all) {
        List<Column> columns = new ArrayList<>();
        for (String field : fields) {
            boolean number = all.stream().allMatch(row -> row.get(field) == null || isNumber(row.get(field)));
            columns.add(new Column()
                    .header(field)
                    .headerAlign(HorizontalAlign.LEFT)
                    .dataAlign(number ? HorizontalAlign.RIGHT : HorizontalAlign.LEFT)
                    .maxWidth(100));
        }
        Object[][] cells = all.stream()
                .map(row -> fields.stream().map(field -> text(row.get(field))).toArray())
                .toArray(Object[][]::new);
        out.println(AsciiTable.getTable(AsciiTable.NO_BORDERS, columns.toArray(Column[]::new), cells)
                .stripTrailing());
    }

    private static boolean isNumber(Object value) {
        return value instanceof Number || value instanceof Duration;
    }

    private static String text(Object value) {
        if (value == null) {
            return "-";
        }
        if (value instanceof Instant instant) {
            return DateTimeFormatter.ISO_INSTANT
                    .format(instant.truncatedTo(ChronoUnit.SECONDS))
                    .replace('T', ' ')
                    .replace("Z", "");
        }
        if (value instanceof Duration duration) {
            return text(duration);
        }
        if (value instanceof byte[] bytes) {
            return HexFormat.of().formatHex(bytes);
        }
        if (value instanceof Long || value instanceof Integer) {
            return String.format("%,d", ((Number) value).longValue());
        }
        if (value instanceof BigDecimal number) {
            return number.toPlainString();
        }
        if (value instanceof Collection<?> list) {
            return list.isEmpty()
                    ? "-"
                    : String.join(", ", list.stream().map(String::valueOf).toList());
        }
        if (value instanceof Map<?, ?> map) {
            return map.isEmpty()
                    ? "-"
                    : String.join(
                            " ",
                            map.entrySet().stream()
                                    .map(entry -> entry.getKey() + "=" + entry.getValue())
                                    .toList());
        }
        return CONTROL.matcher(string(value))
                .replaceAll(
                        match -> String.format("\\\\x%02x", (int) match.group().charAt(0)));
    }

    /** Formats whole hours and minutes, which settings have, as such. */
    private static String text(Duration duration) {
        long millis = duration.toMillis();
        if (millis > 0 && millis % 3_600_000 == 0) {
            return millis / 3_600_000 + " h";
        }
        return millis > 0 && millis % 60_000 == 0 ? millis / 60_000 + " min" : String.format("%.1f s", millis / 1000.0);
    }

    private void json(Iterator<? extends Map<String, ?>> rows) {
        json(generator -> {
            generator.writeStartArray();
            while (rows.hasNext()) {
                generator.writePOJO(plain(rows.next()));
            }
            generator.writeEndArray();
        });
    }

    private interface Writer {
        void write(JsonGenerator generator) throws IOException;
    }

    private void json(Writer writer) {
        try (JsonGenerator generator = JSON.createGenerator(out).useDefaultPrettyPrinter()) {
            writer.write(generator);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        out.println();
        out.flush();
    }

    private static Object plain(Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> copy = new LinkedHashMap<>();
            map.forEach((name, field) -> copy.put(String.valueOf(name), plain(field)));
            return copy;
        }
        if (value instanceof Collection<?> list) {
            return list.stream().map(Output::plain).toList();
        }
        if (value instanceof Duration duration) {
            return duration.toMillis() / 1000.0;
        }
        if (value == null || value instanceof Number || value instanceof Boolean || value instanceof byte[]) {
            return value;
        }
        return string(value);
    }

    /** A time has its seconds even if they are zero. */
    private static String string(Object value) {
        if (value instanceof LocalDateTime time) {
            return DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(time);
        }
        if (value instanceof OffsetDateTime time) {
            return DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(time);
        }
        return value instanceof LocalTime time ? DateTimeFormatter.ISO_LOCAL_TIME.format(time) : String.valueOf(value);
    }
}
