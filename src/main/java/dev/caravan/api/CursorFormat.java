package dev.caravan.api;

import dev.caravan.run.PermanentException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** How an API wants a time. Times without a zone are UTC. */
public enum CursorFormat {
    ISO,
    EPOCH_MILLIS,
    EPOCH_SECONDS,
    DATE;

    /** The header in which {@code warehouse:...?operation=readCursor} leaves the cursor. */
    public static final String HEADER = "CamelWarehouseCursor";

    /**
     * Writes a cursor.
     *
     * @param cursor a time, a date, or something else, which {@link #ISO} leaves as it is
     * @return a text or a whole number
     */
    Object write(Object cursor) {
        if (this == ISO) {
            return cursor instanceof OffsetDateTime || cursor instanceof LocalDateTime || cursor instanceof Instant
                    ? DateTimeFormatter.ISO_INSTANT.format(moment(cursor))
                    : cursor.toString();
        }
        Instant moment = moment(cursor);
        return switch (this) {
            case EPOCH_MILLIS -> (Object) moment.toEpochMilli();
            case EPOCH_SECONDS -> moment.getEpochSecond();
            default -> moment.atOffset(ZoneOffset.UTC).toLocalDate().toString();
        };
    }

    /** Returns the moment that a cursor stands for. */
    public static Instant moment(Object cursor) {
        if (cursor instanceof Instant moment) {
            return moment;
        } else if (cursor instanceof OffsetDateTime time) {
            return time.toInstant();
        } else if (cursor instanceof LocalDateTime time) {
            return time.toInstant(ZoneOffset.UTC);
        } else if (cursor instanceof LocalDate date) {
            return date.atStartOfDay().toInstant(ZoneOffset.UTC);
        }
        String text = cursor.toString().strip().replace(' ', 'T');
        try {
            return text.length() == 10
                    ? moment(LocalDate.parse(text))
                    : text.matches(".*T.*([Zz]|[+-]\\d\\d(:?\\d\\d)?)")
                            ? OffsetDateTime.parse(text).toInstant()
                            : moment(LocalDateTime.parse(text));
        } catch (DateTimeException e) {
            throw new PermanentException("The cursor '" + cursor + "' is not a time; remove cursorFormat", e);
        }
    }
}
