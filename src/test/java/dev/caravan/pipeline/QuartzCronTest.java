package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.run.UsageException;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TimeZone;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.quartz.CronExpression;

/** A Quartz cron has the slots that Quartz says, which is asked for them here. */
class QuartzCronTest {

    private static final List<String> ZONES =
            List.of("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 0 22-2 * * ?    | 2026-11-27T00:00:30Z | 2026-11-27T01:00Z 2026-11-27T02:00Z 2026-11-27T22:00Z",
                "0 0 6 ? NOV-FEB MON | 2026-11-30T07:00:00Z | 2026-12-07T06:00Z 2026-12-14T06:00Z 2026-12-21T06:00Z",
                "0 0 6 25-5 * ?    | 2026-11-30T07:00:00Z | 2026-12-01T06:00Z 2026-12-02T06:00Z 2026-12-03T06:00Z",
                "0 0 6 15,L * ?    | 2026-11-16T00:00:00Z | 2026-11-30T06:00Z 2026-12-15T06:00Z 2026-12-31T06:00Z",
                "0 0 6 15,LW * ?   | 2027-01-16T00:00:00Z | 2027-01-29T06:00Z 2027-02-15T06:00Z 2027-02-26T06:00Z",
                "0 0 6 30W * ?     | 2025-11-01T00:00:00Z | 2025-11-28T06:00Z 2025-12-30T06:00Z 2026-01-30T06:00Z",
                "0 0 6 30W * ?     | 2027-01-30T00:00:00Z | 2027-03-30T06:00Z 2027-04-30T06:00Z 2027-05-31T06:00Z",
                "0 0 6 31W * ?     | 2026-11-27T00:00:00Z | 2026-12-31T06:00Z 2027-01-29T06:00Z 2027-03-31T06:00Z",
            })
    void rangesThatWrapAndLastAndNearestDaysHaveAllTheirSlots(String cron, Instant after, String slots) {
        List<String> found = new ArrayList<>();
        Instant slot = after;
        for (int i = 0; i < 3; i++) {
            slot = schedule(cron, "UTC").next(slot).orElseThrow();
            found.add(slot.atOffset(ZoneOffset.UTC).toString());
        }
        assertThat(String.join(" ", found)).isEqualTo(slots);
    }

    @Tag("slow")
    @Test
    void anyCronHasTheSlotsThatQuartzSaysInAnyZoneAndYear() throws ParseException {
        Random random = new Random(20261127);
        int compared = 0;
        for (int i = 0; i < 3_000; i++) {
            String cron = cron(random);
            ZoneId zone = ZoneId.of(ZONES.get(random.nextInt(ZONES.size())));
            Schedule schedule;
            try {
                schedule = Schedule.of("test", cron, zone);
            } catch (UsageException e) {
                continue; // it may be refused
            }
            CronExpression quartz = new CronExpression(cron);
            quartz.setTimeZone(TimeZone.getTimeZone(zone));
            // within a month Quartz depends on where one begins, if there is a W
            Instant from = LocalDate.of(2024 + random.nextInt(8), 1 + random.nextInt(12), 1)
                    .atStartOfDay(zone)
                    .toInstant()
                    .plusSeconds(cron.contains("W") ? -1 : random.nextInt(31 * 86_400));
            Instant before = null;
            for (int n = 0; n < 25; n++) {
                Optional<Instant> expected = Optional.ofNullable(quartz.getTimeAfter(Date.from(from)))
                        .map(Date::toInstant);
                if (clocksChangeAround(zone, from)
                        || expected.filter(to -> clocksChangeAround(zone, to)).isPresent()) {
                    break; // there our own rules hold: see ScheduleTest
                }
                assertThat(schedule.next(from))
                        .as("%s in %s after %s", cron, zone, from)
                        .isEqualTo(expected);
                if (expected.isEmpty()) {
                    break;
                }
                Instant slot = expected.get();
                assertThat(schedule.last(slot))
                        .as("%s in %s at %s", cron, zone, slot)
                        .hasValue(slot);
                if (before != null) {
                    assertThat(schedule.last(slot.minusSeconds(1)))
                            .as("%s in %s before %s", cron, zone, slot)
                            .hasValue(before);
                }
                before = slot;
                from = slot;
                compared++;
            }
        }
        assertThat(compared).isGreaterThan(20_000);
    }

    /** Within two days, whatever has the clocks change in between. */
    private static boolean clocksChangeAround(ZoneId zone, Instant instant) {
        var change = zone.getRules().nextTransition(instant.minus(Duration.ofDays(2)));
        return change != null && change.getInstant().isBefore(instant.plus(Duration.ofDays(2)));
    }

    private static String cron(Random random) {
        boolean inWeek = random.nextBoolean();
        String day = inWeek ? "?" : list(random, 1, 31, "L", "L-3");
        String weekday = inWeek ? weekday(random) : "?";
        if (random.nextInt(10) == 0) {
            String time = random.nextInt(60) + " " + random.nextInt(60) + " " + random.nextInt(24);
            return time + " " + nearest(random) + " " + (random.nextBoolean() ? "*" : list(random, 1, 12)) + " ?";
        }
        return String.join(
                        " ",
                        random.nextInt(4) > 0 ? "0" : list(random, 0, 59),
                        list(random, 0, 59),
                        list(random, 0, 23),
                        day,
                        random.nextInt(3) > 0 ? "*" : list(random, 1, 12, "NOV-FEB", "MAR", "JUN-AUG"),
                        weekday)
                + (random.nextInt(6) > 0 ? "" : " " + list(random, 2024, 2034));
    }

    private static String nearest(Random random) {
        String day = List.of("LW", "L-3W", "1W", (1 + random.nextInt(31)) + "W").get(random.nextInt(4));
        return random.nextBoolean() ? day : (1 + random.nextInt(31)) + "," + day;
    }

    private static String weekday(Random random) {
        return random.nextInt(3) > 0
                ? list(random, 1, 7, "L", "SUN", "FRI-MON", "TUE-THU")
                : (1 + random.nextInt(7)) + (random.nextBoolean() ? "L" : "#" + (1 + random.nextInt(5)));
    }

    private static String list(Random random, int first, int last, String... special) {
        List<String> items = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(3); i++) {
            items.add(item(random, first, last, special));
        }
        return String.join(",", items);
    }

    private static String item(Random random, int first, int last, String... special) {
        int one = first + random.nextInt(last - first + 1);
        int other = first + random.nextInt(last - first + 1);
        int step = 1 + random.nextInt(Math.min(12, last - first));
        return switch (random.nextInt(special.length > 0 ? 7 : 6)) {
            case 0, 1 -> String.valueOf(one);
            case 2 -> one + "-" + other;
            case 3 -> one + "-" + other + "/" + step;
            case 4 -> "*/" + step;
            case 5 -> one + "/" + step;
            default -> special[random.nextInt(special.length)];
        };
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0 0 6 * * *", // Quartz wants one of the two days to be ?
                "0 0 6 ? * MON#1,WED", // the second of these passes by
                "0 0 6 15W,20W * ?", // the second of these passes by, where the first is a Saturday
                "0 0 6,18 15W * ?", // as does 18:00, where the 15th is a Sunday
                "0 0 6 ? * MONX",
                "0 0 6 ? * MON-FRI/2", // reads MON-FRI
                "0 0 6 ? * MONL,FRI",
                "0 0 6 ? JANUARY MON",
                "0 *5 6 * * ?", // reads *
                "0 0/0 6 * * ?",
                "0 0 24 * * ?",
                "0 0 6 30 FEB ?",
                "0 0 6 32 * ?",
                "0 0 6 1,,2 * ?",
                "0 0 6 ,1 * ?",
                "0 0 6 * * ? 2026 1",
            })
    void whatQuartzReadsInPartOnlyIsRefused(String cron) {
        assertThatThrownBy(() -> schedule(cron, "UTC"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("Pipeline test has an invalid cron '" + cron + "'")
                .hasMessageContaining("five fields");
    }

    @Test
    void aNearestWeekdayIsFoundOnItsOwnDayToo() {
        Schedule schedule = schedule("0 0 6 15W * ?", "UTC"); // 2026-11-15 is a Sunday
        assertThat(schedule.next(Instant.parse("2026-11-16T05:00:00Z")))
                .hasValue(Instant.parse("2026-11-16T06:00:00Z"));
        assertThat(schedule.last(Instant.parse("2026-11-16T07:00:00Z")))
                .hasValue(Instant.parse("2026-11-16T06:00:00Z"));
    }

    @Test
    void aCronThatIsOverHasALastSlot() {
        Schedule over = schedule("0 0 6 ? * 2#1 2019-2020", "UTC");
        Instant now = Instant.parse("2026-11-27T00:00:00Z");
        assertThat(over.next(now)).isEmpty();
        assertThat(over.last(now)).hasValue(Instant.parse("2020-12-07T06:00:00Z"));
        assertThat(over.last(
                        LocalDate.of(2019, 1, 1).atStartOfDay(ZoneOffset.UTC).toInstant()))
                .isEmpty();
    }

    @Test
    void everyHourGoesOnWhenTheClocksAreChanged() {
        Schedule schedule = schedule("0 0/30 * * * ?", "Europe/Berlin");
        Instant from = Instant.parse("2026-10-24T20:00:00Z");
        for (Instant slot = from; slot.isBefore(from.plus(Duration.ofDays(1))); slot = slot.plusSeconds(1800)) {
            assertThat(schedule.next(slot)).hasValue(slot.plusSeconds(1800));
            assertThat(schedule.last(slot.plusSeconds(1799))).hasValue(slot);
        }
    }

    private static Schedule schedule(String cron, String zone) {
        return Schedule.of("test", cron, ZoneId.of(zone));
    }
}
