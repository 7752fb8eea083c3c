package dev.caravan.pipeline;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Runs an attempt on this thread, and ends it from outside if it takes too long or its run is to end. If it does not react,
 * the run continues on another thread, and this one is abandoned with its attempt.
 */
final class Supervision {

    /** How long an attempt that was ended can take to react. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final Attempt attempt;
    private final Executor threads;
    private final Consumer<Failure> abandoned;
    /** Whether it has been decided who continues the run. */
    private final AtomicBoolean decided = new AtomicBoolean();

    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private volatile String reason;

    /**
     * @param threads for what happens later
     * @param abandoned continues the run without the attempt
     */
    Supervision(Attempt attempt, Executor threads, Consumer<Failure> abandoned) {
        this.attempt = attempt;
        this.threads = threads;
        this.abandoned = abandoned;
    }

    /**
     * Runs the attempt.
     *
     * @return whether this thread continues the run
     */
    boolean run(RunEnd end, Duration timeout) {
        later(timeout, () -> end("it ran longer than its timeout of " + timeout.toMillis() / 1000.0 + " s"));
        CompletableFuture<Void> unused = end.requested().thenAccept(request -> end(request.reason()));
        attempt.run();
        boolean mine = decided.compareAndSet(false, true);
        done.complete(null);
        return mine;
    }

    /** Why the attempt failed, if it has. One that was done before it noticed its end has not. */
    Optional<Failure> failure() {
        return attempt.failure().map(failure -> reason == null ? Failure.of(failure) : Failure.ended(reason));
    }

    private void end(String why) {
        if (reason == null && !done.isDone()) {
            reason = why;
            attempt.end(why);
            later(GRACE, this::abandon);
        }
    }

    private void abandon() {
        if (decided.compareAndSet(false, true)) {
            abandoned.accept(Failure.ended(reason));
        }
    }

    /** Does something after a delay, unless the attempt is done by then. */
    private void later(Duration delay, Runnable what) {
        CompletableFuture<Void> timer =
                new CompletableFuture<Void>().completeOnTimeout(null, delay.toMillis(), TimeUnit.MILLISECONDS);
        CompletableFuture<Void> unused = timer.thenRunAsync(what, threads);
        CompletableFuture<Void> unusedToo = done.thenRun(() -> timer.cancel(false));
    }
}
