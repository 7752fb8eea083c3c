package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.pipeline.ledger.Lease;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.run.LogBridge;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLogTest {

    @TempDir
    Path directory;

    private static String run(Ledger ledger) {
        return ledger.runs()
                .create("shop", null, Trigger.MANUAL, Map.of(), Duration.ofMinutes(1))
                .map(Lease::run)
                .orElseThrow();
    }

    private static RunLogs logs(Ledger ledger, String run, int maxLines) {
        RunLogs logs = new RunLogs(ledger, maxLines);
        logs.open(run, false);
        return logs;
    }

    private static LogBridge.Event event(String message, Throwable thrown, String run) {
        return new LogBridge.Event(Instant.now(), "INFO", "test", message, thrown, run);
    }

    private static List<String> messages(Ledger ledger, String run) {
        return ledger.logs().list(run, 0, 10).stream().map(LogLine::message).toList();
    }

    @Test
    void aLineIsBoundedAndNamesItsCauses() {
        try (Ledger ledger = PipelineContext.ledger(directory)) {
            String run = run(ledger);
            RunLogs logs = logs(ledger, run, 10);
            logs.logged(event("x".repeat(20_000), null, run));
            logs.logged(event("broken\0", new IllegalStateException("outer", new RuntimeException("inner")), run));
            logs.close(run);
            logs.flush();
            assertThat(messages(ledger, run))
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
        String run = run(ledger);
        RunLogs logs = logs(ledger, run, 10);
        ledger.close();
        logs.logged(event("lost", null, run));
        assertThatCode(logs::flush).doesNotThrowAnyException();
        logs.close(run);
        assertThatCode(logs::stop).doesNotThrowAnyException();
    }

    @Test
    void aRunThatIsNotInTheLedgerCostsTheOthersNoLines() {
        try (Ledger ledger = PipelineContext.ledger(directory)) {
            String run = run(ledger);
            RunLogs logs = logs(ledger, run, 10);
            logs.open("gone", false);
            logs.logged(event("lost", null, "gone"));
            logs.logged(event("kept", null, run));
            logs.flush();
            assertThat(messages(ledger, run)).containsExactly("kept");
        }
    }

    @Test
    void whatCouldNotBeWrittenWithTheEndOfARunIsWrittenLater() {
        try (Ledger ledger = PipelineContext.ledger(directory)) {
            String run = run(ledger);
            RunLogs logs = logs(ledger, run, 10);
            logs.logged(event("one", null, run));
            assertThatThrownBy(() -> logs.flush(run, lines -> {
                        assertThat(lines).hasSize(1);
                        throw new IllegalStateException("no answer");
                    }))
                    .hasMessage("no answer");
            logs.logged(event("two", null, run));
            logs.close(run);
            logs.flush();
            assertThat(messages(ledger, run)).containsExactly("one", "two");
        }
    }

    @Test
    void aRunThatContinuesAtOnceContinuesItsLog() {
        try (Ledger ledger = PipelineContext.ledger(directory)) {
            String run = run(ledger);
            RunLogs logs = logs(ledger, run, 10);
            logs.logged(event("one", null, run));
            logs.close(run);
            logs.open(run, true);
            logs.logged(event("two", null, run));
            logs.flush();
            assertThat(messages(ledger, run)).containsExactly("one", "two");
        }
    }
}
