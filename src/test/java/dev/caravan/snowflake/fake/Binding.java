package dev.caravan.snowflake.fake;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A value bound by the driver.
 *
 * @param type Snowflake's type, for example FIXED or TEXT
 * @param values the value, or the values of all rows of a batch; null is NULL
 * @param array whether it is a batch
 */
record Binding(String type, List<String> values, boolean array) {

    static Binding of(JsonNode json) {
        JsonNode value = json.path("value");
        List<String> values = new ArrayList<>();
        if (value.isArray()) {
            value.forEach(element -> values.add(element.isNull() ? null : element.asText()));
        } else {
            values.add(value.isNull() || value.isMissingNode() ? null : value.asText());
        }
        return new Binding(json.path("type").asText(), values, value.isArray());
    }

    /** Returns the value of a row, for DuckDB. */
    Object value(int row) {
        String text = values.get(array ? row : 0);
        if (text == null) {
            return null;
        }
        return switch (type) {
            case "FIXED" -> new BigDecimal(text);
            case "REAL" ->
                switch (text) {
                    case "inf" -> Double.POSITIVE_INFINITY;
                    case "-inf" -> Double.NEGATIVE_INFINITY;
                    default -> Double.valueOf(text);
                };
            case "BOOLEAN" -> text.equalsIgnoreCase("true") || text.equals("1");
            case "DATE" ->
                isNumber(text)
                        ? LocalDate.ofEpochDay(Math.floorDiv(Long.parseLong(text), 86_400_000L))
                        : LocalDate.parse(text);
            case "TIME" -> isNumber(text) ? LocalTime.ofNanoOfDay(Long.parseLong(text)) : LocalTime.parse(text);
            case "TIMESTAMP_NTZ" -> isNumber(text) ? LocalDateTime.ofInstant(instant(text), ZoneOffset.UTC) : text;
            case "TIMESTAMP_LTZ" -> isNumber(text) ? OffsetDateTime.ofInstant(instant(text), ZoneOffset.UTC) : text;
            case "TIMESTAMP_TZ" -> {
                String[] parts = text.split(" ", 2);
                yield isNumber(parts[0]) ? OffsetDateTime.ofInstant(instant(parts[0]), ZoneOffset.UTC) : text;
            }
            case "BINARY" -> HexFormat.of().parseHex(text);
            default -> text;
        };
    }

    private static boolean isNumber(String text) {
        return text.matches("-?\\d+");
    }

    private static Instant instant(String nanos) {
        BigDecimal[] parts = new BigDecimal(nanos).divideAndRemainder(BigDecimal.valueOf(1_000_000_000L));
        return Instant.ofEpochSecond(parts[0].longValueExact(), parts[1].longValueExact());
    }

    @Override
    public String toString() {
        return type + (array ? values.toString() : ":" + values.get(0));
    }
}
