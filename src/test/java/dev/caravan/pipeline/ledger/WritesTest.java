package dev.caravan.pipeline.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.run.RunEndedException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Writes that wait for each other. */
@Timeout(60)
class WritesTest {

    @TempDir
    Path directory;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch hold = new CountDownLatch(1);
    private final AtomicInteger transactions = new AtomicInteger();
    private Jdbi jdbi;
    private Writes writes;
    private Future<?> first;

    /** The first write holds the lock until the others wait for it. */
    @BeforeEach
    void start() {
        jdbi = Jdbi.create("jdbc:sqlite:" + directory.resolve("ledger.db"));
        jdbi.useHandle(h -> h.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY)"));
        Jdbi counting = Jdbi.create(() -> {
            transactions.incrementAndGet();
            return DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("ledger.db"));
        });
        writes = new Writes(counting, true);
        CountDownLatch holds = new CountDownLatch(1);
        first = threads.submit(() -> writes.run(h -> {
            holds.countDown();
            insert(h, 0);
            try {
                hold.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }));
        await().until(() -> holds.getCount() == 0);
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    private static int insert(Handle h, int n) {
        return h.execute("INSERT INTO numbers (n) VALUES (?)", n);
    }

    private List<Integer> numbers() {
        return jdbi.withHandle(h -> h.createQuery("SELECT n FROM numbers ORDER BY n")
                .mapTo(Integer.class)
                .list());
    }

    private void awaitWaiting(int count) {
        await().until(() -> writes.countWaiting() == count);
    }

    @Test
    void thoseThatWaitAreCommittedTogether() throws Exception {
        List<Future<Integer>> others = IntStream.rangeClosed(1, 50)
                .mapToObj(n -> threads.submit(() -> writes.call(h -> insert(h, n))))
                .toList();
        awaitWaiting(50);
        assertThat(numbers()).isEmpty();
        hold.countDown();
        for (Future<Integer> each : others) {
            assertThat(each.get()).isEqualTo(1);
        }
        assertThat(numbers()).hasSize(51);
        assertThat(transactions).hasValue(2);
    }

    @Test
    void oneThatFailsDoesNotHurtTheOthers() throws Exception {
        Future<Integer> good = threads.submit(() -> writes.call(h -> insert(h, 1)));
        Future<Integer> lost = threads.submit(() -> writes.call(h -> {
            insert(h, 2);
            throw new RunEndedException("lost");
        }));
        Future<Integer> twice = threads.submit(() -> writes.call(h -> insert(h, 0)));
        Future<Integer> alsoGood = threads.submit(() -> writes.call(h -> insert(h, 3)));
        awaitWaiting(4);
        hold.countDown();
        assertThat(good.get()).isEqualTo(1);
        assertThat(alsoGood.get()).isEqualTo(1);
        assertThatThrownBy(lost::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(RunEndedException.class);
        assertThatThrownBy(twice::get).hasMessageContaining("UNIQUE constraint failed");
        first.get();
        assertThat(numbers()).containsExactly(0, 1, 3);
    }

    @Test
    void anInterruptOfTheOneThatWritesIsItsOwn() throws Exception {
        AtomicBoolean interrupted = new AtomicBoolean();
        Thread cancelled = new Thread(() -> {
            writes.run(h -> insert(h, 1));
            interrupted.set(Thread.currentThread().isInterrupted());
        });
        cancelled.start();
        awaitWaiting(1);
        cancelled.interrupt();
        Future<Integer> other = threads.submit(() -> writes.call(h -> {
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            return insert(h, 2);
        }));
        awaitWaiting(2);
        hold.countDown();
        assertThat(other.get()).isEqualTo(1);
        cancelled.join();
        assertThat(interrupted).isTrue();
        assertThat(numbers()).containsExactly(0, 1, 2);
    }
}
