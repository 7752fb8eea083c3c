package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.Installation.Background;
import dev.caravan.Installation.LedgerRun;
import dev.caravan.Installation.Result;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes are killed from outside, again and again, while the shop goes on selling. */
class KillIT {

    private static final int KILLS = 20;
    /** So many runs have to be hit, and not only their processes on the way up or down. */
    private static final int HITS = 10;

    @Test
    void killedAtRandomMoments(@TempDir Path directory) throws Exception {
        long seed = Long.getLong("caravan.seed", System.nanoTime());
        Random random = new Random(seed);
        try (Source source = Source.in(directory.resolve("postgres"))) {
            Installation caravan = Installation.in(directory.resolve("home")).set(Map.of("postgres.url", source.url()));
            source.execute(Events.TABLE);
            caravan.route("events", Events.ROUTE);
            Products.change(source, 20_000);
            Events.add(source, 20_000);
            Duration whole = Duration.ofSeconds(2);
            Set<String> hit = new HashSet<>();
            int kills = 0;
            while (kills < KILLS || hit.size() < HITS) {
                assertThat(kills++).isLessThan(10 * HITS);
                long start = System.nanoTime();
                String pipeline = List.of("events", "events", "products-daily", "products-full-refresh")
                        .get(random.nextInt(4));
                try (Background run = caravan.start("killed", "run", pipeline)) {
                    // the first one has to create the ledger
                    if (kills > 1 && random.nextInt(8) == 0) {
                        Thread.sleep(random.nextInt((int) whole.toMillis()));
                    } else {
                        await().atMost(Duration.ofMinutes(1))
                                .pollInterval(Duration.ofMillis(5))
                                .until(() -> run.said("attempt 1 started"));
                        whole = Duration.ofNanos(System.nanoTime() - start)
                                .multipliedBy(3)
                                .dividedBy(2);
                        Thread.sleep(random.nextInt((int) whole.toMillis() / 2));
                    }
                }
                caravan.runs().stream()
                        .filter(run -> !run.state().equals("completed"))
                        .forEach(run -> hit.add(run.id()));
                Products.change(source, 50);
                Events.add(source, 5_000);
            }
            for (String pipeline : List.of("products-daily", "events")) {
                Result last = caravan.run("run", pipeline);
                assertThat(last.exit()).as(last.err()).isZero();
            }
            List<LedgerRun> runs = caravan.runs();
            System.out.println("Killed " + kills + " times with -Dcaravan.seed=" + seed + ": "
                    + runs.stream().filter(run -> run.state().equals("crashed")).count() + " runs crashed, "
                    + caravan.warehouse("DLT", "SELECT count(*) FROM APPLICATION_DATA._caravan_loads")
                    + " loads were committed");
            Products.assertCopied(source, caravan);
            Events.assertCopied(source, caravan);
            assertThat(runs).extracting(LedgerRun::state).containsOnly("crashed", "completed");
            assertThat(runs)
                    .filteredOn(run -> run.state().equals("crashed"))
                    .extracting(LedgerRun::id)
                    .containsExactlyInAnyOrderElementsOf(hit);
            assertThat(caravan.ledger("SELECT count(*) FROM attempts WHERE state = 'running'")
                            .get(0))
                    .containsExactly(0L);
            assertThat(caravan.ledger("SELECT count(*) FROM steps WHERE state = 'running'")
                            .get(0))
                    .containsExactly(0L);
        }
    }

    /** The local PostgreSQL outlives the process that started it; the next one finds and stops it. */
    @Test
    void killedWithItsOwnPostgres(@TempDir Path directory) throws Exception {
        directory.toFile().setExecutable(true, false);
        Installation caravan = Installation.in(directory.resolve("home"));
        Result killed = caravan.withJava("-Dcaravan.failpoint=warehouse.staged").run("run", "products-daily");
        assertThat(killed.exit()).as(killed.err()).isEqualTo(137);
        Path pid = caravan.home().resolve("data/postgres/cluster/postmaster.pid");
        assertThat(pid).exists();
        Result next = caravan.run("run", "products-daily");
        assertThat(next.exit()).as(next.err()).isZero();
        assertThat(pid).doesNotExist();
        assertThat(caravan.runs()).extracting(LedgerRun::state).containsExactly("crashed", "completed");
        assertThat(caravan.warehouse("DLT", "SELECT count(*), count(DISTINCT audit_id) FROM APPLICATION_DATA.PRODUCTS"))
                .containsExactly(List.of(1000L, 1000L));
    }
}
