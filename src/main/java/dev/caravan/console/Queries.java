package dev.caravan.console;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.concurrent.Semaphore;

/** Runs queries on the warehouse, a few at a time, on threads of their own: pages and health do not wait for them. */
final class Queries {

    private static final int MOST = 2;

    private final WorkerExecutor executor;
    private final Semaphore places = new Semaphore(MOST);

    Queries(Vertx vertx) {
        this.executor = vertx.createSharedWorkerExecutor("console-sql", MOST);
    }

    /**
     * Does what may take long.
     *
     * @return completes when it is done, or fails with its exception
     * @throws Refusal if as many others are doing so
     */
    Future<Void> run(Runnable work) {
        if (!places.tryAcquire()) {
            throw new Refusal(503, MOST + " queries are running: try again when one has ended");
        }
        return executor.<Void>executeBlocking(
                        () -> {
                            work.run();
                            return null;
                        },
                        false)
                .onComplete(end -> places.release());
    }
}
