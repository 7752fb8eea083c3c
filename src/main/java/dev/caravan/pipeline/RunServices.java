package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Lease;
import dev.caravan.pipeline.ledger.Ledger;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;

/**
 * What the runs of this process share.
 *
 * @param threads for the runs at work, one each
 * @param scheduler a few threads for short work, mostly in the ledger
 * @param permits limits how many runs work at once
 * @param announcer tells what happens to the runs
 * @param quotas what the runs hear of the quotas of APIs
 * @param leaseDuration how long the lease of a run is valid without renewal
 */
record RunServices(
        Ledger ledger,
        RunLogs logs,
        ExecutorService threads,
        ScheduledExecutorService scheduler,
        Permits permits,
        Announcer announcer,
        Quotas quotas,
        Duration leaseDuration) {

    RunLease lease(Lease lease) {
        return new RunLease(ledger.leases(), leaseDuration, lease);
    }
}
