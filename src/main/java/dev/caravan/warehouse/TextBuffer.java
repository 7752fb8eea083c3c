package dev.caravan.warehouse;

import dev.caravan.data.ColumnType.Kind;
import dev.caravan.data.ColumnVector;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;

/** Text in UTF-8, to which values are written as {@link Values#text} writes them, but without an object for each. */
public final class TextBuffer {

    /** How the times of vectors are counted. */
    public static final long MICROS_PER_DAY = 86_400_000_000L;

    /** The first day of the years 1 to 9999, whose dates have ten characters, counted from 1970-01-01. */
    public static final long FIRST_DAY = LocalDate.of(1, 1, 1).toEpochDay();

    /** The last day of these years. */
    public static final long LAST_DAY = LocalDate.of(9999, 12, 31).toEpochDay();

    /** Up to here every whole number is a double, and is written without an exponent. */
    private static final double WHOLE = 1L << 53;

    private static final long[] POWERS = new long[19];

    /** The two digits of each number below 100. */
    private static final byte[] PAIRS = new byte[200];

    static {
        for (int i = 0; i < 100; i++) {
            PAIRS[2 * i] = (byte) ('0' + i / 10);
            PAIRS[2 * i + 1] = (byte) ('0' + i % 10);
        }
        POWERS[0] = 1;
        for (int i = 1; i < POWERS.length; i++) {
            POWERS[i] = POWERS[i - 1] * 10;
        }
    }

    private byte[] bytes = new byte[1 << 16];
    private int size;

    /** Returns the number of bytes. */
    public int size() {
        return size;
    }

    /** Moves all bytes to a stream. */
    public void drainTo(OutputStream out) throws IOException {
        out.write(bytes, 0, size);
        size = 0;
    }

    /** Returns all bytes, and becomes empty. */
    public byte[] take() {
        byte[] taken = Arrays.copyOf(bytes, size);
        size = 0;
        return taken;
    }

    /** Writes a character of ASCII. */
    public void put(char c) {
        reserve(1);
        bytes[size++] = (byte) c;
    }

    /** Writes text in UTF-8. */
    public void put(byte[] text, int begin, int end) {
        reserve(end - begin);
        System.arraycopy(text, begin, bytes, size, end - begin);
        size += end - begin;
    }

    /** Writes text. */
    public void put(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        put(utf8, 0, utf8.length);
    }

    /** Writes a value that is not NULL. */
    public void value(ColumnVector column, int row) {
        if (column instanceof ColumnVector.Longs longs) {
            value(longs.values()[row], longs.type().kind(), longs.type().scale());
        } else if (column instanceof ColumnVector.Doubles doubles) {
            value(doubles.values()[row]);
        } else if (column instanceof ColumnVector.Bytes text && text.type().kind() != Kind.BINARY) {
            put(text.bytes(), text.begin(row), text.ends()[row]);
        } else {
            value(column.get(row));
        }
    }

    private void value(long value, Kind kind, int scale) {
        switch (kind) {
            case BOOLEAN -> put(value != 0 ? "true" : "false");
            case INTEGER -> number(value);
            case DECIMAL -> decimal(value, scale);
            case DATE -> date(value);
            case TIME -> time(value);
            case TIMESTAMP -> timestamp(value);
            case TIMESTAMP_TZ -> {
                timestamp(value);
                put("+00:00");
            }
            default -> throw new IllegalStateException(kind + " is not kept as a whole number");
        }
    }

    private void value(double value) {
        if (value == (long) value && Math.abs(value) < WHOLE && (value != 0 || 1 / value > 0)) {
            number((long) value);
        } else {
            put(Values.text(value));
        }
    }

    private void value(Object value) {
        if (value instanceof Long number) {
            number(number);
        } else if (value instanceof Double number) {
            value((double) number);
        } else if (value instanceof LocalDate date) {
            date(date.toEpochDay());
        } else if (value instanceof LocalDateTime time) {
            date(time.toLocalDate().toEpochDay());
            put(' ');
            time(time.toLocalTime());
        } else if (value instanceof OffsetDateTime moment) {
            value(moment.withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime());
            put("+00:00");
        } else if (value instanceof LocalTime time) {
            time(time);
        } else if (value instanceof BigDecimal decimal
                && decimal.precision() < POWERS.length
                && decimal.scale() >= 0
                && decimal.scale() < POWERS.length) {
            decimal(decimal.unscaledValue().longValue(), decimal.scale());
        } else {
            put(Values.text(value));
        }
    }

    /** Writes a whole number. */
    public void number(long value) {
        if (value == Long.MIN_VALUE) {
            put(Long.toString(value));
            return;
        }
        if (value < 0) {
            put('-');
        }
        long positive = Math.abs(value);
        digits(positive, length(positive));
    }

    private static int length(long number) {
        int length = 1;
        while (length < POWERS.length && number >= POWERS[length]) {
            length++;
        }
        return length;
    }

    /** Writes a number without the zeros at the end of its fraction. */
    private void decimal(long unscaled, int scale) {
        long number = unscaled;
        int digits = scale;
        while (digits > 0 && number % 10 == 0) {
            number /= 10;
            digits--;
        }
        if (digits == 0) {
            number(number);
            return;
        }
        if (number < 0) {
            put('-');
        }
        number = Math.abs(number);
        number(number / POWERS[digits]);
        put('.');
        digits(number % POWERS[digits], digits);
    }

    private void timestamp(long micros) {
        date(Math.floorDiv(micros, MICROS_PER_DAY));
        put(' ');
        time(Math.floorMod(micros, MICROS_PER_DAY));
    }

    private void date(long day) {
        if (day < FIRST_DAY || day > LAST_DAY) {
            put(Values.text(LocalDate.ofEpochDay(day)));
            return;
        }
        // the civil date of a day, with years that begin in March, in the Gregorian calendar's 400 years of 146,097
        // days
        int days = (int) (day + 719_468);
        int era = Math.floorDiv(days, 146_097);
        int dayOfEra = days - era * 146_097;
        int yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int march = (5 * dayOfYear + 2) / 153;
        int month = march < 10 ? march + 3 : march - 9;
        digits(yearOfEra + era * 400L + (month <= 2 ? 1 : 0), 4);
        put('-');
        digits(month, 2);
        put('-');
        digits(dayOfYear - (153 * march + 2) / 5 + 1, 2);
    }

    private void time(LocalTime time) {
        time(time.toNanoOfDay() / 1_000);
    }

    private void time(long micros) {
        int second = (int) (micros / 1_000_000);
        digits(second / 3_600, 2);
        put(':');
        digits(second / 60 % 60, 2);
        put(':');
        digits(second % 60, 2);
        int fraction = (int) (micros % 1_000_000);
        if (fraction != 0) {
            put('.');
            int digits = 6;
            while (fraction % 10 == 0) {
                fraction /= 10;
                digits--;
            }
            digits(fraction, digits);
        }
    }

    /** Writes a number that is not negative with this many digits. */
    private void digits(long number, int length) {
        reserve(length);
        int begin = size;
        size += length;
        int at = size;
        long left = number;
        for (; at - begin >= 2; at -= 2) {
            long rest = left / 100;
            int pair = 2 * (int) (left - rest * 100);
            bytes[at - 1] = PAIRS[pair + 1];
            bytes[at - 2] = PAIRS[pair];
            left = rest;
        }
        if (at > begin) {
            bytes[begin] = (byte) ('0' + left);
        }
    }

    private void reserve(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
        }
    }
}
