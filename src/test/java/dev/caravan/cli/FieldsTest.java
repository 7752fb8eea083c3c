package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.list;

import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.run.Load;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
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
    void aRunHasItsLoads() {
        Load load = new Load(
                "6b0/shop/load",
                "DLT.S.T",
                "merge",
                3,
                2,
                1,
                0,
                70,
                "at",
                "42",
                List.of("add w INTEGER"),
                Map.of("w", "INTEGER"),
                "01b2",
                NOON);
        AttemptRecord attempt =
                new AttemptRecord(1, RunState.COMPLETED, 3, 70, null, NOON, NOON, List.of(), List.of(load));
        assertThat(Fields.all(run(NOON, NOON), null, List.of(attempt)).get("loads"))
                .asInstanceOf(list(Map.class))
                .singleElement()
                .asString()
                .isEqualTo(
                        "{table=DLT.S.T, mode=merge, read=3, inserted=2, updated=1, deleted=0, bytes=70,"
                                + " committed=2026-11-27T12:00:00Z, cursor=42, changes=[add w INTEGER], load=6b0/shop/load, query=01b2}");
    }

    @Test
    void aLineOfTheLogNamesTheFileOfItsRoute() {
        assertThat(Fields.text(new LogLine(1, NOON, "INFO", "ti.yaml:8", "hello")))
                .isEqualTo("2026-11-27 12:00:00.000Z INFO  ti.yaml:8 - hello");
        assertThat(Fields.text(new LogLine(1, NOON, "INFO", "dev.caravan.pipeline.PipelineRun", "hello")))
                .isEqualTo("2026-11-27 12:00:00.000Z INFO  PipelineRun - hello");
    }
}
