package dev.caravan.pipeline.ledger;

/**
 * The right to act for a run. The ledger takes word about a run only from the holder of its present token, and gives out
 * a new one for every attempt.
 *
 * @param attempt the attempt that it is for, 0 before the first
 * @param retry how many attempts the run has had before this one since it was created or reopened, in whatever processes
 */
public record Lease(String run, String token, int attempt, int retry) {

    /** A lease that was obtained before an attempt. */
    static Lease waiting(String run) {
        return new Lease(run, Leases.newToken(), 0, 0);
    }

    /** The state of a lease. */
    public enum Status {
        HELD,
        /** Somebody asks the holder to end the run. */
        CANCELLED,
        /** The run has ended, or belongs to another attempt by now. */
        LOST
    }
}
