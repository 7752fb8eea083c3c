package dev.caravan.pipeline.ledger;

import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Query;

/** Figures about many runs. Each is one query through an index, however many runs there are. */
public final class RunStatistics {

    /** What is usual is seen from as many runs. */
    public static final int USUAL_RUNS = 30;

    private final Jdbi jdbi;
    private final RunHistory history;

    RunStatistics(Jdbi jdbi, RunHistory history) {
        this.jdbi = jdbi;
        this.history = history;
    }

    /**
     * Counts the runs that were created on each day, by state.
     *
     * @param pipeline only this pipeline's, or null
     * @param first the first day
     * @param last the last day
     * @param zone where days begin
     * @return every day; without the states that no run is in
     */
    public SortedMap<LocalDate, Map<RunState, Long>> countByDay(
            String pipeline, LocalDate first, LocalDate last, ZoneId zone) {
        List<LocalDate> days = first.datesUntil(last.plusDays(1)).toList();
        SortedMap<LocalDate, Map<RunState, Long>> counts = new TreeMap<>();
        days.forEach(day -> counts.put(day, new EnumMap<>(RunState.class)));
        if (days.isEmpty()) {
            return counts;
        }
        String states = Arrays.stream(RunState.values())
                .map(state -> "('" + state + "')")
                .collect(Collectors.joining(", "));
        jdbi.useHandle(h -> {
            Query query =
                    h.createQuery("SELECT d.column1 AS day, s.column1 AS state, (SELECT COUNT(*) FROM runs r WHERE "
                            + (pipeline == null ? "" : "r.pipeline = d.column4 AND ")
                            + "r.state = s.column1 AND r.id >= d.column2 AND r.id < d.column3) AS runs FROM (VALUES "
                            + String.join(", ", Collections.nCopies(days.size(), "(?, ?, ?, ?)"))
                            + ") AS d CROSS JOIN (VALUES " + states + ") AS s");
            int position = 0;
            for (LocalDate day : days) {
                query.bind(position++, day.toString())
                        .bind(position++, idAtStart(day, zone))
                        .bind(position++, idAtStart(day.plusDays(1), zone))
                        .bind(position++, pipeline);
            }
            query.map((rs, context) -> {
                        long runs = rs.getLong("runs");
                        if (runs > 0) {
                            counts.get(LocalDate.parse(rs.getString("day")))
                                    .put(RunState.of(rs.getString("state")), runs);
                        }
                        return runs;
                    })
                    .list();
        });
        return counts;
    }

    private static String idAtStart(LocalDate day, ZoneId zone) {
        return Ids.first(day.atStartOfDay(zone).toInstant().toEpochMilli());
    }

    /** Counts the runs in progress, by state. */
    public Map<RunState, Long> countLive() {
        return jdbi.withHandle(h -> h.createQuery(
                        "SELECT state, COUNT(*) AS runs FROM runs WHERE state IN " + RunTable.LIVE + " GROUP BY state")
                .reduceRows(new EnumMap<RunState, Long>(RunState.class), (all, row) -> {
                    all.put(RunState.of(row.getColumn("state", String.class)), row.getColumn("runs", Long.class));
                    return all;
                }));
    }

    /** Returns what is usual for each of these pipelines that has completed a run. */
    public Map<String, Usual> usual(Collection<String> pipelines) {
        return history.newest(pipelines, RunState.COMPLETED, USUAL_RUNS).entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, runs -> Usual.of(runs.getValue())));
    }
}
