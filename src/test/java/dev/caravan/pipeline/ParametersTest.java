package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.run.UsageException;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParametersTest {

    private static final CamelContext CAMEL = new DefaultCamelContext();
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-01-31T12:00:00Z"), ZoneId.of("UTC"));

    @BeforeAll
    static void start() {
        CAMEL.start();
    }

    @AfterAll
    static void stop() {
        CAMEL.stop();
    }

    private final Parameters backfill = new Parameters(
            CAMEL,
            "backfill",
            Map.of("start_date", "date", "end_date", "date:yesterday", "force", "boolean:false", "limit", "integer?"),
            "${variable.start_date} <= ${variable.end_date}");

    @Test
    void valuesHaveTheirTypesAndDefaults() {
        assertThat(backfill.resolve(Map.of("start_date", "2026-01-01"), NOON))
                .isEqualTo(Map.of(
                        "start_date", LocalDate.of(2026, 1, 1), "end_date", LocalDate.of(2026, 1, 30), "force", false));
        assertThat(backfill.resolve(
                        Map.of("start_date", "today", "end_date", "today", "limit", "7", "force", "TRUE"), NOON))
                .isEqualTo(Map.of(
                        "start_date",
                        LocalDate.of(2026, 1, 31),
                        "end_date",
                        LocalDate.of(2026, 1, 31),
                        "force",
                        true,
                        "limit",
                        7L));
    }

    @Test
    void yesterdayIsThatOfTheTimeZone() {
        Clock lateInAuckland = Clock.fixed(Instant.parse("2026-01-31T12:00:00Z"), ZoneId.of("Pacific/Auckland"));
        assertThat(backfill.resolve(Map.of("start_date", "2026-01-01"), lateInAuckland))
                .containsEntry("end_date", LocalDate.of(2026, 1, 31));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "start=2026-01-01 | has no parameter start.",
                "end_date=2026-01-01 | needs parameter start_date.",
                "start_date=2026-02-30 | must be a date such as 2026-01-31, or today or yesterday, not '2026-02-30'",
                "start_date=01.02.2026 | must be a date",
                "start_date=2026-01-01,force=yes | must be true or false, not 'yes'",
                "start_date=2026-01-01,limit=1.5 | must be a whole number, not '1.5'",
                "start_date=2026-01-31,end_date=2026-01-30 | requires ${variable.start_date} <= ${variable.end_date}",
            })
    void whatIsNotAsDeclaredIsRefused(String given, String message) {
        Map<String, String> parameters = Arrays.stream(given.split(","))
                .map(pair -> pair.split("="))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        assertThatThrownBy(() -> backfill.resolve(parameters, NOON))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("backfill")
                .hasMessageContaining(message);
    }

    @Test
    void theValidOnesAreListed() {
        assertThatThrownBy(() -> backfill.resolve(Map.of("start", "x"), NOON))
                .hasMessage("Pipeline backfill has no parameter start."
                        + " It takes: end_date=date:yesterday, force=boolean:false, limit=integer?, start_date=date");
        assertThatThrownBy(() -> new Parameters(CAMEL, "plain", Map.of(), null).resolve(Map.of("a", "b"), NOON))
                .hasMessage("Pipeline plain has no parameter a. It takes none");
    }

    @Test
    void aBrokenRuleSaysWithWhatValues() {
        assertThatThrownBy(() -> backfill.resolve(Map.of("start_date", "2026-01-31", "end_date", "2026-01-30"), NOON))
                .hasMessageEndingWith("does not hold for end_date=2026-01-30, force=false, start_date=2026-01-31");
    }

    @Test
    void valuesAsTextParseToThemselves() {
        Parameters declared = new Parameters(CAMEL, "p", Map.of("n", "decimal", "s", "string:a:b"), null);
        Map<String, Object> values = declared.resolve(Map.of("n", "1E+3"), NOON);
        assertThat(Parameters.text(values)).isEqualTo(Map.of("n", "1000", "s", "a:b"));
        assertThat(declared.resolve(Parameters.text(values), NOON).get("n")).isEqualTo(new BigDecimal("1000"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "dat | known are string, date, integer, decimal, boolean",
                "date:soon | must be a date",
                "integer:x | whole number"
            })
    void aDeclarationThatIsNoneIsRefused(String declaration, String message) {
        assertThatThrownBy(() -> new Parameters(CAMEL, "p", Map.of("day", declaration), null))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("day")
                .hasMessageContaining(message);
    }

    @Test
    void aRuleThatIsNoneIsRefused() {
        assertThatThrownBy(() -> new Parameters(CAMEL, "p", Map.of(), "${variable.a <= 3"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("invalid Simple predicate");
    }
}
