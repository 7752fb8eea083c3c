package dev.caravan.pipeline;

import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * The places at which runs work in this process: so many at once. Runs that wait for one queue without a thread, those
 * that were due first in front.
 */
final class Places {

    /**
     * Where a run stands in the queue.
     *
     * @param since when it was due
     * @param root the run that it works for: itself, unless another run's route has called it
     * @param run its id
     */
    record Due(Instant since, String root, String run) implements Comparable<Due> {

        private static final Comparator<Due> ORDER =
                Comparator.comparing(Due::since).thenComparing(Due::root).thenComparing(Due::run);

        /** A called run goes where its caller would: what has begun ends before the next begins. */
        Due calls(String called) {
            return new Due(since, root, called);
        }

        @Override
        public int compareTo(Due other) {
            return ORDER.compare(this, other);
        }
    }

    /** Equal to itself only: a run that comes back queues anew. */
    private static final class Claim {
        final Place place;
        final Runnable entered;

        Claim(Place place, Runnable entered) {
            this.place = place;
            this.entered = entered;
        }
    }

    private final PriorityQueue<Claim> queue =
            new PriorityQueue<>(Comparator.comparing((Claim claim) -> claim.place.due));
    private final int limit;
    private int taken;

    Places(int limit) {
        this.limit = limit;
    }

    int limit() {
        return limit;
    }

    /**
     * Queues for a place.
     *
     * @param entered called as soon as there is one, maybe at once, by whatever thread has made room; has to be quick
     */
    Place enter(Due due, Runnable entered) {
        Place place = new Place(due);
        synchronized (this) {
            place.enter(entered);
        }
        letIn();
        return place;
    }

    private void letIn() {
        for (Claim next = next(); next != null; next = next()) {
            next.entered.run();
        }
    }

    private synchronized Claim next() {
        if (taken == limit || queue.isEmpty()) {
            return null;
        }
        taken++;
        Claim next = queue.poll();
        next.place.entered = true;
        return next;
    }

    /** A run's place, or its claim to one. */
    final class Place {

        private final Due due;
        private Claim claim;
        /** Completes when whoever waits for the place after a call may go on; null before. */
        private CompletableFuture<Void> back;

        private boolean entered;
        private int calls;
        private boolean left;

        private Place(Due due) {
            this.due = due;
        }

        private void enter(Runnable whenEntered) {
            claim = new Claim(this, whenEntered);
            queue.add(claim);
        }

        /** Whether the run still waits for its place. */
        boolean waits() {
            synchronized (Places.this) {
                return queue.contains(claim);
            }
        }

        /**
         * Leaves the queue for good, if the run has never had its place.
         *
         * @return whether that is so; then it will not be called
         */
        boolean withdraw() {
            synchronized (Places.this) {
                if (entered || left) {
                    return false;
                }
                left = true;
                return queue.remove(claim);
            }
        }

        /** Leaves for good. */
        void leave() {
            synchronized (Places.this) {
                if (!left) {
                    left = true;
                    free();
                }
            }
            letIn();
        }

        private void free() {
            if (claim != null && !queue.remove(claim)) {
                taken--;
            } else if (back != null) {
                // there is none to wait for any more: the attempt has ended, or another part of it calls
                back.complete(null);
            }
            claim = null;
        }

        /** The run waits for another one that it has called: it needs no place meanwhile, while that one may. */
        void callBegins() {
            synchronized (Places.this) {
                if (calls++ > 0 || left) {
                    return;
                }
                free();
            }
            letIn();
        }

        /** The called run is over: waits for a place to go on. */
        void callEnds() {
            CompletableFuture<Void> here = new CompletableFuture<>();
            synchronized (Places.this) {
                if (--calls > 0 || left) {
                    return;
                }
                back = here;
                enter(() -> here.complete(null));
            }
            letIn();
            try {
                here.get();
            } catch (InterruptedException e) {
                // the attempt was ended, and leaves
                leave();
                Thread.currentThread().interrupt();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
