package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.run.UsageException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScheduleTest {

    private static Schedule schedule(String cron, String zone) {
        return Schedule.of("test", cron, ZoneId.of(zone));
    }

    private static List<String> slots(String cron, String zone, String after, int count) {
        Schedule schedule = schedule(cron, zone);
        return Stream.iterate(
                        schedule.next(ZonedDateTime.parse(after).toInstant()).orElseThrow(),
                        slot -> schedule.next(slot).orElseThrow())
                .limit(count)
                .map(slot -> slot.atZone(ZoneId.of(zone)).toOffsetDateTime().toString())
                .toList();
    }

    @Test
    void crontabCountsDaysFromSunday() {
        assertThat(slots("0 0 * * 0", "UTC", "2026-01-01T00:00Z", 2))
                .containsExactly("2026-01-04T00:00Z", "2026-01-11T00:00Z");
        assertThat(slots("0 0 * * 7", "UTC", "2026-01-01T00:00Z", 1)).containsExactly("2026-01-04T00:00Z");
        assertThat(slots("0 0 * * sun", "UTC", "2026-01-01T00:00Z", 1)).containsExactly("2026-01-04T00:00Z");
    }

    @Test
    void quartzCountsDaysFromOne() {
        assertThat(slots("0 0 6 ? * 1", "UTC", "2026-01-01T00:00Z", 1)).containsExactly("2026-01-04T06:00Z");
        assertThat(slots("30 0 6 * * ? 2026", "UTC", "2026-01-01T07:00Z", 1)).containsExactly("2026-01-02T06:00:30Z");
        assertThat(schedule("0 0 6 * * ? 2020", "UTC").next(Instant.parse("2026-01-01T00:00:00Z")))
                .isEmpty();
    }

    @Test
    void aDayOfTheMonthOrADayOfTheWeekWillDoForCrontab() {
        assertThat(slots("0 0 13 * 5", "UTC", "2026-01-01T00:00Z", 4))
                .containsExactly("2026-01-02T00:00Z", "2026-01-09T00:00Z", "2026-01-13T00:00Z", "2026-01-16T00:00Z");
    }

    @Test
    void aTimeThatTheClocksSkipComesOnceAllTheSame() {
        assertThat(slots("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00Z", 2))
                .containsExactly("2026-03-29T03:30+02:00", "2026-03-30T02:30+02:00");
    }

    @Test
    void aTimeThatTheClocksRepeatComesOnce() {
        assertThat(slots("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", 2))
                .containsExactly("2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00");
    }

    @Test
    void severalTimesThatTheClocksSkipOrRepeatComeOnceEach() {
        assertThat(slots("0,30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", 3))
                .containsExactly("2026-10-25T02:00+02:00", "2026-10-25T02:30+02:00", "2026-10-26T02:00+01:00");
        assertThat(slots("0,30 2 * * *", "Europe/Berlin", "2026-03-28T12:00Z", 3))
                .containsExactly("2026-03-29T03:00+02:00", "2026-03-29T03:30+02:00", "2026-03-30T02:00+02:00");
        assertThat(slots("15,45 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00Z", 3))
                .containsExactly("2026-03-29T03:15+02:00", "2026-03-29T03:45+02:00", "2026-03-30T02:15+02:00");
        assertThat(slots("30 2-3 * * *", "Europe/Berlin", "2026-03-28T12:00Z", 2))
                .containsExactly("2026-03-29T03:30+02:00", "2026-03-30T02:30+02:00");
        // a time after the gap comes before one that was skipped
        assertThat(slots("50 2 * * *", "Europe/Berlin", "2026-03-29T01:40Z", 1))
                .containsExactly("2026-03-29T03:50+02:00");
        assertThat(slots("0 50 2,3 ? * *", "Europe/Berlin", "2026-03-28T12:00Z", 2))
                .containsExactly("2026-03-29T03:50+02:00", "2026-03-30T02:50+02:00");
    }

    @Test
    void aScheduleWithoutATimeOfTheDayGoesOnWhenTheClocksAreChanged() {
        assertThat(slots("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:45Z", 5))
                .containsExactly(
                        "2026-10-25T02:00+02:00",
                        "2026-10-25T02:30+02:00",
                        "2026-10-25T02:00+01:00",
                        "2026-10-25T02:30+01:00",
                        "2026-10-25T03:00+01:00");
        assertThat(slots("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:15Z", 3))
                .containsExactly("2026-03-29T01:30+01:00", "2026-03-29T03:00+02:00", "2026-03-29T03:30+02:00");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0,30 2 * * *", "15,45 2,3 * * *", "*/20 1-4 * * *", "*/20 * * * *", "0 */2 * * *"})
    void theLastSlotIsTheOneBeforeTheNextAroundEveryChange(String cron) {
        Schedule schedule = schedule(cron, "Europe/Berlin");
        for (String change : List.of("2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z")) {
            Instant from = Instant.parse(change).minusSeconds(4 * 3600);
            Instant last = schedule.last(from).orElseThrow();
            for (Instant now = from; now.isBefore(from.plusSeconds(8 * 3600)); now = now.plusSeconds(300)) {
                Instant next = schedule.next(last).orElseThrow();
                if (!next.isAfter(now)) {
                    last = next;
                }
                assertThat(schedule.last(now)).as("%s at %s", cron, now).hasValue(last);
            }
        }
    }

    @Test
    void theLastSlotIsTheOneThatTheNextFollows() {
        Schedule daily = schedule("30 2 * * *", "Europe/Berlin");
        assertThat(daily.last(Instant.parse("2026-03-28T01:30:00Z"))).hasValue(Instant.parse("2026-03-28T01:30:00Z"));
        assertThat(daily.last(Instant.parse("2026-03-28T01:29:59.999Z")))
                .hasValue(Instant.parse("2026-03-27T01:30:00Z"));
        // skipped by the clocks: 02:30 came at 03:30, which is 01:30 in UTC
        assertThat(daily.last(Instant.parse("2026-03-29T01:29:59Z"))).hasValue(Instant.parse("2026-03-28T01:30:00Z"));
        assertThat(daily.last(Instant.parse("2026-03-29T12:00:00Z"))).hasValue(Instant.parse("2026-03-29T01:30:00Z"));
        assertThat(daily.last(Instant.parse("2026-03-30T12:00:00Z"))).hasValue(Instant.parse("2026-03-30T00:30:00Z"));
        assertThat(schedule("0 0 6 * * ? 2040", "UTC").last(Instant.parse("2026-01-01T00:00:00Z")))
                .isEmpty();
    }

    @Test
    void everyHourIsEveryHour() {
        assertThat(slots("0 * * * *", "Europe/Berlin", "2026-10-24T23:30Z", 4))
                .containsExactly(
                        "2026-10-25T02:00+02:00",
                        "2026-10-25T02:00+01:00",
                        "2026-10-25T03:00+01:00",
                        "2026-10-25T04:00+01:00");
        assertThat(slots("0 * * * *", "Europe/Berlin", "2026-03-28T23:30Z", 4))
                .containsExactly(
                        "2026-03-29T01:00+01:00",
                        "2026-03-29T03:00+02:00",
                        "2026-03-29T04:00+02:00",
                        "2026-03-29T05:00+02:00");
    }

    @Test
    void aSlotIsOverWhenItBegins() {
        Schedule daily = schedule("0 6 * * *", "UTC");
        assertThat(daily.next(Instant.parse("2026-01-01T05:59:59.999Z")))
                .contains(Instant.parse("2026-01-01T06:00:00Z"));
        assertThat(daily.next(Instant.parse("2026-01-01T06:00:00Z"))).contains(Instant.parse("2026-01-02T06:00:00Z"));
        assertThat(daily.next(Instant.parse("2026-01-01T06:00:00.001Z")))
                .contains(Instant.parse("2026-01-02T06:00:00Z"));
        assertThat(schedule("* * * * * ?", "UTC").next(Instant.parse("2026-01-01T06:00:00.123Z")))
                .contains(Instant.parse("2026-01-01T06:00:01Z"));
    }

    @Test
    void aScheduleIsSaidInWords() {
        assertWords("0 9 * * *", "at 09:00");
        assertWords("0 0 * * 0", "at 00:00 on Sunday");
        assertWords("0 0 6 ? * MON", "at 06:00 on Monday");
        assertWords("0 9 * * 1,3", "at 09:00 on Monday and Wednesday");
        assertWords("0 9 * * 1-5", "at 09:00 every day between Monday and Friday");
        assertWords("0 9 1 * *", "at 09:00 on day 1 of the month");
        assertWords("0 9 1,15 * *", "at 09:00 on day 1 and 15 of the month");
        assertWords("0 0 13 * 5", "at 00:00 on day 13 of the month or on Friday");
        assertWords("0 9 1-7 * 1", "at 09:00 on day 1 to 7 of the month or on Monday");
        assertWords("0,30 2 * * *", "at 02:00 and 02:30");
        assertWords("0 0 1 1 *", "at 00:00 on day 1 of the month in January");
        assertWords("*/15 * * * *", "every 15 minutes");
        assertWords("0 0 6 L * ?", "at 06:00 on the last day of the month");
        assertWords("0 9 * 2-4 *", "at 09:00 from February to April");
        assertWords(
                "*/15 8-17 * * 1-5", "every 15 minutes between 08:00 and 17:59 every day between Monday and Friday");
        assertWords("5 3-5 * * *", "every hour between 03:05 and 05:05");
        assertWords("0 */2 * * *", "every 2 hours");
        assertWords("0 0 6 ? 3,5 1,7 2027", "at 06:00 on Sunday and Saturday in March and May in 2027");
        assertWords("* * * * * ?", "every second");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0 9-17/2 * * *",
                "5/15 * * * *",
                "*/7 * * * *",
                "0 9 * * */2",
                "0 9 2/3 * *",
                "0 0 22-2 * * ?",
                "0 0 6 15,L * ?",
                "0 0 6 ? * L",
                "0 0 6 ? NOV-FEB MON",
                "0 0 6 * * ? 2026/2"
            })
    void whatHasNoShortWordsIsSaidAsWritten(String cron) {
        assertWords(cron, "cron " + cron);
    }

    private static void assertWords(String cron, String words) {
        assertThat(schedule(cron, "UTC").words()).isEqualTo(words);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "* * *",
                "60 * * * *",
                "0 0 * * 8",
                "every day",
                "0 0 6 * * *",
                "0 0 6 ? * 0",
                "@daily",
                "0 0 31 2 *"
            })
    void nonsenseIsRefused(String cron) {
        assertThatThrownBy(() ->
                        System.out.println(cron + " -> " + schedule(cron, "UTC").next(Instant.now())))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("Pipeline test has an invalid cron '" + cron + "'")
                .hasMessageContaining("five fields");
    }

    @Test
    void anUnknownTimeZoneIsRefused() {
        assertThatThrownBy(() -> Schedule.zone("test", "Europe/Berln"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("timeZone 'Europe/Berln'");
    }
}
