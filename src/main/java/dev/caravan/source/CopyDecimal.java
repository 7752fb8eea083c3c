package dev.caravan.source;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import org.postgresql.util.ByteConverter;

/** Decodes PostgreSQL's binary numeric: digits to the base 10,000. */
final class CopyDecimal {

    /** The digits that always fit a long. */
    static final int MAX_DIGITS = 18;

    /** The digits that always fit two longs. */
    private static final int MAX_LARGE_DIGITS = 38;

    private static final int BASE = 10_000;
    private static final int HEADER = 8;
    private static final int NEGATIVE = 0x4000;
    private static final int[] POWERS = {1, 10, 100, 1_000};

    private CopyDecimal() {}

    /** Returns the unscaled value, or {@link CopyColumn.Longs#NO_FIT} if it has another scale, too many digits or no value. */
    static long unscaled(byte[] data, int offset, int length, int scale) {
        int digits = CopyColumn.int2(data, offset);
        int weight = CopyColumn.int2(data, offset + 2);
        int sign = CopyColumn.int2(data, offset + 4);
        if (length != HEADER + 2 * digits
                || (sign != 0 && sign != NEGATIVE)
                || CopyColumn.int2(data, offset + 6) != scale) {
            return CopyColumn.Longs.NO_FIT;
        }
        if (digits == 0) {
            return 0;
        }
        long value = 0;
        for (int i = 0; i < digits - 1; i++) {
            value = value * BASE + CopyColumn.int2(data, offset + HEADER + 2 * i);
            if (value > Long.MAX_VALUE / BASE / BASE) {
                return CopyColumn.Longs.NO_FIT;
            }
        }
        int last = CopyColumn.int2(data, offset + HEADER + 2 * (digits - 1));
        // the power of ten of the last digit in the unscaled value
        int exponent = 4 * (weight - digits + 1) + scale;
        if (exponent < 0) {
            if (exponent <= -4 || last % POWERS[-exponent] != 0) {
                return CopyColumn.Longs.NO_FIT;
            }
            value = value * POWERS[4 + exponent] + last / POWERS[-exponent];
        } else {
            value = value * BASE + last;
            for (; exponent > 0; exponent--) {
                if (value > Long.MAX_VALUE / 10) {
                    return CopyColumn.Longs.NO_FIT;
                }
                value *= 10;
            }
        }
        return sign == NEGATIVE ? -value : value;
    }

    /**
     * Returns the value as the driver does: a BigDecimal, or a Double that is no number or infinite. The driver makes two objects
     * for each digit.
     */
    static Number decimal(byte[] data, int offset, int length) {
        int scale = CopyColumn.int2(data, offset + 6);
        long unscaled = unscaled(data, offset, length, scale);
        if (unscaled != CopyColumn.Longs.NO_FIT) {
            return BigDecimal.valueOf(unscaled, scale);
        }
        BigInteger large = large(data, offset, length, scale);
        return large == null ? ByteConverter.numeric(data, offset, length) : new BigDecimal(large, scale);
    }

    /** Returns the unscaled value if it has at most {@value #MAX_LARGE_DIGITS} digits, all in the scale, otherwise null. */
    private static BigInteger large(byte[] data, int offset, int length, int scale) {
        int digits = CopyColumn.int2(data, offset);
        int sign = CopyColumn.int2(data, offset + 4);
        // the power of ten of the last digit in the unscaled value
        int exponent = 4 * (CopyColumn.int2(data, offset + 2) - digits + 1) + scale;
        if (length != HEADER + 2 * digits
                || (sign != 0 && sign != NEGATIVE)
                || digits == 0
                || exponent <= -4
                || size(CopyColumn.int2(data, offset + HEADER)) + 4 * (digits - 1) + exponent > MAX_LARGE_DIGITS) {
            return null;
        }
        long high = 0;
        long low = 0;
        int factor = BASE;
        for (int i = 0; i < digits; i++) {
            int digit = CopyColumn.int2(data, offset + HEADER + 2 * i);
            if (i == digits - 1 && exponent < 0) {
                if (digit % POWERS[-exponent] != 0) {
                    return null;
                }
                digit /= POWERS[-exponent];
                factor = POWERS[4 + exponent];
            }
            high = high * factor + multiplyHigh(low, factor);
            low *= factor;
            low += digit;
            high += Long.compareUnsigned(low, digit) < 0 ? 1 : 0;
        }
        for (; exponent > 0; exponent--) {
            high = high * 10 + multiplyHigh(low, 10);
            low *= 10;
        }
        byte[] magnitude = ByteBuffer.allocate(16).putLong(high).putLong(low).array();
        return new BigInteger(sign == NEGATIVE ? -1 : 1, magnitude);
    }

    private static int size(int digit) {
        return digit < 10 ? 1 : digit < 100 ? 2 : digit < 1_000 ? 3 : 4;
    }

    /** Returns the upper half of the product; {@code Math.unsignedMultiplyHigh} came with Java 18. */
    private static long multiplyHigh(long unsigned, int factor) {
        return Math.multiplyHigh(unsigned, factor) + (unsigned < 0 ? factor : 0);
    }
}
