package dev.caravan.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.console.TestConsole.Answer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.camel.builder.RouteBuilder;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What probes learn of a process in trouble. */
@Tag("slow")
class HealthTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    private TestConsole console;

    @BeforeEach
    void start() throws Exception {
        console = new TestConsole(directory);
        console.component.setSchedule(true);
        console.component.setLease(2_000);
        console.start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:one?cron=0 0 1 1 *").routeId("one").log("one");
            }
        });
        assertThat(health("live").status()).isEqualTo(200);
        assertThat(health("ready").status()).isEqualTo(200);
    }

    @AfterEach
    void stop() {
        console.close();
    }

    private Answer health(String kind) throws IOException {
        return console.get("/observe/health/" + kind);
    }

    private Jdbi ledger() {
        return Jdbi.create("jdbc:sqlite:" + directory.resolve("ledger.db"));
    }

    @Test
    void withoutTheLedgerAProcessIsAliveButNotReady() throws Exception {
        ledger().useTransaction(h -> {
            h.execute("ALTER TABLE pipelines RENAME TO gone");
            h.execute("ALTER TABLE nodes RENAME TO left");
        });
        Answer ready = health("ready");
        assertThat(ready.status()).isEqualTo(503);
        assertThat(ready.body()).contains("\"ledger\" : \"DOWN\"", "\"status\" : \"DOWN\"");
        // heartbeats have failed for longer than two leases
        TimeUnit.SECONDS.sleep(6);
        assertThat(health("live").status()).isEqualTo(200);

        ledger().useTransaction(h -> {
            h.execute("ALTER TABLE gone RENAME TO pipelines");
            h.execute("ALTER TABLE left RENAME TO nodes");
        });
        await().atMost(LONG).until(() -> health("ready").status() == 200);
    }

    @Test
    void aProcessWhoseHeartbeatHangsIsNotAlive() throws Exception {
        try (Handle other = ledger().open()) {
            // nobody else can write
            other.execute("BEGIN IMMEDIATE");
            await().atMost(LONG).until(() -> health("live").status() == 503);
            assertThat(health("live").body()).contains("\"heartbeat\" : \"DOWN\"");
            other.execute("ROLLBACK");
        }
        await().atMost(LONG).until(() -> health("live").status() == 200);
    }
}
