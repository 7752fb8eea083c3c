package dev.caravan.pipeline;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.caravan.run.UsageException;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A parameter that a pipeline declares as {@code param.NAME=TYPE}, {@code TYPE?} or {@code TYPE:DEFAULT}.
 *
 * @param required whether a run must be given a value
 * @param defaultValue its default as written, or null
 */
public record Parameter(String name, Type type, boolean required, String defaultValue) {

    /** The type of a value. */
    public enum Type {
        STRING("any text"),
        DATE("a date such as 2026-01-31, or today or yesterday"),
        INTEGER("a whole number"),
        DECIMAL("a number such as 12.5"),
        BOOLEAN("true or false");

        private final String description;

        Type(String description) {
            this.description = description;
        }

        @Override
        @JsonValue
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }

        private Object parse(String text, LocalDate today) {
            return switch (this) {
                case STRING -> text;
                case DATE -> date(text, today);
                case INTEGER -> Long.valueOf(text);
                case DECIMAL -> new BigDecimal(text);
                case BOOLEAN -> bool(text);
            };
        }

        private static LocalDate date(String text, LocalDate today) {
            return switch (text) {
                case "today" -> today;
                case "yesterday" -> today.minusDays(1);
                default -> LocalDate.parse(text);
            };
        }

        private static Boolean bool(String text) {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "true" -> Boolean.TRUE;
                case "false" -> Boolean.FALSE;
                default -> throw new IllegalArgumentException(text);
            };
        }
    }

    static Parameter parse(String pipeline, String name, String declaration) {
        int colon = declaration.indexOf(':');
        String type = (colon < 0 ? declaration : declaration.substring(0, colon)).strip();
        String defaultValue = colon < 0 ? null : declaration.substring(colon + 1);
        boolean optional = type.endsWith("?");
        String typeName = optional ? type.substring(0, type.length() - 1) : type;
        Parameter parameter = new Parameter(
                name,
                Arrays.stream(Type.values())
                        .filter(known -> known.toString().equals(typeName))
                        .findFirst()
                        .orElseThrow(() -> new UsageException("Parameter " + name + " of pipeline " + pipeline
                                + " has the unknown type '" + typeName + "'; known are "
                                + Arrays.stream(Type.values())
                                        .map(Type::toString)
                                        .collect(Collectors.joining(", ")))),
                !optional && defaultValue == null,
                defaultValue);
        if (defaultValue != null) {
            parameter.value(pipeline, defaultValue, LocalDate.EPOCH);
        }
        return parameter;
    }

    Object value(String pipeline, String text, LocalDate today) {
        try {
            return type.parse(type == Type.STRING ? text : text.strip(), today);
        } catch (IllegalArgumentException | DateTimeParseException e) {
            throw new UsageException(
                    "Parameter " + name + " of pipeline " + pipeline + " must be " + type.description + ", not '" + text
                            + "'",
                    e);
        }
    }

    /** Returns the declaration as users write it. */
    @Override
    public String toString() {
        return name + "=" + type + (defaultValue != null ? ":" + defaultValue : required ? "" : "?");
    }
}
