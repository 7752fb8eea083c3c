package dev.caravan.pipeline.ledger;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * Marks runs as crashed whose process is dead or sent no heartbeat within the lease; they ended with their last sign of
 * life. Those for a slot are also marked as
 * interrupted, so that another process takes them over.
 */
final class Reaper {

    private record Suspect(String run, String node, String token, boolean lapsed) {}

    /**
     * The last sign of life of a run, in any of its parts: its steps and log are saved twice a second, its node beats several
     * times within a lease. A node can live on when the lease of one of its runs has lapsed.
     */
    private static final String LAST_SIGN_OF_LIFE =
            "SELECT MAX(sign) FROM (SELECT created AS sign FROM runs WHERE id = :run"
                    + " UNION ALL SELECT MAX(started) FROM attempts WHERE run = :run"
                    + " UNION ALL SELECT MAX(COALESCE(finished, started)) FROM steps WHERE run = :run"
                    + " UNION ALL SELECT MAX(time) FROM log_lines WHERE run = :run AND time <= <now>"
                    + " UNION ALL SELECT CASE WHEN nodes.seen > r.lease_until THEN r.lease_until ELSE nodes.seen END"
                    + " FROM runs r JOIN nodes ON nodes.id = r.node WHERE r.id = :run) AS signs";

    private final Jdbi jdbi;
    private final Writes writes;
    private final NodeRegistry nodes;
    private final boolean writable;
    private volatile Predicate<String> alive = run -> false;

    /**
     * @param writable whether this user can write the ledger; otherwise nothing is marked
     */
    Reaper(Jdbi jdbi, Writes writes, NodeRegistry nodes, boolean writable) {
        this.jdbi = jdbi;
        this.writes = writes;
        this.nodes = nodes;
        this.writable = writable;
    }

    /** Sets which runs are active in this process: whatever their leases say, they have not crashed. */
    void exclude(Predicate<String> runs) {
        alive = runs;
    }

    void reap() {
        if (!writable) {
            return;
        }
        String self = nodes.joined();
        List<Suspect> live = jdbi.withHandle(h -> h.createQuery(
                        "SELECT id, node, token, lease_until < <now> AS lapsed FROM runs WHERE state IN "
                                + RunTable.LIVE + " AND (node <> :self OR lease_until < <now>)")
                .bind("self", self == null ? "" : self)
                .map((rs, context) -> new Suspect(
                        rs.getString("id"), rs.getString("node"), rs.getString("token"), rs.getBoolean("lapsed")))
                .list());
        for (Suspect run : live) {
            if (alive.test(run.run())) {
                continue;
            }
            cause(run).ifPresent(error -> writes.run(h -> crash(h, run, error)));
        }
    }

    private Optional<String> cause(Suspect run) {
        if (nodes.isDead(run.node())) {
            return Optional.of("Its process, " + NodeRegistry.name(run.node()) + ", exited unexpectedly");
        }
        return run.lapsed()
                ? Optional.of("Its process, " + NodeRegistry.name(run.node()) + ", sent no heartbeat within the lease")
                : Optional.empty();
    }

    private static void crash(Handle h, Suspect run, String error) {
        long end = h.createQuery(LAST_SIGN_OF_LIFE)
                .bind("run", run.run())
                .mapTo(Long.class)
                .findOne()
                .orElse(0L); // pruned meanwhile
        int crashed = h.createUpdate(
                        "UPDATE runs SET state = 'crashed', error = :error, token = NULL, lease_until = NULL,"
                                + " finished = :end, announce = 1, " + RunTable.INTERRUPTED
                                + " WHERE id = :run AND token = :token AND state IN " + RunTable.LIVE
                                + (run.lapsed() ? " AND lease_until < <now>" : ""))
                .bind("run", run.run())
                .bind("token", run.token())
                .bind("error", error)
                .bind("end", end)
                .execute();
        if (crashed == 1) {
            for (String table : List.of("attempts", "steps")) {
                h.execute(
                        "UPDATE " + table + " SET state = 'crashed', finished = ? WHERE run = ? AND state = 'running'",
                        end,
                        run.run());
            }
        }
    }
}
