package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.Installation.Background;
import dev.caravan.Installation.LedgerRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The service with more to do than it can do at once, and when it is killed while it works. */
class CrowdIT {

    /** {@code -Dcaravan.crowd=1000} for more. */
    private static final int PIPELINES = Integer.getInteger("caravan.crowd", 250);

    private static final Duration LONG = Duration.ofMinutes(10);

    @TempDir
    private Path home;

    private Installation caravan;

    @BeforeEach
    void install() throws Exception {
        caravan = Installation.in(home);
    }

    private static String route(String name, String options, String before) {
        return """
                - route:
                    id: %s
                    from:
                      uri: pipeline:%s?%s
                      steps:
                        - step:
                            id: load
                            steps:
                              %s
                              - setBody:
                                  constant: '{"n": 1}'
                              - to: warehouse:DLT.CROWD.%s?mode=append
                """
                .formatted(name, name, options, before, name.toUpperCase(Locale.ROOT));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void manyPipelinesOfOneSecondLoadWithFewThreadsAndNoFailureAndAStopLeavesNothingUnderWay() throws Exception {
        caravan.route(
                "crowd",
                IntStream.range(0, PIPELINES)
                        .mapToObj(i -> route("crowd" + i, "cron=0 * * * * ?", ""))
                        .collect(Collectors.joining()));
        try (Background serve = caravan.withJava("-Xmx512m").start("serve", "serve")) {
            awaitService(serve);
            await().atMost(LONG).until(() -> count("crowd", null) >= PIPELINES);
            await().atMost(LONG)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> count("crowd", "completed") >= PIPELINES * 9L / 10);
            // a Java with its compilers, collectors, HTTP and ledger has about forty
            assertThat(status(serve, "Threads")).isLessThan(150);
            assertThat(status(serve, "VmHWM")).as("kB").isLessThan(2_000_000);
            serve.process().destroy();
            assertThat(serve.process().waitFor(90, TimeUnit.SECONDS))
                    .as("has 45 s")
                    .isTrue();
        }
        assertThat(caravan.runs()).allSatisfy(run -> {
            assertThat(run.state()).as(run.error()).isIn("completed", "skipped", "cancelled");
            assertThat(run.attempts()).as(run.error()).isLessThanOrEqualTo(1);
        });
        long rows = 0;
        for (List<Object> table : caravan.warehouse(
                "DLT",
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'CROWD'"
                        + " AND table_name LIKE 'CROWD%'")) {
            rows += (Long) caravan.warehouse("DLT", "SELECT count(*) FROM CROWD." + table.get(0))
                    .get(0)
                    .get(0);
        }
        assertThat(rows).isEqualTo(count("crowd", "completed"));
    }

    @Test
    void aRunOfAKilledServiceIsTakenUpByTheNext() throws Exception {
        caravan.route(
                "slow",
                route(
                        "slow",
                        "cron=* * * * * ?&onOverlap=skip",
                        "- delay: { expression: { constant: { expression: 2000 } } }"));
        String killed;
        try (Background serve = caravan.start("serve", "serve")) {
            awaitService(serve);
            await().atMost(LONG).until(() -> count("slow", "running") == 1);
            killed = caravan.runs().stream()
                    .filter(run -> run.state().equals("running"))
                    .findFirst()
                    .orElseThrow()
                    .id();
            serve.process().destroyForcibly().waitFor();
        }
        // while nothing runs, it is what it is
        assertThat(caravan.run("runs", "show", killed, "--output", "json")
                        .json()
                        .get("state")
                        .asText())
                .isEqualTo("crashed");
        try (Background serve = caravan.start("serve", "serve")) {
            await().atMost(LONG).until(() -> find(killed).state().equals("completed"));
            assertThat(find(killed).attempts()).isEqualTo(2);
            assertThat(serve.said("Run " + killed + " of slow is taken over")).isTrue();
            serve.process().destroy();
            serve.process().waitFor();
        }
        assertThat(caravan.warehouse(
                        "DLT", "SELECT count(*) FROM CROWD.SLOW WHERE _caravan_load_id LIKE '" + killed + "%'"))
                .containsExactly(List.of(1L));
    }

    @Test
    void aLackOfMemoryEndsTheServiceAndTheRunIsTakenUp() throws Exception {
        caravan.route("slow", route("slow", "cron=* * * * * ?", ""));
        try (Background serve =
                caravan.withJava("-Dcaravan.failpoint=warehouse.staged:error").start("serve", "serve")) {
            assertThat(serve.await().exit()).isEqualTo(3);
            assertThat(serve.said("OutOfMemoryError in run")).isTrue();
        }
        String ended = caravan.runs().get(0).id();
        try (Background serve = caravan.start("again", "serve")) {
            await().atMost(LONG).until(() -> find(ended).state().equals("completed"));
            assertThat(serve.process().isAlive()).isTrue();
        }
    }

    private static void awaitService(Background serve) {
        await().atMost(LONG).until(() -> serve.said("Serving "));
    }

    private LedgerRun find(String id) throws Exception {
        return caravan.runs().stream()
                .filter(run -> run.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private long count(String pipeline, String state) throws Exception {
        return caravan.runs().stream()
                .filter(run -> run.pipeline().startsWith(pipeline))
                .filter(run -> state == null || run.state().equals(state))
                .count();
    }

    /** A number that the kernel knows of a process. */
    private static long status(Background process, String name) throws Exception {
        return Files.readAllLines(Path.of("/proc/" + process.process().pid() + "/status")).stream()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}
