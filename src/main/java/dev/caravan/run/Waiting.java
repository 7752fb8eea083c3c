package dev.caravan.run;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for threads and their results. */
public final class Waiting {

    private Waiting() {}

    /**
     * Waits for a result. An interrupt ends the wait.
     *
     * @param failure the checked exception that the work can fail with
     * @param work what is waited for, for the message: "rows were being staged"
     * @throws RunEndedException if this thread is interrupted
     */
    public static <T, E extends Exception> T await(Future<T> future, Class<E> failure, String work) throws E {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RunEndedException("Interrupted while " + work);
        } catch (ExecutionException e) {
            if (failure.isInstance(e.getCause())) {
                throw failure.cast(e.getCause());
            }
            throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause());
        }
    }

    /**
     * Waits for a result. An interrupt does not shorten the wait; this thread is interrupted after it.
     *
     * @param timeout null for no limit
     * @param onInterrupt what an interrupt does at once
     * @return whether there is a result, be it a failure
     */
    public static boolean awaitUninterruptibly(Future<?> future, Duration timeout, Runnable onInterrupt) {
        long deadline = System.nanoTime() + (timeout == null ? 0 : timeout.toNanos());
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    if (timeout == null) {
                        future.get();
                    } else {
                        future.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                    }
                    return true;
                } catch (InterruptedException e) {
                    interrupted = true;
                    onInterrupt.run();
                } catch (TimeoutException e) {
                    return false;
                } catch (ExecutionException e) {
                    return true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Stops the threads of an executor and waits for them. An interrupt does not shorten the wait; this thread is
     * interrupted after it.
     *
     * @param timeout null for no limit
     * @return whether they have stopped
     */
    public static boolean shutDown(ExecutorService executor, Duration timeout) {
        long deadline = System.nanoTime() + (timeout == null ? 0 : timeout.toNanos());
        boolean interrupted = Thread.interrupted();
        executor.shutdownNow();
        while (!executor.isTerminated() && (timeout == null || System.nanoTime() < deadline)) {
            try {
                executor.awaitTermination(1, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return executor.isTerminated();
    }
}
