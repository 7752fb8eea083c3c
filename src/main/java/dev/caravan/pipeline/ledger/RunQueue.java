package dev.caravan.pipeline.ledger;

import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** The queue of runs of each pipeline, of which a limited number can be active at once. */
public final class RunQueue {

    /** Joins to a run r the runs o of its pipeline that come before it; one that no node has yet does not. */
    static final String BEFORE = "o.pipeline = r.pipeline AND o.id <> r.id AND o.node IS NOT NULL AND o.state IN "
            + RunTable.LIVE + " AND (o.state <> 'scheduled' OR o.id < r.id)";

    private final Jdbi jdbi;
    private final Writes writes;
    private final Reaper reaper;

    RunQueue(Jdbi jdbi, Writes writes, Reaper reaper) {
        this.jdbi = jdbi;
        this.writes = writes;
        this.reaper = reaper;
    }

    /** Whether a waiting run would be admitted now. */
    public boolean hasTurn(Lease lease, int limit) {
        reaper.reap();
        return jdbi.withHandle(h -> countBefore(h, lease)) < limit;
    }

    /** Locks the queue of a pipeline until the end of the transaction, unless only one transaction can write at a time. */
    static void lock(Handle h, Writes writes, String pipeline) {
        if (writes.oneAtATime()) {
            return;
        }
        h.createQuery("SELECT name FROM pipelines WHERE name = ? <forUpdate>")
                .bind(0, pipeline)
                .mapTo(String.class)
                .findOne();
    }

    /** Returns the pipelines with one active run. */
    static Set<String> alone(Handle h) {
        return h.createQuery("SELECT pipeline FROM runs WHERE node IS NOT NULL AND state IN " + RunTable.LIVE
                        + " GROUP BY pipeline HAVING COUNT(*) = 1")
                .mapTo(String.class)
                .set();
    }

    /** Counts the runs of its pipeline that come before a run. */
    static int countBefore(Handle h, Lease lease) {
        return h.createQuery("SELECT COUNT(*) FROM runs r JOIN runs o ON " + BEFORE + " WHERE r.id = :run")
                .bind("run", lease.run())
                .mapTo(Integer.class)
                .one();
    }

    /** Whether a run is for a slot, and the run for an earlier slot waits as well. */
    public boolean earlierSlotWaits(Lease lease, String pipeline) {
        return jdbi.withHandle(h -> h.createQuery("SELECT COUNT(*) FROM runs r JOIN runs me ON me.id = :run"
                                + " WHERE r.pipeline = :pipeline AND r.state = 'scheduled' AND r.id < me.id"
                                + " AND r.trigger = 'schedule' AND me.trigger = 'schedule'")
                        .bind("run", lease.run())
                        .bind("pipeline", pipeline)
                        .mapTo(Integer.class)
                        .one()
                > 0);
    }

    /** Requests cancellation of all older runs of a pipeline. */
    public void cancelOlder(Lease lease, String pipeline) {
        writes.run(h -> h.createUpdate("UPDATE runs SET cancel_requested = <now> WHERE pipeline = :pipeline"
                        + " AND id < :run AND node IS NOT NULL AND cancel_requested IS NULL AND state IN "
                        + RunTable.LIVE)
                .bind("pipeline", pipeline)
                .bind("run", lease.run())
                .execute());
    }
}
