package dev.caravan.warehouse.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.warehouse.Database;
import dev.caravan.warehouse.EndingRun;
import dev.caravan.warehouse.LoadSession;
import dev.caravan.warehouse.TableName;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DuckDbEndTest {

    @TempDir
    Path directory;

    @Test
    void aStatementEndsWithItsRun() throws Exception {
        EndingRun run = new EndingRun();
        DuckDbEngine engine = new DuckDbEngine(directory, Duration.ofSeconds(5), 128L << 20);
        try (LoadSession session = engine.connect(TableName.parse("DLT.SHOP.PRODUCTS"), run)) {
            try (Database database = session.open(true)) {
                CompletableFuture<Throwable> ended = CompletableFuture.supplyAsync(() -> failure(database));
                await().atMost(Duration.ofSeconds(60)).until(() -> {
                    run.end();
                    return ended.isDone();
                });
                assertThat(ended.join()).hasMessageContaining("Interrupted");
                assertThat(database.query("SELECT 1", row -> row.getLong(1))).containsExactly(1L);
            }
            assertThat(run.held()).isZero();
        }
    }

    private static Throwable failure(Database database) {
        try {
            database.query(
                    "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE hash(a.range + b.range) = 0",
                    row -> row.getLong(1));
            return null;
        } catch (SQLException e) {
            return e;
        }
    }
}
