package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OutputTest {

    @ParameterizedTest
    @EnumSource(Output.Format.class)
    void timesHaveTheirSecondsEvenIfTheseAreZero(Output.Format format) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("wall_clock", LocalDateTime.parse("2026-01-18T08:40:00"));
        row.put("moment", OffsetDateTime.parse("2026-01-18T08:40:00Z"));
        row.put("time", LocalTime.MIDNIGHT);
        row.put("exact", LocalDateTime.parse("2026-01-18T08:40:00.120000"));
        StringWriter text = new StringWriter();
        new Output(format, new PrintWriter(text)).rows(List.of(row));
        assertThat(text.toString())
                .contains("2026-01-18T08:40:00Z", "00:00:00", "2026-01-18T08:40:00.12")
                .containsPattern("2026-01-18T08:40:00[ \"]");
    }
}
