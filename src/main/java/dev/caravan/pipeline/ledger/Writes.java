package dev.caravan.pipeline.ledger;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.HandleConsumer;
import org.jdbi.v3.core.Jdbi;
import org.sqlite.SQLiteErrorCode;

/**
 * Transactions that write. SQLite has one at a time, and each waits for the disk: those that wait for their turn meanwhile
 * are committed together, by the first of their threads. None returns before its commit, and none fails because of another.
 */
final class Writes {

    /** Bounds how long the first of a group waits for the others. */
    private static final int MAX_GROUP = 100;

    private final Jdbi jdbi;
    private final boolean grouped;
    private final ReentrantLock writer = new ReentrantLock();
    private final Queue<Write<?>> waiting = new ConcurrentLinkedQueue<>();
    private final LongAdder writes = new LongAdder();
    private final LongAdder nanos = new LongAdder();

    /**
     * @param grouped whether the database has one writer at a time
     */
    Writes(Jdbi jdbi, boolean grouped) {
        this.jdbi = jdbi;
        this.grouped = grouped;
    }

    /**
     * Writes in a transaction.
     *
     * @param work does nothing but call the database: it may be repeated after a rollback
     */
    <T> T call(HandleCallback<T, RuntimeException> work) {
        long began = System.nanoTime();
        try {
            return grouped ? inGroup(work) : jdbi.inTransaction(work);
        } finally {
            writes.increment();
            nanos.add(System.nanoTime() - began);
        }
    }

    private <T> T inGroup(HandleCallback<T, RuntimeException> work) {
        Write<T> write = new Write<>(work);
        waiting.add(write);
        writer.lock();
        try {
            // an interrupt is meant for this thread, not for those whose writes it commits
            boolean interrupted = !write.done && Thread.interrupted();
            while (!write.done) {
                commitGroup();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        } finally {
            writer.unlock();
        }
        return write.result();
    }

    /** Whether the database has one writer at a time. */
    boolean oneAtATime() {
        return grouped;
    }

    /** Writes in a transaction, as {@link #call}. */
    void run(HandleConsumer<RuntimeException> work) {
        call(work.asCallback());
    }

    /** Returns how many writes there were, failed ones included, and how long they took. */
    Ledger.WriteTime time() {
        return new Ledger.WriteTime(writes.sum(), Duration.ofNanos(nanos.sum()));
    }

    /** How many wait for their turn. */
    int countWaiting() {
        return waiting.size();
    }

    private void commitGroup() {
        List<Write<?>> group = new ArrayList<>();
        for (Write<?> next = waiting.poll(); next != null; next = group.size() < MAX_GROUP ? waiting.poll() : null) {
            group.add(next);
        }
        Throwable failure = commit(group);
        if (failure == null || group.size() == 1 || isBusy(failure)) {
            group.forEach(write -> write.end(failure));
        } else {
            // one of them fails: each by itself
            group.forEach(write -> write.end(commit(List.of(write))));
        }
    }

    private Throwable commit(List<Write<?>> group) {
        try {
            jdbi.useTransaction(h -> group.forEach(write -> write.apply(h)));
            return null;
        } catch (Throwable e) {
            return e;
        }
    }

    /** Another process has had the lock for so long that each of the group would wait in vain. */
    private static boolean isBusy(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && (sql.getErrorCode() & 0xff) == SQLiteErrorCode.SQLITE_BUSY.code) {
                return true;
            }
        }
        return false;
    }

    /** What one thread writes. Used by the thread that has the lock, and afterwards by its own. */
    private static final class Write<T> {

        private final HandleCallback<T, RuntimeException> work;
        private T value;
        private Throwable failure;
        private boolean done;

        Write(HandleCallback<T, RuntimeException> work) {
            this.work = work;
        }

        void apply(Handle h) {
            value = work.withHandle(h);
        }

        void end(Throwable how) {
            failure = how;
            done = true;
        }

        T result() {
            if (failure instanceof Error error) {
                throw error;
            } else if (failure instanceof RuntimeException exception) {
                throw exception;
            } else if (failure != null) {
                throw new IllegalStateException(failure);
            }
            return value;
        }
    }
}
