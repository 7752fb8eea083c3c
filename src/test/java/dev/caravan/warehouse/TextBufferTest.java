package dev.caravan.warehouse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.data.ColumnVector;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Text is written as {@link Values#text} has it, whether the values are objects or not. */
class TextBufferTest {

    private static final long DAY = 86_400_000_000L;

    private final TextBuffer buffer = new TextBuffer();
    private final Random random = new Random(7);

    private void check(ColumnVector column, int rows) {
        for (int row = 0; row < rows; row++) {
            buffer.value(column, row);
            assertThat(new String(buffer.take(), StandardCharsets.UTF_8)).isEqualTo(Values.text(column.get(row)));
        }
    }

    private void check(ColumnType type, long... values) {
        ColumnVector.Longs longs = new ColumnVector.Longs(type, values, null);
        check(longs, values.length);
        Object[] objects = new Object[values.length];
        for (int row = 0; row < objects.length; row++) {
            objects[row] = longs.get(row);
        }
        check(new ColumnVector.Objects(type, objects), objects.length);
    }

    /** Numbers of all lengths, with their neighbours. */
    private static LongStream numbers() {
        List<Long> numbers = new ArrayList<>(List.of(0L, Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1));
        for (long power = 1; power > 0 && power <= 1_000_000_000_000_000_000L; power *= 10) {
            numbers.addAll(List.of(power, power - 1, power + 1, power * 7, -power, 1 - power, -power * 3));
        }
        return numbers.stream().mapToLong(Long::longValue);
    }

    @Test
    void wholeNumbers() {
        check(
                ColumnType.of(Kind.INTEGER),
                LongStream.concat(numbers(), random.longs(1_000)).toArray());
        check(ColumnType.of(Kind.BOOLEAN), 0, 1);
    }

    @Test
    void decimals() {
        long limit = 1_000_000_000_000_000_000L;
        for (int scale = 0; scale <= 18; scale++) {
            check(
                    ColumnType.decimal(18, scale),
                    LongStream.concat(numbers(), random.longs(200))
                            .map(value -> value % limit)
                            .toArray());
        }
        Object[] large = {
            new BigDecimal("12345678901234567890123456789012345678"),
            new BigDecimal("-0.00000000000000000000000000000000000001"),
            new BigDecimal("1E+20"),
            new BigDecimal("100.00"),
            new BigDecimal("-0.10"),
            new BigDecimal(BigInteger.ZERO, 30)
        };
        check(new ColumnVector.Objects(ColumnType.decimal(38, 0), large), large.length);
    }

    @Test
    void doubles() {
        double[] values = {
            0.0,
            -0.0,
            1,
            -1,
            1.5,
            0.1,
            1e15,
            1e16,
            9.007199254740991e15,
            9.007199254740992e15,
            -9.007199254740992e15,
            1e22,
            Double.parseDouble("1e23"),
            1e-4,
            1e-5,
            123456789.125,
            Double.NaN,
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY,
            Double.MIN_VALUE,
            Double.MAX_VALUE,
            (double) Long.MAX_VALUE,
            (double) Long.MIN_VALUE,
            2e-3
        };
        check(new ColumnVector.Doubles(ColumnType.of(Kind.DOUBLE), values, null), values.length);
        Object[] objects =
                random.longs(1_000).mapToObj(Double::longBitsToDouble).toArray();
        check(new ColumnVector.Objects(ColumnType.of(Kind.DOUBLE), objects), objects.length);
    }

    /** Every day of the years in which something changes: the calendar's leap years, the eras, and four digits. */
    @ParameterizedTest
    @EnumSource(names = {"DATE", "TIMESTAMP", "TIMESTAMP_TZ"})
    void days(Kind kind) {
        for (int year :
                new int[] {-4712, -1, 0, 1, 4, 100, 1582, 1600, 1900, 1969, 1970, 2000, 2024, 2100, 9999, 10_000, 99_999
                }) {
            long[] days = LongStream.range(
                            LocalDate.of(year, 1, 1).toEpochDay(),
                            LocalDate.of(year + 1, 1, 1).toEpochDay())
                    .map(day -> kind == Kind.DATE ? day : day * DAY + Math.floorMod(day * 7_919_000_003L, DAY))
                    .toArray();
            check(ColumnType.of(kind), days);
        }
    }

    @Test
    void times() {
        long[] times = LongStream.concat(
                        LongStream.of(
                                0, 1, 10, 100, 999_999, 1_000_000, 1_500_000, 59_999_999, 60_000_000, DAY - 1, DAY / 2),
                        random.longs(1_000, 0, DAY))
                .toArray();
        check(ColumnType.of(Kind.TIME), times);
        check(ColumnType.of(Kind.TIMESTAMP), times);
        check(ColumnType.of(Kind.TIMESTAMP_TZ), -1, -DAY, -1_000_000, 1);
        Object[] objects = {
            LocalTime.of(1, 2, 3, 4_000),
            LocalDateTime.parse("2026-01-02T03:04:05.000001"),
            OffsetDateTime.parse("2026-01-01T01:30:00+02:00"),
            OffsetDateTime.parse("0001-01-01T01:30:00+02:00"),
            LocalDate.of(-43, 3, 15)
        };
        check(new ColumnVector.Objects(ColumnType.of(Kind.TEXT), objects), objects.length);
    }

    @Test
    void textAndBytes() {
        byte[] bytes = "abcé\uD83D\uDE00\0".getBytes(StandardCharsets.UTF_8);
        int[] ends = {3, 3, 5, 9, 10};
        check(new ColumnVector.Bytes(ColumnType.of(Kind.TEXT), bytes, ends, null), ends.length);
        check(new ColumnVector.Bytes(ColumnType.of(Kind.JSON), bytes, ends, null), ends.length);
        check(new ColumnVector.Bytes(ColumnType.of(Kind.BINARY), bytes, ends, null), ends.length);
        Object[] objects = {
            "é\uD83D\uDE00\"\n", new Json("{\"a\": 1}"), new byte[] {0, -1, 16}, true, "x".repeat(200_000)
        };
        check(new ColumnVector.Objects(ColumnType.of(Kind.TEXT), objects), objects.length);
    }
}
