package dev.caravan.warehouse;

import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.data.ColumnVector;
import dev.caravan.run.PermanentException;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalDateTime;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A staged column: its name, and the narrowest type that holds all values so far. */
final class StagedColumn {

    private static final Logger LOG = LoggerFactory.getLogger(StagedColumn.class);

    private final String name;
    private final boolean explicit;
    private final boolean declaredJson;
    private final ColumnType declared;
    private ColumnType type;
    private Class<?> usual;
    private boolean inexact;
    private boolean warned;
    private boolean repaired;

    /**
     * @param type the declared type, or null
     * @param explicit whether the user has set the type, so that values are converted to it or rejected
     */
    StagedColumn(String name, ColumnType type, boolean explicit) {
        this.name = name;
        this.declared = type;
        this.type = type;
        this.explicit = explicit;
        this.declaredJson = type != null && type.kind() == Kind.JSON;
    }

    String name() {
        return name;
    }

    /** Returns the type so far; null if the column has had only NULLs. */
    ColumnType type() {
        return type;
    }

    /** Returns whether the user has set the type. */
    boolean isExplicit() {
        return explicit;
    }

    /** Returns whether the type is declared by the source or set by the user, and not derived from the values. */
    boolean isDeclared() {
        return declared != null && declared.equals(type);
    }

    /**
     * Accepts the values of a batch, and returns the values to stage. Those of the type that the source has declared are staged
     * as they are.
     *
     * @param firstRow the number of the first row, from 1
     */
    ColumnVector accept(ColumnVector vector, int size, long firstRow) {
        if (!explicit && isDeclared() && declared.equals(vector.type()) && !(vector instanceof ColumnVector.Objects)) {
            return vector;
        }
        Object[] values = new Object[size];
        for (int row = 0; row < size; row++) {
            values[row] = accept(vector.get(row), firstRow + row);
        }
        return new ColumnVector.Objects(type, values);
    }

    /** Accepts a value, and returns the value to stage. */
    Object accept(Object raw, long row) {
        Object value = typed(raw, row);
        if (value instanceof String text) {
            return wellFormed(text, row);
        }
        if (value instanceof Json json) {
            String sound = wellFormed(json.text(), row);
            return sound.equals(json.text()) ? json : new Json(sound);
        }
        return value;
    }

    /** Replaces invalid Unicode, which drivers would change silently. */
    private String wellFormed(String text, long row) {
        String sound = Values.wellFormed(text);
        if (!repaired && !sound.equals(text)) {
            repaired = true;
            LOG.warn(
                    "Column {} has invalid Unicode text (half of a surrogate pair), first in row {}: such"
                            + " characters are loaded as U+FFFD",
                    name,
                    row);
        }
        return sound;
    }

    private Object typed(Object raw, long row) {
        if (raw == null) {
            return null;
        }
        if (isUsual(raw)) {
            return raw;
        }
        Object value = Values.canonical(raw);
        if (value == null) {
            return null;
        }
        if (type != null && type.kind() == Kind.DECIMAL && value instanceof Double number && !Double.isFinite(number)) {
            warn(number);
            return null;
        }
        if (explicit) {
            return coerce(value, row);
        }
        if (declaredJson && value instanceof String text) {
            return new Json(text);
        }
        widen(value, row);
        return value;
    }

    /** Returns whether the value has the usual class, and can be staged unchanged. */
    private boolean isUsual(Object raw) {
        if (raw.getClass() != usual) {
            return false;
        } else if (raw instanceof Long integer) {
            return inexact || Types.isExactDouble(integer);
        } else if (raw instanceof LocalDateTime time) {
            return Values.isMicros(time.toLocalTime());
        }
        return !(raw instanceof BigDecimal) || holds(raw);
    }

    private Object coerce(Object value, long row) {
        try {
            return Values.coerce(value, type);
        } catch (RuntimeException e) {
            throw new PermanentException(
                    "Column " + name + " must be " + Types.text(type) + ", but row " + row + " has "
                            + abbreviate(Values.text(value)) + "; correct the source or the option type." + name,
                    e);
        }
    }

    private void widen(Object value, long row) {
        if (value instanceof Long integer && !Types.isExactDouble(integer)) {
            inexact = true;
        }
        if (type == null || !holds(value)) {
            ColumnType join = Types.join(type, Types.of(value));
            if (join.kind() == Kind.TEXT && isTimeToKeep(Types.of(value))) {
                throw new PermanentException("The column " + name + " has " + Types.text(type) + " and, in row " + row
                        + ", " + Types.text(Types.of(value)) + ". " + Types.decision(name, type, Types.of(value)));
            }
            type = join;
        }
        if (inexact && type.kind() == Kind.DOUBLE) {
            type = Types.TEXT;
        }
        usual = switch (type.kind()) {
            case TEXT -> String.class;
            case BOOLEAN -> Boolean.class;
            case INTEGER -> Long.class;
            case DOUBLE -> Double.class;
            case DATE -> LocalDate.class;
            case TIMESTAMP -> LocalDateTime.class;
            case DECIMAL -> BigDecimal.class;
            default -> null;
        };
    }

    /** A declared time, or one beside another time, never becomes text implicitly. */
    private boolean isTimeToKeep(ColumnType other) {
        return type != null && Types.isTime(type) && (isDeclared() || Types.isTime(other));
    }

    private boolean holds(Object value) {
        return value instanceof BigDecimal decimal
                ? type.kind() == Kind.DECIMAL
                        && decimal.scale() <= type.scale()
                        && decimal.precision() - decimal.scale() <= type.precision() - type.scale()
                : type.kind() == Types.kindOf(value);
    }

    private void warn(Double number) {
        if (!warned) {
            warned = true;
            LOG.warn("Column {} is decimal and cannot hold {}: it is loaded as NULL", name, number);
        }
    }

    private static String abbreviate(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }
}
