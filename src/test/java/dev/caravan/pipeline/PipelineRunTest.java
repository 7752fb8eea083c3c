package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.StepRecord;
import dev.caravan.run.Run;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipelineRunTest {

    @TempDir
    Path directory;

    @Test
    void aFailedAttemptRunsTheWholeRouteAgainOnAFreshExchange() throws Exception {
        Set<String> exchanges = ConcurrentHashMap.newKeySet();
        try (PipelineContext context = new PipelineContext(directory).start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?retryDelay=20&param.day=date:2026-01-31")
                        .routeId("shop")
                        .description("The shop")
                        .step("extract")
                        .process(exchange -> {
                            assertThat(exchange.getMessage().getHeaders()).isEmpty();
                            exchange.getMessage().setHeader("seen", true);
                            exchanges.add(exchange.getExchangeId());
                        })
                        .log("day ${variable.day}")
                        .end()
                        .step("load")
                        .process(exchange -> {
                            Run run = Run.of(exchange).orElseThrow();
                            run.renewLease();
                            run.moved(exchange, 5, 100);
                            if (run.attempt() < 3) {
                                throw new IllegalStateException("not yet");
                            }
                        })
                        .end();
            }
        })) {
            RunRecord run = context.pipelines().run("shop", Map.of());

            assertThat(run.state()).isEqualTo(RunState.COMPLETED);
            assertThat(run.attempts()).isEqualTo(3);
            assertThat(run.rows()).isEqualTo(15);
            assertThat(run.parameters()).containsEntry("day", "2026-01-31");
            assertThat(exchanges).hasSize(3);
            List<AttemptRecord> attempts =
                    context.pipelines().ledger().history().attempts(run.id());
            assertThat(attempts)
                    .extracting(AttemptRecord::state)
                    .containsExactly(RunState.FAILED, RunState.FAILED, RunState.COMPLETED);
            assertThat(attempts.get(0).steps())
                    .extracting(StepRecord::id, StepRecord::state)
                    .containsExactly(
                            org.assertj.core.groups.Tuple.tuple("extract", RunState.COMPLETED),
                            org.assertj.core.groups.Tuple.tuple("load", RunState.FAILED));
            List<LogLine> log = context.pipelines().ledger().logs().list(run.id(), 0, 1000);
            assertThat(log).extracting(LogLine::message).contains("day 2026-01-31");
        }
    }
}
