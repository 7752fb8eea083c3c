package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.run.UsageException;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that begin by themselves, at the slots of their cron. */
class SlotTest {

    private static final String EVERY_SECOND = "cron=* * * * * ?";

    @TempDir
    Path directory;

    private PipelineContext start(boolean schedule, String options) throws Exception {
        return new PipelineContext(directory)
                .with(component -> component.setSchedule(schedule))
                .start(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("pipeline:shop?" + options).routeId("shop").log("run");
                    }
                });
    }

    private static List<RunRecord> runs(PipelineContext context) {
        return context.pipelines().ledger().history().list("shop", null, 100);
    }

    @Tag("slow")
    @Test
    void everySlotHasOneRunBetweenTwoProcesses() throws Exception {
        try (PipelineContext one = start(true, EVERY_SECOND);
                PipelineContext other = start(true, EVERY_SECOND)) {
            await().atMost(Duration.ofSeconds(15)).until(() -> runs(one).size() >= 4);
            assertThat(other.pipelines().list()).hasSize(1);
        }
        try (PipelineContext reader = start(false, EVERY_SECOND)) {
            List<RunRecord> runs = runs(reader);
            assertThat(runs).allSatisfy(run -> {
                assertThat(run.trigger()).isEqualTo(Trigger.SCHEDULE);
                assertThat(run.state()).isIn(RunState.COMPLETED, RunState.SKIPPED);
                assertThat(run.slot()).isEqualTo(run.slot().truncatedTo(ChronoUnit.SECONDS));
                assertThat(run.created()).isAfterOrEqualTo(run.slot());
            });
            assertThat(runs).extracting(RunRecord::slot).doesNotHaveDuplicates();
        }
    }

    @Test
    void withoutAScheduleNothingBeginsByItself() throws Exception {
        try (PipelineContext context = start(false, EVERY_SECOND)) {
            await().during(Duration.ofMillis(1500)).until(() -> runs(context).isEmpty());
        }
    }

    @Tag("slow")
    @Test
    void theSlotsOfAPausedPipelinePassBy() throws Exception {
        try (PipelineContext context = start(true, EVERY_SECOND)) {
            context.pipelines().pause("shop");
            await().until(() ->
                    runs(context).stream().noneMatch(run -> run.state().live()));
            int before = runs(context).size();
            await().during(Duration.ofMillis(2500)).until(() -> runs(context).size() == before);
            context.pipelines().resume("shop");
            await().until(() -> runs(context).size() > before);
        }
    }

    @Test
    void aPipelineSaysWhenItRunsNext() throws Exception {
        try (PipelineContext context = start(false, "cron=0 0 * * 0&timeZone=Europe/Berlin&tags=a, b")) {
            Pipeline shop = context.pipelines().get("shop");
            assertThat(shop.cron()).isEqualTo("0 0 * * 0");
            assertThat(shop.schedule()).contains("Sunday");
            assertThat(shop.tags()).containsExactly("a", "b");
            assertThat(shop.nextSlot().atZone(ZoneId.of("Europe/Berlin")).getDayOfWeek())
                    .isEqualTo(DayOfWeek.SUNDAY);
            assertThat(shop.lastRun()).isNull();
        }
    }

    @Test
    void nonsenseIsRefusedAtTheStart() {
        refused("cron=every day", "Pipeline shop has an invalid cron 'every day': it has 2 fields");
        refused("cron=0 6 * * *&timeZone=Mars", "Pipeline shop has the timeZone 'Mars', which is unknown");
        refused("param.day=dat", "Parameter day of pipeline shop has the unknown type 'dat'");
        refused(
                "cron=0 6 * * *&param.day=date",
                "param.day must be optional or have a default, because the pipeline has a cron");
        refused("retryJitter=2", "Pipeline shop: retryJitter must be from 0 to 1");
    }

    private void refused(String options, String message) {
        assertThatThrownBy(() -> start(false, options).close()).satisfies(error -> {
            Throwable cause = error;
            while (!(cause instanceof UsageException)) {
                cause = cause.getCause();
            }
            assertThat(cause).hasMessageContaining(message);
        });
    }

    @Test
    void twoPipelinesOfOneNameAreRefused() {
        assertThatThrownBy(() -> new PipelineContext(directory)
                        .start(new RouteBuilder() {
                            @Override
                            public void configure() {
                                from("pipeline:shop").routeId("one").log("run");
                                from("pipeline:shop?retries=1").routeId("two").log("run");
                            }
                        })
                        .close())
                .hasStackTraceContaining("There are two pipelines shop: routes one and two");
    }
}
