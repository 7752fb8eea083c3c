package dev.caravan.warehouse.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.snowflake.fake.FakeSnowflake;
import dev.caravan.warehouse.EndingRun;
import dev.caravan.warehouse.QueryResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnowflakeEndTest {

    @TempDir
    Path directory;

    @Test
    void aStatementEndsWithItsRun() throws Exception {
        EndingRun run = new EndingRun();
        try (FakeSnowflake snowflake = FakeSnowflake.start()) {
            snowflake.user("SVC_DLT", TestAccount.KEY.getPublic());
            snowflake.execute("CREATE DATABASE DLT");
            snowflake.execute("CREATE SCHEMA DLT.SHOP");
            snowflake.execute("CREATE TABLE DLT.SHOP.NUMBERS (N NUMBER)");
            snowflake.execute("INSERT INTO DLT.SHOP.NUMBERS VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9)");
            Snowflake account = new Snowflake();
            account.setHost(snowflake.url());
            account.setUsername("SVC_DLT");
            account.setPrivateKey(TestAccount.pem(TestAccount.KEY.getPrivate()));
            account.setWarehouse("LOADING");
            SnowflakeEngine engine = new SnowflakeEngine(account, directory);
            String many = IntStream.range(0, 17)
                    .mapToObj(i -> "DLT.SHOP.NUMBERS T" + i)
                    .collect(Collectors.joining(", "));
            String query = "SELECT MAX(T0.N + T1.N * T2.N + T15.N * T16.N) FROM " + many;
            CompletableFuture<Throwable> ended = CompletableFuture.supplyAsync(() -> failure(engine, query, run));
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                run.end();
                return ended.isDone();
            });

            assertThat(ended.join()).hasMessageContaining("cancel");
            assertThat(run.held()).isZero();
            account.close();
        }
    }

    private static Throwable failure(SnowflakeEngine engine, String sql, EndingRun run) {
        try (QueryResult result = engine.query(sql, run)) {
            result.next();
            return null;
        } catch (Exception e) {
            return e;
        }
    }
}
