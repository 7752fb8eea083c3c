package dev.caravan.pipeline.ledger;

import dev.caravan.run.UsageException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Query;

/**
 * The runs that any node can execute: detached ones, which no node has yet, and those that wait for a free place on another
 * node.
 */
public final class WaitingRuns {

    /** A node has this long to begin a run; after that another one can take it. */
    private static final Duration GRACE = Duration.ofSeconds(3);

    /** A new run is taken even if it is not its turn: what happens then is decided by {@code onOverlap}. */
    private static final String CLAIMABLE = " FROM runs r JOIN (VALUES <pipelines>) AS p ON p.column1 = r.pipeline"
            + " WHERE r.state = 'scheduled' AND r.cancel_requested IS NULL"
            + " AND ((r.node IS NULL AND r.trigger <> 'retry')"
            + " OR (((? AND r.slot IS NOT NULL AND r.trigger <> 'retry') OR r.detached = 1)"
            + " AND (r.node IS NULL OR (r.node <> ? AND r.created < <now> - ?))"
            + " AND (SELECT COUNT(*) FROM runs o WHERE " + RunQueue.BEFORE + ") < p.column2))"
            + " ORDER BY COALESCE(r.slot, r.created), r.id LIMIT ?";

    /**
     * A run that this node executes from now on.
     *
     * @param run as it was before
     */
    public record Claimed(RunRecord run, Lease lease) {}

    private final Jdbi jdbi;
    private final Writes writes;
    private final NodeRegistry nodes;

    WaitingRuns(Jdbi jdbi, Writes writes, NodeRegistry nodes) {
        this.jdbi = jdbi;
        this.writes = writes;
        this.nodes = nodes;
    }

    /**
     * Creates a detached run.
     *
     * @return its id
     */
    public String add(String pipeline, Map<String, String> parameters) {
        return writes.call(h -> {
            long now = RunTable.now(h);
            String id = Ids.next(now);
            h.execute(
                    "INSERT INTO runs (id, pipeline, trigger, parameters, state, detached, created)"
                            + " VALUES (?, ?, ?, ?, 'scheduled', 1, ?)",
                    id,
                    pipeline,
                    Trigger.MANUAL.toString(),
                    ParameterJson.write(parameters),
                    now);
            return id;
        });
    }

    /**
     * Reopens a run that has failed, crashed or been cancelled, as a detached one.
     *
     * @throws UsageException if it is in another state or unknown
     */
    public void reopen(String run) {
        writes.run(h -> RunTable.reopen(h, run, null, null, null));
    }

    /**
     * Takes runs for this node, those that are due earliest. Of all nodes that attempt it, one gets a run.
     *
     * @param pipelines the pipelines of this node, each with the number of its runs that can be active
     * @param slots whether runs of slots too that wait on other nodes
     * @param most how many runs at most
     * @param excluded runs that are not taken, by id
     */
    public List<Claimed> claim(
            Map<String, Integer> pipelines,
            boolean slots,
            int most,
            Predicate<String> excluded,
            Duration leaseDuration) {
        String self = nodes.self();
        // most of the time none waits: no transaction that writes
        if (jdbi.withHandle(h -> claimable(h, "r.id", "", self, pipelines, slots, 1)
                        .mapTo(String.class)
                        .list())
                .isEmpty()) {
            return List.of();
        }
        return writes.call(h -> {
            List<Claimed> claimed = new ArrayList<>();
            for (RunRecord run : claimable(h, "r.*", "<skipLocked>", self, pipelines, slots, most)
                    .map(RunHistory::run)
                    .list()) {
                if (!excluded.test(run.id())) {
                    Lease lease = Lease.waiting(run.id());
                    h.execute(
                            "UPDATE runs SET node = ?, token = ?, lease_until = <now> + ? WHERE id = ?",
                            self,
                            lease.token(),
                            leaseDuration.toMillis(),
                            run.id());
                    claimed.add(new Claimed(run, lease));
                }
            }
            return claimed;
        });
    }

    /** Says what a run waits for, after "waits for"; empty if it does not wait. */
    public Optional<String> reason(String run, Duration silence) {
        return jdbi.withHandle(
                h -> h.createQuery("SELECT r.id, r.pipeline, r.state, r.node, r.interrupted, nodes.places,"
                                + " (SELECT COUNT(*) FROM runs o WHERE o.state = 'running' AND o.node = r.node) AS busy,"
                                + " (SELECT s.concurrency FROM served s JOIN nodes ON nodes.id = s.node WHERE s.pipeline = r.pipeline"
                                + " ORDER BY nodes.seen DESC LIMIT 1) AS concurrency,"
                                + " (SELECT p.paused IS NOT NULL FROM pipelines p WHERE p.name = r.pipeline) AS paused"
                                + " FROM runs r LEFT JOIN nodes ON nodes.id = r.node WHERE r.id = ?")
                        .bind(0, run)
                        .map((rs, context) -> Optional.ofNullable(reason(h, rs, silence)))
                        .findOne()
                        .orElse(Optional.empty()));
    }

    private String reason(Handle h, ResultSet run, Duration silence) throws SQLException {
        boolean interrupted = run.getBoolean("interrupted");
        if (interrupted && run.getBoolean("paused")) {
            return "its pipeline to be resumed; then a service takes it over";
        }
        String node = run.getString("node");
        int places = run.getInt("places");
        String place = places > 0 && run.getInt("busy") >= places
                ? "one of the " + places + " places of " + NodeRegistry.name(node)
                        + " (camel.component.pipeline.maxConcurrentRuns)"
                : null;
        if (run.getString("state").equals(RunState.RETRYING.toString())) {
            return "the delay before its next attempt" + (place == null ? "" : ", and then " + place);
        }
        if (!interrupted && !run.getString("state").equals(RunState.SCHEDULED.toString())) {
            return null;
        }
        int limit = Math.max(1, run.getInt("concurrency"));
        List<String> before = before(h, run.getString("id"));
        if (before.size() >= limit) {
            return "run " + String.join(", ", before) + " of its pipeline, of which " + limit
                    + " can be active (maxConcurrentRuns)";
        }
        if (interrupted || node == null) {
            return nodes.services(silence).stream().anyMatch(Service::running)
                    ? "a service with a free place"
                    : "a service: none is running, start caravan serve";
        }
        return place == null
                ? "its node, " + NodeRegistry.name(node) + ", to begin it"
                : place + ", or a free one on another node";
    }

    private static List<String> before(Handle h, String run) {
        return h.createQuery("SELECT o.id FROM runs r JOIN runs o ON " + RunQueue.BEFORE
                        + " WHERE r.id = :run ORDER BY o.id LIMIT 5")
                .bind("run", run)
                .mapTo(String.class)
                .list();
    }

    private static Query claimable(
            Handle h,
            String columns,
            String lock,
            String self,
            Map<String, Integer> pipelines,
            boolean slots,
            int most) {
        Query query = h.createQuery("SELECT " + columns + CLAIMABLE + " " + lock)
                .define(
                        "pipelines",
                        String.join(", ", Collections.nCopies(pipelines.size(), "(?, CAST(? AS INTEGER))")));
        int position = 0;
        for (Map.Entry<String, Integer> pipeline : pipelines.entrySet()) {
            query.bind(position++, pipeline.getKey()).bind(position++, pipeline.getValue());
        }
        return query.bind(position++, slots)
                .bind(position++, self)
                .bind(position++, GRACE.toMillis())
                .bind(position, most);
    }
}
