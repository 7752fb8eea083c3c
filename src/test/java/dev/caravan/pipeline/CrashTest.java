package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.Run;
import java.nio.file.Path;
import java.util.Map;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the ledger says when a process ends without a word. */
class CrashTest {

    @TempDir
    Path directory;

    private static RouteBuilder shop() {
        return new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop").routeId("shop").step("work").process(exchange -> Run.of(exchange)
                        .orElseThrow()
                        .moved(exchange, 1, 1));
            }
        };
    }

    /** The process that ends. */
    static final class Victim {
        public static void main(String[] args) throws Exception {
            try (PipelineContext context = new PipelineContext(Path.of(args[0])).start(shop())) {
                context.pipelines().run("shop", Map.of());
            }
        }
    }

    private int victim(String failpoint) throws Exception {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Dcaravan.failpoint=" + failpoint,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Victim.class.getName(),
                        directory.toString())
                .inheritIO()
                .start()
                .waitFor();
    }

    @Test
    void aRunWhoseEndTheLedgerNeverHeardOfIsCrashedAndCanBeRetried() throws Exception {
        assertThat(victim("ledger.finish:halt")).isEqualTo(137);
        try (PipelineContext context = new PipelineContext(directory).start(shop())) {
            RunRecord crashed =
                    context.pipelines().ledger().history().last("shop").orElseThrow();
            assertThat(crashed.state()).isEqualTo(RunState.CRASHED);
            assertThat(crashed.error()).contains("ended without a word");

            RunRecord next = context.pipelines().run("shop", Map.of());
            assertThat(next.state()).isEqualTo(RunState.COMPLETED);

            RunRecord retried = context.pipelines().retry(crashed.id());
            assertThat(retried.state()).isEqualTo(RunState.COMPLETED);
            assertThat(context.pipelines().ledger().history().attempts(crashed.id()))
                    .extracting(AttemptRecord::state)
                    .containsExactly(RunState.CRASHED, RunState.COMPLETED);
        }
    }

    @Test
    void aLedgerThatFailsToAnswerOnceIsAskedAgain() throws Exception {
        assertThat(victim("ledger.finish:throw")).isZero();
        try (PipelineContext context = new PipelineContext(directory).start(shop())) {
            assertThat(context.pipelines()
                            .ledger()
                            .history()
                            .last("shop")
                            .orElseThrow()
                            .state())
                    .isEqualTo(RunState.COMPLETED);
        }
    }
}
