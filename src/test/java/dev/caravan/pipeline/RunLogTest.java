package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.caravan.pipeline.ledger.Lease;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.run.LogBridge;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLogTest {

    @TempDir
    Path directory;

    private static LogBridge.Event event(String message, Throwable thrown) {
        return new LogBridge.Event(Instant.now(), "INFO", "test", message, thrown, "r1");
    }

    private static String run(Ledger ledger) {
        return ledger.runs()
                .create("shop", null, Trigger.MANUAL, Map.of(), Duration.ofMinutes(1))
                .map(Lease::run)
                .orElseThrow();
    }

    @Test
    void aLineIsBoundedAndNamesItsCauses() {
        try (Ledger ledger = PipelineContext.ledger(directory)) {
            String run = run(ledger);
            RunLog log = new RunLog(ledger, run, 10);
            log.add(event("x".repeat(20_000), null));
            log.add(event("broken\0", new IllegalStateException("outer", new RuntimeException("inner"))));
            log.close();
            assertThat(ledger.logs().list(run, 0, 10))
                    .extracting(LogLine::message)
                    .satisfiesExactly(
                            line -> assertThat(line).hasSizeLessThan(10_100).endsWith("(10000 characters more)"),
                            line -> assertThat(line)
                                    .isEqualTo("broken\njava.lang.IllegalStateException: outer"
                                            + "\nCaused by: java.lang.RuntimeException: inner"));
        }
    }

    @Test
    void aLedgerThatTakesNoLinesDoesNotHurtTheRun() {
        Ledger ledger = PipelineContext.ledger(directory);
        RunLog log = new RunLog(ledger, run(ledger), 10);
        ledger.close();
        log.add(event("lost", null));
        assertThatCode(log::flush).doesNotThrowAnyException();
        assertThatCode(log::close).doesNotThrowAnyException();
    }
}
