package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Lease;
import dev.caravan.pipeline.ledger.Leases;
import java.time.Duration;

/** The lease by which this process acts for a run: renews it, and knows how long it is valid without that. */
final class RunLease {

    private final Leases leases;
    private final Duration duration;
    private final Lease lease;
    private volatile long validUntil;

    /**
     * @param lease obtained or renewed just now
     */
    RunLease(Leases leases, Duration duration, Lease lease) {
        this.leases = leases;
        this.duration = duration;
        this.lease = lease;
        extend();
    }

    private void extend() {
        validUntil = System.nanoTime() + duration.toNanos();
    }

    /** The lease as the ledger knows it. */
    Lease token() {
        return lease;
    }

    String run() {
        return lease.run();
    }

    int attempt() {
        return lease.attempt();
    }

    /** How many attempts the run has had before this one since it was created or reopened. */
    int retry() {
        return lease.retry();
    }

    /** Whether the lease is valid for certain: it was renewed less than its duration ago. */
    boolean isValid() {
        return System.nanoTime() - validUntil <= 0;
    }

    /**
     * Renews the lease in the ledger.
     *
     * @param end ended if the run has been cancelled or the lease is lost
     * @return whether the lease is held
     */
    boolean renew(RunEnd end) {
        switch (leases.renew(lease, duration)) {
            case HELD -> {
                extend();
                return true;
            }
            case CANCELLED -> end.cancel(RunEnd.CANCELLED);
            case LOST -> end.lost(leases.reasonOfLoss(lease.run()));
        }
        return false;
    }
}
