package dev.caravan.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class QueriesTest {

    @Test
    void aThirdQueryIsRefusedUntilOneHasEnded() {
        Vertx vertx = Vertx.vertx();
        try {
            Queries queries = new Queries(vertx);
            CountDownLatch end = new CountDownLatch(1);
            AtomicInteger done = new AtomicInteger();
            for (int i = 0; i < 2; i++) {
                queries.run(() -> {
                    await().until(() -> end.getCount() == 0);
                    done.incrementAndGet();
                });
            }
            assertThatThrownBy(() -> queries.run(() -> done.addAndGet(100)))
                    .isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(refusal.status())
                            .isEqualTo(503));
            end.countDown();
            await().until(() -> done.get() == 2);
            await().atMost(Duration.ofSeconds(30)).until(() -> {
                try {
                    queries.run(() -> done.addAndGet(10));
                    return true;
                } catch (Refusal stillBusy) {
                    return false;
                }
            });
            await().until(() -> done.get() == 12);
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }
}
