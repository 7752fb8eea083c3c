package dev.caravan.pipeline.ledger;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

/** Ids of runs: eleven letters and digits that sort by the time they were made. */
final class Ids {

    private static final String DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
    private static final long EPOCH = Instant.parse("2020-01-01T00:00:00Z").toEpochMilli();
    /** As many differ within a millisecond. */
    private static final int A_MILLISECOND = 1 << 15;

    /** The time of the last ids, in the year 2054. */
    static final long END = EPOCH + (1L << 40) - 1;

    private static final SecureRandom RANDOM = new SecureRandom();

    private Ids() {}

    static String next(long now) {
        return next(now, 1).get(0);
    }

    /** Different ones, of which each process is likely to have others. */
    static List<String> next(long now, int count) {
        int start = RANDOM.nextInt(A_MILLISECOND);
        return IntStream.range(0, count)
                .mapToObj(i -> encode(now - EPOCH + i / A_MILLISECOND, 8) + encode((start + i) % A_MILLISECOND, 3))
                .toList();
    }

    /** No id that is made at a time or later sorts before this one. */
    static String first(long time) {
        return encode(Math.max(0, time - EPOCH), 8);
    }

    /** No id that was made until a time sorts after this one. */
    static String last(long time) {
        return first(time) + "zzz";
    }

    static String random(int length) {
        return encode(RANDOM.nextLong() >>> 1, length);
    }

    private static String encode(long number, int length) {
        char[] text = new char[length];
        long rest = number;
        for (int i = length - 1; i >= 0; i--) {
            text[i] = DIGITS.charAt((int) (rest & 31));
            rest >>= 5;
        }
        return new String(text);
    }
}
