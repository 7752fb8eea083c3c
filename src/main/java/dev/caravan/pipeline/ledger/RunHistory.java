package dev.caravan.pipeline.ledger;

import dev.caravan.run.Load;
import dev.caravan.run.UsageException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.StatementContext;

/** Queries runs. Each query first marks the runs of dead processes as crashed. */
public final class RunHistory {

    static final String SELECT = "SELECT r.* FROM runs r ";

    private final Jdbi jdbi;
    private final Reaper reaper;

    RunHistory(Jdbi jdbi, Reaper reaper) {
        this.jdbi = jdbi;
        this.reaper = reaper;
    }

    /**
     * Returns runs, newest first.
     *
     * @param pipeline only this pipeline's, or null
     * @param state only those in this state, or null
     * @param limit the maximum number
     */
    public List<RunRecord> list(String pipeline, RunState state, int limit) {
        return list(pipeline, state == null ? Set.of() : Set.of(state), null, null, limit);
    }

    /**
     * Returns runs, newest first.
     *
     * @param pipeline only this pipeline's, or null
     * @param states only those in one of these states; empty for all
     * @param since only those created at or after this time, or null
     * @param before only those older than the run with this id, the last one of the page before; or null
     * @param limit the maximum number
     */
    public List<RunRecord> list(String pipeline, Set<RunState> states, Instant since, String before, int limit) {
        reaper.reap();
        List<String> conditions = new ArrayList<>();
        if (pipeline != null) {
            conditions.add("pipeline = :pipeline");
        }
        if (since != null) {
            conditions.add("id >= :since");
        }
        if (before != null) {
            conditions.add("id < :before");
        }
        // one query per state, so that each stops at the limit
        String newest = states.isEmpty()
                ? newest(conditions)
                : states.stream()
                        .map(state -> newest(Stream.concat(conditions.stream(), Stream.of("state = '" + state + "'"))
                                .toList()))
                        .collect(Collectors.joining(" UNION ALL "));
        return jdbi.withHandle(h -> {
            Query query =
                    h.createQuery(newest + " ORDER BY id DESC LIMIT :limit").bind("limit", limit);
            if (pipeline != null) {
                query.bind("pipeline", pipeline);
            }
            if (since != null) {
                query.bind("since", Ids.first(since.toEpochMilli()));
            }
            if (before != null) {
                query.bind("before", before);
            }
            return query.map(RunHistory::run).list();
        });
    }

