package dev.caravan.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.postgresql.util.ByteConverter;

class CopyDecimalTest {

    private static final int MAX_BITS = 150;
    private static final int MAX_SCALE = 45;

    @Test
    void readsWhatTheDriverReads() {
        long seed = Long.getLong("caravan.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int i = 0; i < 200_000; i++) {
            BigInteger unscaled = new BigInteger(random.nextInt(MAX_BITS), random)
                    .multiply(BigInteger.TEN.pow(random.nextInt(3) == 0 ? random.nextInt(20) : 0));
            BigDecimal value =
                    new BigDecimal(random.nextBoolean() ? unscaled : unscaled.negate(), random.nextInt(MAX_SCALE));
            assertRead(value, "-Dcaravan.seed=" + seed);
        }
    }

    @Test
    void readsTheLimitsOfEachSize() {
        for (int digits = 1; digits <= 45; digits++) {
            for (int scale = 0; scale <= 45; scale++) {
                BigInteger power = BigInteger.TEN.pow(digits);
                for (BigInteger unscaled : new BigInteger[] {power, power.subtract(BigInteger.ONE), power.negate()}) {
                    assertRead(new BigDecimal(unscaled, scale), "limit");
                }
            }
        }
        for (int bit : new int[] {62, 63, 64, 119, 120, 126, 127, 128}) {
            BigInteger power = BigInteger.TWO.pow(bit);
            assertRead(new BigDecimal(power, 10), "limit");
            assertRead(new BigDecimal(power.subtract(BigInteger.ONE), 0), "limit");
        }
    }

    private static void assertRead(BigDecimal value, String hint) {
        byte[] binary = ByteConverter.numeric(value);
        byte[] row = new byte[binary.length + 3];
        System.arraycopy(binary, 0, row, 3, binary.length);
        assertThat(CopyDecimal.decimal(row, 3, binary.length))
                .as("%s, %s", value, hint)
                .isEqualTo(ByteConverter.numeric(binary));
    }
}
