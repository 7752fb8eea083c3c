package dev.caravan.pipeline.ledger;

import java.time.Instant;
import java.time.LocalDate;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** The slots of schedules that are accounted for: they have a run, or were missed. */
public final class SlotTable {

    /** How the reason begins if a slot was missed on purpose. */
    public static final String PAUSED = "The pipeline was paused";

    /**
     * What the ledger knows of the schedule of a pipeline.
     *
     * @param settled the time until which all of its slots are accounted for; null if no process has served it
     * @param paused when its last pause began, or null
     * @param resumed when its last pause ended, or null if it is paused or never was
     */
    public record Served(Instant settled, Instant paused, Instant resumed) {

        /** Returns whether the pipeline was paused at a time; only its last pause is known. */
        public boolean pausedAt(Instant time) {
            return paused != null && !time.isBefore(paused) && (resumed == null || time.isBefore(resumed));
        }
    }

    private final Jdbi jdbi;
    private final Writes writes;

    SlotTable(Jdbi jdbi, Writes writes) {
        this.jdbi = jdbi;
        this.writes = writes;
    }

    /**
     * Makes schedules known. From now on their slots are accounted for; those of a schedule that was known before, from
     * where that has ended.
     *
     * @param schedules by pipeline
     */
    public void serve(Map<String, String> schedules) {
        writes.run(h -> schedules.forEach(
                (pipeline, schedule) -> h.createUpdate("UPDATE pipelines SET schedule = :schedule, since = <now>"
                                + " WHERE name = :pipeline AND (schedule IS NULL OR schedule <> :schedule)")
                        .bind("pipeline", pipeline)
                        .bind("schedule", schedule)
                        .execute()));
    }

    /** Returns what is known of each pipeline. */
    public Map<String, Served> served() {
        return jdbi.withHandle(h -> h.createQuery("SELECT name, since, paused_at, resumed FROM pipelines")
                .reduceRows(new TreeMap<String, Served>(), (all, row) -> {
                    all.put(
                            row.getColumn("name", String.class),
                            new Served(
                                    time(row.getColumn("since", Long.class)),
                                    time(row.getColumn("paused_at", Long.class)),
                                    time(row.getColumn("resumed", Long.class))));
                    return all;
                }));
    }

    /** Returns the slots of a pipeline after a time that are accounted for, and how. */
    public SortedMap<Instant, RunState> known(String pipeline, Instant after) {
        return jdbi.withHandle(h -> h.createQuery(
                        "SELECT slot, state FROM runs WHERE pipeline = :pipeline AND slot > :after")
                .bind("pipeline", pipeline)
                .bind("after", after.toEpochMilli())
                .reduceRows(new TreeMap<Instant, RunState>(), (all, row) -> {
                    all.put(time(row.getColumn("slot", Long.class)), RunState.of(row.getColumn("state", String.class)));
                    return all;
                }));
    }

    /**
     * Counts the slots of a pipeline that are accounted for, by day in UTC and by state.
     *
     * @param from the start, inclusive
     * @param until the end, exclusive
     * @return the days that have one
     */
    public SortedMap<LocalDate, Map<RunState, Long>> countByDay(String pipeline, Instant from, Instant until) {
        return jdbi.withHandle(h -> h.createQuery(
                        "SELECT slot / 86400000 AS day, state, COUNT(*) AS slots FROM runs"
                                + " WHERE pipeline = :pipeline AND slot >= :from AND slot < :until GROUP BY slot / 86400000, state")
                .bind("pipeline", pipeline)
                .bind("from", from.toEpochMilli())
                .bind("until", until.toEpochMilli())
                .reduceRows(new TreeMap<LocalDate, Map<RunState, Long>>(), (days, row) -> {
                    days.computeIfAbsent(
                                    LocalDate.ofEpochDay(row.getColumn("day", Long.class)),
                                    day -> new EnumMap<>(RunState.class))
                            .put(RunState.of(row.getColumn("state", String.class)), row.getColumn("slots", Long.class));
                    return days;
                }));
    }

    /** Returns whether a pipeline has a run in progress, or one that another process is to take over. */
    public boolean isActive(String pipeline) {
        return jdbi.withHandle(h -> h.createQuery("SELECT 1 FROM runs WHERE pipeline = :pipeline AND (state IN "
                        + RunTable.LIVE + " OR interrupted = 1) LIMIT 1")
                .bind("pipeline", pipeline)
                .mapTo(Integer.class)
                .findOne()
                .isPresent());
    }

    /**
     * Accounts for the slots until a time.
     *
     * @param missed those that are not run, and why
     */
    public void settle(String pipeline, Instant until, SortedMap<Instant, String> missed) {
        writes.run(h -> {
            if (!missed.isEmpty()) {
                long now = h.createQuery("SELECT <now>").mapTo(Long.class).one();
                List<String> ids = Ids.next(now, missed.size());
                int i = 0;
                for (Map.Entry<Instant, String> slot : missed.entrySet()) {
                    miss(h, ids.get(i++), pipeline, slot.getKey(), slot.getValue(), now);
                }
            }
            h.createUpdate("UPDATE pipelines SET since = :until WHERE name = :pipeline AND since < :until")
                    .bind("pipeline", pipeline)
                    .bind("until", until.toEpochMilli())
                    .execute();
        });
    }

    private static void miss(Handle h, String id, String pipeline, Instant slot, String reason, long now) {
        int inserted = h.createUpdate(
                        "INSERT INTO runs (id, pipeline, slot, trigger, parameters, state, error, created, finished)"
                                + " VALUES (:id, :pipeline, :slot, 'schedule', '{}', 'missed', :reason, :now, :now)"
                                + " ON CONFLICT (pipeline, slot) DO NOTHING")
                .bind("id", id)
                .bind("pipeline", pipeline)
                .bind("slot", slot.toEpochMilli())
                .bind("reason", reason)
                .bind("now", now)
                .execute();
        if (inserted == 1) {
            RunTotals.add(h, id);
        }
    }

    private static Instant time(Long millis) {
        return millis == null ? null : Instant.ofEpochMilli(millis);
    }
}
