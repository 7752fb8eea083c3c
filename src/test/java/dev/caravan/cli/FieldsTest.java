package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.Trigger;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FieldsTest {

    private static final Instant NOON = Instant.parse("2026-11-27T12:00:00Z");

    private static RunRecord run(Instant started, Instant finished) {
        return new RunRecord(
                "6b0",
                "shop",
                null,
                Trigger.MANUAL,
                Map.of(),
                RunState.FAILED,
                1,
                0,
                0,
                "closed",
                "h:1",
                NOON,
                started,
                finished);
    }

    @Test
    void noRunTakesLessThanNoTime() {
        assertThat(Fields.summary(run(NOON, NOON.minusMillis(1)))).containsEntry("duration", Duration.ZERO);
        assertThat(Fields.summary(run(NOON, NOON.plusMillis(7)))).containsEntry("duration", Duration.ofMillis(7));
    }

    @Test
    void aListHasTheError() {
        assertThat(Fields.listed(run(NOON, NOON))).containsEntry("error", "closed");
        assertThat(Fields.listed(run(NOON, NOON)).keySet()).containsExactlyElementsOf(Fields.LISTED);
    }

    @Test
    void aLineOfTheLogNamesTheFileOfItsRoute() {
        assertThat(Fields.text(new LogLine(1, NOON, "INFO", "ti.yaml:8", "hello")))
                .isEqualTo("2026-11-27 12:00:00.000Z INFO  ti.yaml:8 - hello");
        assertThat(Fields.text(new LogLine(1, NOON, "INFO", "dev.caravan.pipeline.PipelineRun", "hello")))
                .isEqualTo("2026-11-27 12:00:00.000Z INFO  PipelineRun - hello");
    }
}
