package dev.caravan.pipeline;

import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;

/**
 * Limits how many runs work at once in this process. Runs that wait for a permit queue without a thread, in the order in
 * which they are due.
 */
final class Permits {

    /**
     * The priority of a run.
     *
     * @param since when it was due
     * @param root the run that it works for: itself, unless the route of another run has called it
     * @param run its id
     */
    record Due(Instant since, String root, String run) implements Comparable<Due> {

        private static final Comparator<Due> ORDER =
                Comparator.comparing(Due::since).thenComparing(Due::root).thenComparing(Due::run);

        /** A called run has the priority of its caller: what has started ends before the next run starts. */
        Due calls(String called) {
            return new Due(since, root, called);
        }

        @Override
        public int compareTo(Due other) {
            return ORDER.compare(this, other);
        }
    }

    /** Equal only to itself: a run queues again after each release. */
    private static final class Claim {
        final Permit permit;
        final Runnable granted;

        Claim(Permit permit, Runnable granted) {
            this.permit = permit;
            this.granted = granted;
        }
    }

    private final PriorityQueue<Claim> queue =
            new PriorityQueue<>(Comparator.comparing((Claim claim) -> claim.permit.due));
    private final int limit;
    private int inUse;

    Permits(int limit) {
        this.limit = limit;
    }

    int limit() {
        return limit;
    }

    /** How many runs work, and how many wait to do so. */
    synchronized Pipelines.Places places() {
        return new Pipelines.Places(limit, inUse, queue.size());
    }

    /** How many more runs could work now. */
    synchronized int free() {
        return Math.max(0, limit - inUse - queue.size());
    }

    /**
     * Requests a permit.
     *
     * @param granted called when it is granted, perhaps at once, by the thread that released one; must be quick
     */
    Permit acquire(Due due, Runnable granted) {
        Permit permit = new Permit(due);
        synchronized (this) {
            permit.enqueue(granted);
        }
        grantNext();
        return permit;
    }

    private void grantNext() {
        for (Claim next = next(); next != null; next = next()) {
            next.granted.run();
        }
    }

    private synchronized Claim next() {
        if (inUse == limit || queue.isEmpty()) {
            return null;
        }
        inUse++;
        Claim next = queue.poll();
        next.permit.granted = true;
        return next;
    }

    /** The permit of a run, or its claim to one. */
    final class Permit {

        private final Due due;
        private Claim claim;
        /** Completes when a caller that waits for its permit can continue; null before. */
        private CompletableFuture<Void> regained;

        private boolean granted;
        private int calls;
        private boolean released;

        private Permit(Due due) {
            this.due = due;
        }

        private void enqueue(Runnable whenGranted) {
            claim = new Claim(this, whenGranted);
            queue.add(claim);
        }

        /** Whether the run still waits for it. */
        boolean waits() {
            synchronized (Permits.this) {
                return queue.contains(claim);
            }
        }

        /**
         * Withdraws the claim, unless the permit has been granted.
         *
         * @return whether it was withdrawn; then it will not be granted
         */
        boolean withdraw() {
            synchronized (Permits.this) {
                if (granted || released) {
                    return false;
                }
                released = true;
                return queue.remove(claim);
            }
        }

        /** Releases the permit for good. */
        void release() {
            synchronized (Permits.this) {
                if (!released) {
                    released = true;
                    free();
                }
            }
            grantNext();
        }

        private void free() {
            if (claim != null && !queue.remove(claim)) {
                inUse--;
            } else if (regained != null) {
                // nothing to wait for: the attempt has ended, or another part of it makes a call
                regained.complete(null);
            }
            claim = null;
        }

        /** Gives up the permit while the run waits for a run that it has called, which needs one. */
        void suspend() {
            synchronized (Permits.this) {
                if (calls++ != 0 || released) {
                    return;
                }
                free();
            }
            grantNext();
        }

        /**
         * Requests the permit again, at the end of the called run. Before that run releases its own, so that the caller is
         * first in line.
         *
         * @return completes when the caller can continue
         */
        CompletableFuture<Void> resume() {
            CompletableFuture<Void> here = new CompletableFuture<>();
            synchronized (Permits.this) {
                if (--calls != 0 || released) {
                    return CompletableFuture.completedFuture(null);
                }
                regained = here;
                enqueue(() -> here.complete(null));
            }
            grantNext();
            return here;
        }
    }
}
