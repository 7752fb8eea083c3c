package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.camel.Processor;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.quartz.QuartzComponent;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Slots that have passed without a run. */
@Tag("slow")
class MissedSlotsTest {

    private static final Duration LONG = Duration.ofSeconds(60);
    /** Half an hour away from now, so that none of its slots is due during a test. */
    private final String hourly =
            "cron=" + Instant.now().plus(30, ChronoUnit.MINUTES).toString().substring(14, 16) + " * * * *";

    @TempDir
    Path directory;

    private final List<Object> seen = new CopyOnWriteArrayList<>();

    private PipelineContext start(String options) throws Exception {
        return start(options, exchange -> seen.add(exchange.getVariable("slot")));
    }

    private PipelineContext start(String options, Processor work) throws Exception {
        return new PipelineContext(directory)
                .with(component -> component.setSchedule(true))
                .start(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("pipeline:shop?" + options).routeId("shop").process(work);
                    }
                });
    }

    /** A process with schedules was there until some hours ago. */
    private void servedUntil(String options, Duration ago) throws Exception {
        start(options).close();
        Jdbi.create(PipelineContext.url(directory))
                .useHandle(h -> h.execute("UPDATE pipelines SET since = since - ?", ago.toMillis()));
    }

    private static List<RunRecord> slots(PipelineContext context) {
        return context.pipelines().ledger().history().list("shop", null, 1_000).stream()
                .sorted(Comparator.comparing(RunRecord::slot))
                .toList();
    }

    private static List<RunState> states(PipelineContext context) {
        return slots(context).stream().map(RunRecord::state).toList();
    }

    /** The last slots so far, an hour apart, the oldest first. */
    private List<Object> hours(int count) {
        Instant last = Schedule.of("shop", hourly.substring(5), ZoneOffset.UTC)
                .last(Instant.now())
                .orElseThrow();
        return Stream.iterate(last.minus(count - 1, ChronoUnit.HOURS), slot -> slot.plus(1, ChronoUnit.HOURS))
                .limit(count)
                .map(Object.class::cast)
                .toList();
    }

    @Test
    void theLastOneIsRunAndTheOthersAreOnRecord() throws Exception {
        servedUntil(hourly, Duration.ofHours(3));
        try (PipelineContext context = start(hourly)) {
            await().atMost(LONG).untilAsserted(() -> assertThat(states(context))
                    .containsExactly(RunState.MISSED, RunState.MISSED, RunState.COMPLETED));
            assertThat(seen).isEqualTo(hours(1));
            assertThat(slots(context).get(0).error())
                    .isEqualTo("No process ran it, and a later slot is run instead (catchUp=last)");
        }
        try (PipelineContext context = start(hourly)) {
            Thread.sleep(3_000);
            assertThat(states(context)).hasSize(3);
        }
    }

    @Test
    void allAreRunOldestFirstOneAtATime() throws Exception {
        String options = hourly + "&catchUp=all&onOverlap=skip";
        servedUntil(options, Duration.ofHours(4));
        AtomicInteger inProgress = new AtomicInteger();
        try (PipelineContext context = start(options, exchange -> {
            assertThat(inProgress.incrementAndGet()).isEqualTo(1);
            Thread.sleep(300);
            seen.add(exchange.getVariable("slot"));
            inProgress.decrementAndGet();
        })) {
            await().atMost(LONG).until(() -> seen.size() == 4);
            assertThat(seen).isEqualTo(hours(4));
            await().untilAsserted(() -> assertThat(states(context)).hasSize(4).containsOnly(RunState.COMPLETED));
        }
    }

    @Test
    void twoProcessesRunEachOfThemOnce() throws Exception {
        String options = hourly + "&catchUp=all";
        servedUntil(options, Duration.ofHours(4));
        try (PipelineContext one = start(options);
                PipelineContext two = start(options)) {
            await().atMost(LONG).until(() -> seen.size() == 4);
            Thread.sleep(3_000);
            assertThat(seen).isEqualTo(hours(4));
            assertThat(states(one)).hasSize(4).containsOnly(RunState.COMPLETED);
            assertThat(states(two)).isEqualTo(states(one));
        }
    }

    @Test
    void noneIsRun() throws Exception {
        String options = hourly + "&catchUp=none";
        servedUntil(options, Duration.ofHours(2));
        try (PipelineContext context = start(options)) {
            await().atMost(LONG)
                    .untilAsserted(() -> assertThat(states(context)).hasSize(2).containsOnly(RunState.MISSED));
            assertThat(slots(context).get(1).error()).isEqualTo("No process ran it (catchUp=none)");
            // until somebody wants it
            RunRecord retried = context.pipelines().retry(slots(context).get(1).id());
            assertThat(retried.state()).isEqualTo(RunState.COMPLETED);
            assertThat(seen).isEqualTo(hours(1));
        }
    }

    @Test
    void whatIsTooLateIsNotRun() throws Exception {
        String options = hourly + "&catchUp=all&maxLateness=2h";
        servedUntil(options, Duration.ofHours(4));
        try (PipelineContext context = start(options)) {
            await().atMost(LONG).untilAsserted(() -> assertThat(states(context))
                    .containsExactly(RunState.MISSED, RunState.MISSED, RunState.COMPLETED, RunState.COMPLETED));
            assertThat(slots(context).get(0).error())
                    .isEqualTo("No process ran it until it was too late (maxLateness)");
        }
    }

    @Test
    void afterAPauseTheLastOneIsRun() throws Exception {
        servedUntil(hourly, Duration.ofHours(2));
        try (PipelineContext context = new PipelineContext(directory).start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?" + hourly).routeId("shop").log("run");
            }
        })) {
            context.pipelines().pause("shop");
            Jdbi.create(PipelineContext.url(directory))
                    .useHandle(h -> h.execute("UPDATE pipelines SET paused_at = since"));
        }
        try (PipelineContext context = start(hourly)) {
            Thread.sleep(4_000);
            assertThat(states(context)).isEmpty();
            context.pipelines().resume("shop");
            await().atMost(LONG).untilAsserted(() -> assertThat(states(context))
                    .containsExactly(RunState.MISSED, RunState.COMPLETED));
            assertThat(slots(context).get(0).error()).startsWith("The pipeline was paused");
        }
    }

    @Test
    void aNewScheduleHasMissedNothing() throws Exception {
        servedUntil("cron=0 6 * * *", Duration.ofDays(2));
        try (PipelineContext context = start(hourly)) {
            Thread.sleep(3_000);
            assertThat(states(context)).isEmpty();
        }
    }

    @Test
    void whenTheSchedulerHasDiedSlotsAreStartedAllTheSame() throws Exception {
        CountDownLatch dead = new CountDownLatch(1);
        try (PipelineContext context = start("cron=*/5 * * * * ?&catchUp=none", exchange -> {
            if (dead.getCount() == 0) {
                seen.add(exchange.getVariable("slot"));
            }
        })) {
            context.camel
                    .getComponent("quartz", QuartzComponent.class)
                    .getScheduler()
                    .shutdown(false);
            dead.countDown();
            await().atMost(LONG).until(() -> !seen.isEmpty());
        }
    }
}
