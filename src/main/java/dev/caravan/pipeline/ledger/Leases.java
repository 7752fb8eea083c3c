package dev.caravan.pipeline.ledger;

import dev.caravan.run.RunEndedException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;

/** The leases of active runs: renewed by their holder, checked by every write about a run. */
public final class Leases {

    /** Ends a statement about a run that only the holder of its lease can make. */
    static final String HELD = " WHERE id = :run AND token = :token AND state IN " + RunTable.LIVE;

    private static final String RENEW =
            "UPDATE runs SET lease_until = <now> + :lease" + HELD + " AND cancel_requested IS NULL";

    private final Jdbi jdbi;
    private final Writes writes;
    private final Reaper reaper;

    Leases(Jdbi jdbi, Writes writes, Reaper reaper) {
        this.jdbi = jdbi;
        this.writes = writes;
        this.reaper = reaper;
    }

    /** Renews a lease, unless cancellation of its run has been requested. */
    public Lease.Status renew(Lease lease, Duration leaseDuration) {
        boolean renewed = writes.call(h -> h.createUpdate(RENEW)
                        .bind("run", lease.run())
                        .bind("token", lease.token())
                        .bind("lease", leaseDuration.toMillis())
                        .execute()
                == 1);
        return renewed ? Lease.Status.HELD : status(lease);
    }

    /**
     * Renews many leases at once.
     *
     * @return the runs whose leases were renewed; the others must be renewed one by one to learn their status
     */
    public Set<String> renew(Collection<Lease> leases, Duration leaseDuration) {
        if (leases.isEmpty()) {
            return Set.of();
        }
        return writes.call(h -> {
            PreparedBatch batch = h.prepareBatch(RENEW);
            for (Lease lease : leases) {
                batch.bind("run", lease.run())
                        .bind("token", lease.token())
                        .bind("lease", leaseDuration.toMillis())
                        .add();
            }
            int[] renewed = batch.execute();
            Set<String> runs = new HashSet<>();
            int i = 0;
            for (Lease lease : leases) {
                if (renewed[i++] == 1) {
                    runs.add(lease.run());
                }
            }
            return runs;
        });
    }

    private Lease.Status status(Lease lease) {
        return jdbi.withHandle(h -> h.createQuery("SELECT cancel_requested IS NOT NULL FROM runs" + HELD)
                .bind("run", lease.run())
                .bind("token", lease.token())
                .mapTo(Boolean.class)
                .findOne()
                .map(cancelled -> cancelled ? Lease.Status.CANCELLED : Lease.Status.HELD)
                .orElse(Lease.Status.LOST));
    }

    /** Says why the lease of a run was lost, as the end of a sentence. */
    public String reasonOfLoss(String run) {
        return jdbi.withHandle(h -> reasonOfLoss(h, run));
    }

    private static String reasonOfLoss(Handle h, String run) {
        return RunTable.state(h, run)
                .map(state -> state == RunState.SCHEDULED
                        ? "another node has taken it"
                        : state.live() ? "another attempt has begun" : "it is " + state)
                .orElse("it is not in the ledger any more");
    }

    static RunEndedException lost(Handle h, String run) {
        return new RunEndedException("Run " + run + " cannot continue: " + reasonOfLoss(h, run));
    }

    /**
     * Sets which runs are active in this process: whatever their leases say, they have not crashed.
     *
     * @param runs by id
     */
    public void excludeFromReaping(Predicate<String> runs) {
        reaper.exclude(runs);
    }

    /** Updates a run as the holder of its lease. */
    static void update(Handle h, Lease lease, String update, Map<String, ?> values) {
        int changed = h.createUpdate(update + HELD)
                .bind("run", lease.run())
                .bind("token", lease.token())
                .bindMap(values)
                .execute();
        if (changed == 0) {
            throw lost(h, lease.run());
        }
    }

    static String newToken() {
        return UUID.randomUUID().toString();
    }
}
