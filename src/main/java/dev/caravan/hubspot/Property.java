package dev.caravan.hubspot;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.run.PermanentException;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/**
 * A property of objects.
 *
 * @param name in HubSpot
 * @param type in HubSpot: string, number, date, datetime, bool, enumeration, phone_number, json
 */
record Property(String name, String type) {

    private static final ColumnType NUMBER = ColumnType.decimal(1, 0); // as wide as the values need

    Column column() {
        return new Column(
                name,
                switch (type) {
                    case "number" -> NUMBER;
                    case "date" -> ColumnType.of(Kind.DATE);
                    case "datetime" -> ColumnType.of(Kind.TIMESTAMP_TZ);
                    case "bool" -> ColumnType.of(Kind.BOOLEAN);
                    default -> ColumnType.of(Kind.TEXT);
                });
    }

    /**
     * Returns a value in the column's type.
     *
     * @param text as in HubSpot's answers; an empty one was cleared
     * @param id of the object, for the message
     */
    Object value(String text, String id) {
        if (text == null || text.isEmpty()) {
            return null;
        }
        try {
            return switch (type) {
                case "number" -> new BigDecimal(text.replace(",", ""));
                case "date" -> isMillis(text) ? moment(text).toLocalDate() : LocalDate.parse(text);
                case "datetime" -> moment(text);
                case "bool" -> bool(text);
                default -> text;
            };
        } catch (NumberFormatException | DateTimeException e) {
            throw new PermanentException(
                    "The property " + name + " of object " + id + " is a " + type
                            + " in HubSpot, but its value is not; correct it there, or leave the property out",
                    e);
        }
    }

    private static boolean bool(String text) {
        if (text.equals("true") || text.equals("false")) {
            return text.equals("true");
        }
        throw new NumberFormatException();
    }

    private static boolean isMillis(String text) {
        return text.matches("-?\\d{5,}");
    }

    static OffsetDateTime moment(String text) {
        return isMillis(text)
                ? Instant.ofEpochMilli(Long.parseLong(text)).atOffset(ZoneOffset.UTC)
                : OffsetDateTime.parse(text);
    }
}
