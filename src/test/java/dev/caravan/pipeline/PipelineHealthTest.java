package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.pipeline.ledger.RunState;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.health.HealthCheck;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether a process is ready although slots have passed without a run. */
class PipelineHealthTest {

    private static final Duration AGO = Duration.ofHours(3);

    @TempDir
    Path directory;

    private PipelineContext context;

    /** Slots are known since three hours ago, when the pipeline had its last run. */
    @BeforeEach
    void start() throws Exception {
        RouteBuilder hourly = new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?cron=0 * * * *&catchUp=none")
                        .routeId("shop")
                        .log("shop");
            }
        };
        context = new PipelineContext(directory).start(hourly);
        context.pipelines().run("shop", Map.of());
        context.pipelines().ledger().slots().serve(Map.of("shop", "0 * * * * UTC"));
        Jdbi.create(PipelineContext.url(directory)).useHandle(h -> {
            h.execute("UPDATE pipelines SET since = since - ?", AGO.toMillis());
            h.execute("UPDATE runs SET created = created - ?", AGO.toMillis());
        });
    }

    @AfterEach
    void stop() {
        context.close();
    }

    private HealthCheck.Result check() {
        return new PipelineHealth.Slots(context.component, Instant.now().minus(AGO.multipliedBy(2))).call();
    }

    @Test
    void aSlotThatNobodyHasRunIsAFault() {
        HealthCheck.Result result = check();
        assertThat(result.getState()).isEqualTo(HealthCheck.State.DOWN);
        assertThat(result.getMessage()).contains("Overdue: shop");
    }

    @Test
    void aSlotThatIsOnRecordAsMissedIsNone() {
        TreeMap<Instant, String> missed = new TreeMap<>();
        context.pipelines()
                .overdue(Map.of("shop", Duration.ZERO))
                .get("shop")
                .forEach(slot -> missed.put(slot, "As configured"));
        context.pipelines().ledger().slots().settle("shop", Instant.now(), missed);
        assertThat(context.pipelines().get("shop").missed()).isNotEmpty();
        assertThat(check().getState()).isEqualTo(HealthCheck.State.UP);
        assertThat(context.pipelines().ledger().history().list("shop", RunState.MISSED, 10))
                .isNotEmpty();
    }
}