    private static String newest(List<String> conditions) {
        return "SELECT * FROM (SELECT * FROM runs"
                + (conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions))
                + " ORDER BY id DESC LIMIT :limit) AS newest";
    }

    /**
     * Returns the runs that show the state of pipelines, by pipeline, newest first: the newest one in each state, and all
     * in progress. One query, however many pipelines and runs exist.
     */
    public Map<String, List<RunRecord>> latest(Collection<String> pipelines) {
        reaper.reap();
        if (pipelines.isEmpty()) {
            return Map.of();
        }
        String states = Arrays.stream(RunState.values())
                .map(state -> "('" + state + "')")
                .collect(Collectors.joining(", "));
        String names = String.join(", ", Collections.nCopies(pipelines.size(), "(?)"));
        String sql = SELECT + "WHERE r.id IN (SELECT (SELECT MAX(n.id) FROM runs n"
                + " WHERE n.pipeline = p.column1 AND n.state = s.column1) FROM (VALUES " + names
                + ") AS p CROSS JOIN (VALUES " + states + ") AS s UNION SELECT id FROM runs WHERE state IN "
                + RunTable.LIVE + ") ORDER BY r.id DESC";
        return byPipeline(sql, pipelines);
    }

    /**
     * Returns the newest runs of pipelines, by pipeline, newest first; without the pipelines that have none. One query, however
     * many pipelines and runs exist.
     *
     * @param state only those in this state, or null
     * @param count the maximum number for each pipeline
     */
    public Map<String, List<RunRecord>> newest(Collection<String> pipelines, RunState state, int count) {
        reaper.reap();
        if (pipelines.isEmpty()) {
            return Map.of();
        }
        String names = String.join(", ", Collections.nCopies(pipelines.size(), "(?)"));
        String inState = state == null ? "" : " AND %s.state = '" + state + "'";
        // SQLite reads the tables of a CROSS JOIN in this order
        String sql = "SELECT r.* FROM (SELECT p.column1 AS pipeline, COALESCE((SELECT n.id FROM runs n"
                + " WHERE n.pipeline = p.column1" + inState.formatted("n") + " ORDER BY n.id DESC LIMIT 1 OFFSET "
                + (count - 1) + "), '') AS oldest FROM (VALUES " + names + ") AS p) AS q CROSS JOIN runs r"
                + " WHERE r.pipeline = q.pipeline" + inState.formatted("r")
                + " AND r.id >= q.oldest";
        Map<String, List<RunRecord>> runs = byPipeline(sql, pipelines);
        runs.values()
                .forEach(its -> its.sort(Comparator.comparing(RunRecord::id).reversed()));
        return runs;
    }

    /** Returns how many attempts a run has had since it was created or reopened. */
    public int attemptsSinceOpened(String run) {
        return jdbi.withHandle(h -> attemptsSinceOpened(h, run));
    }

    static int attemptsSinceOpened(Handle h, String run) {
        return h.createQuery("SELECT COUNT(*) FROM attempts a JOIN runs r ON r.id = a.run"
                        + " WHERE a.run = :run AND a.started >= r.started")
                .bind("run", run)
                .mapTo(Integer.class)
                .one();
    }

    private Map<String, List<RunRecord>> byPipeline(String sql, Collection<String> pipelines) {
        return jdbi.withHandle(h -> {
            Query query = h.createQuery(sql);
            int position = 0;
            for (String pipeline : pipelines) {
                query.bind(position++, pipeline);
            }
            return query.map(RunHistory::run).stream()
                    .collect(Collectors.groupingBy(RunRecord::pipeline, Collectors.toCollection(ArrayList::new)));
        });
    }

    /**
     * Returns a run.
     *
     * @throws UsageException if it is unknown
     */
    public RunRecord get(String id) {
        reaper.reap();
        return jdbi.withHandle(h -> h.createQuery(SELECT + "WHERE r.id = ?")
                        .bind(0, id)
                        .map(RunHistory::run)
                        .findOne())
                .orElseThrow(() -> new UsageException("Unknown run " + id));
    }

    /** Returns the run of a slot. */
    public Optional<RunRecord> ofSlot(String pipeline, Instant slot) {
        reaper.reap();
        return jdbi.withHandle(h -> h.createQuery(SELECT + "WHERE r.pipeline = ? AND r.slot = ?")
                .bind(0, pipeline)
                .bind(1, slot.toEpochMilli())
                .map(RunHistory::run)
                .findOne());
    }

    /** Returns the interrupted runs that a process can take over, earliest slot first. */
    public List<RunRecord> interrupted() {
        reaper.reap();
        return jdbi.withHandle(h -> h.createQuery(SELECT + "WHERE r.interrupted = 1 ORDER BY r.slot, r.id")
                .map(RunHistory::run)
                .list());
    }

    /** Returns the last run of a pipeline. */
    public Optional<RunRecord> last(String pipeline) {
        return list(pipeline, null, 1).stream().findFirst();
    }

    /** Returns the attempts of a run with their steps and loads. */
    public List<AttemptRecord> attempts(String run) {
        return jdbi.withHandle(h -> {
            Map<Integer, List<StepRecord>> steps = h
                    .createQuery("SELECT * FROM steps WHERE run = ? ORDER BY attempt, started, id")
                    .bind(0, run)
                    .map((rs, context) -> Map.entry(rs.getInt("attempt"), step(rs)))
                    .stream()
                    .collect(Collectors.groupingBy(
                            Map.Entry::getKey, Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
            Map<Integer, List<Load>> loads = LoadTable.of(h, run);
            return new ArrayList<>(h.createQuery("SELECT * FROM attempts WHERE run = ? ORDER BY attempt")
                    .bind(0, run)
                    .map((rs, context) -> attempt(
                            rs,
                            steps.getOrDefault(rs.getInt("attempt"), List.of()),
                            loads.getOrDefault(rs.getInt("attempt"), List.of())))
                    .list());
        });
    }

    /** Returns the steps of the last attempt of each of these runs that has some, by run. One query. */
    public Map<String, List<StepRecord>> lastSteps(Collection<String> runs) {
        if (runs.isEmpty()) {
            return Map.of();
        }
        String ids = String.join(", ", Collections.nCopies(runs.size(), "?"));
        return jdbi.withHandle(h -> {
            Query query = h.createQuery("SELECT s.* FROM runs r JOIN steps s ON s.run = r.id AND s.attempt = r.attempts"
                    + " WHERE r.id IN (" + ids + ") ORDER BY s.run, s.started, s.id");
            int position = 0;
            for (String run : runs) {
                query.bind(position++, run);
            }
            return query.map((rs, context) -> Map.entry(rs.getString("run"), step(rs))).stream()
                    .collect(Collectors.groupingBy(
                            Map.Entry::getKey, Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
        });
    }

    static RunRecord run(ResultSet rs, StatementContext context) throws SQLException {
        return new RunRecord(
                rs.getString("id"),
                rs.getString("pipeline"),
                time(rs, "slot"),
                Trigger.of(rs.getString("trigger")),
                ParameterJson.read(rs.getString("parameters")),
                RunState.of(rs.getString("state")),
                rs.getInt("attempts"),
                rs.getLong("rows"),
                rs.getLong("bytes"),
                rs.getString("error"),
                NodeRegistry.name(rs.getString("node")),
                time(rs, "created"),
                time(rs, "started"),
                time(rs, "finished"));
    }

    private static AttemptRecord attempt(ResultSet rs, List<StepRecord> steps, List<Load> loads) throws SQLException {
        return new AttemptRecord(
                rs.getInt("attempt"),
                RunState.of(rs.getString("state")),
                rs.getLong("rows"),
                rs.getLong("bytes"),
                rs.getString("error"),
                time(rs, "started"),
                time(rs, "finished"),
                steps,
                loads);
    }

    private static StepRecord step(ResultSet rs) throws SQLException {
        return new StepRecord(
                rs.getString("id"),
                RunState.of(rs.getString("state")),
                rs.getLong("rows"),
                rs.getLong("bytes"),
                rs.getString("error"),
                time(rs, "started"),
                time(rs, "finished"));
    }

    private static Instant time(ResultSet rs, String column) throws SQLException {
        long millis = rs.getLong(column);
        return rs.wasNull() ? null : Instant.ofEpochMilli(millis);
    }
}
