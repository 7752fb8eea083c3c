package dev.caravan.source;

/** Decodes PostgreSQL's binary numeric: digits to the base 10,000. */
final class CopyDecimal {

    /** The digits that always fit a long. */
    static final int MAX_DIGITS = 18;

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
}
