package dev.caravan.run;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;

/**
 * Bounds what a person asks for on this thread, as a timeout bounds an attempt: then what is registered is aborted, and the
 * thread is interrupted if it waits.
 */
public final class Deadline implements Run, AutoCloseable {

    private final String user;
    private final String purpose;
    private final Thread thread = Thread.currentThread();
    private final AbortHooks aborts = new AbortHooks();
    private final CompletableFuture<Void> timer;
    private boolean over;
    private boolean closed;

    /**
     * Starts the clock.
     *
     * @param user who asks, and for what: engines with a query history name both there
     */
    public Deadline(Duration limit, String user, String purpose) {
        this.user = user;
        this.purpose = purpose;
        timer = new CompletableFuture<Void>().completeOnTimeout(null, limit.toMillis(), TimeUnit.MILLISECONDS);
        CompletableFuture<Void> unused = timer.thenRun(this::end);
    }

    private synchronized void end() {
        if (!closed) {
            over = true;
            thread.interrupt();
            aborts.end();
        }
    }

    /** Returns whether the time was too short. */
    public synchronized boolean isOver() {
        return over;
    }

    @Override
    public synchronized void close() {
        closed = true;
        timer.cancel(false);
        if (over && Thread.currentThread() == thread) {
            boolean unused = Thread.interrupted(); // the thread has other work to do
        }
    }

    @Override
    public Registration onEnd(AutoCloseable abort) {
        return aborts.add(abort);
    }

    @Override
    public void ensureActive() {
        if (isOver()) {
            throw new RunEndedException("The time for " + purpose + " is over");
        }
    }

    @Override
    public void renewLease() {
        ensureActive();
    }

    @Override
    public String id() {
        return purpose;
    }

    @Override
    public String pipeline() {
        return user;
    }

    @Override
    public int attempt() {
        return 1;
    }

    @Override
    public Optional<String> step(Exchange exchange) {
        return Optional.empty();
    }

    @Override
    public void addProgress(Exchange exchange, long rows, long bytes) {
        // nobody counts it
    }
}
