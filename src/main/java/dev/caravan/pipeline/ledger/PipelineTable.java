package dev.caravan.pipeline.ledger;

import dev.caravan.run.UsageException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jdbi.v3.core.Jdbi;

/** The pipelines that the ledger has heard of, and whether they are paused. */
public final class PipelineTable {

    private final Jdbi jdbi;
    private final Writes writes;

    PipelineTable(Jdbi jdbi, Writes writes) {
        this.jdbi = jdbi;
        this.writes = writes;
    }

    /** Makes pipelines known; those that are known already stay as they are. */
    public void register(Collection<String> names) {
        Set<String> known = pauses().keySet();
        List<String> unknown =
                names.stream().filter(name -> !known.contains(name)).toList();
        if (!unknown.isEmpty()) {
            writes.run(h -> {
                for (String name : unknown) {
                    h.execute("INSERT INTO pipelines (name) VALUES (?) ON CONFLICT (name) DO NOTHING", name);
                }
            });
        }
    }

    /** All pipelines by name. */
    public Map<String, Pause> pauses() {
        return jdbi.withHandle(h -> h.createQuery(
                        "SELECT name, paused IS NOT NULL AS is_paused, revision FROM pipelines")
                .reduceRows(new TreeMap<String, Pause>(), (all, row) -> {
                    all.put(
                            row.getColumn("name", String.class),
                            new Pause(
                                    row.getColumn("is_paused", Boolean.class), row.getColumn("revision", Long.class)));
                    return all;
                }));
    }

    /** When the last pause of each pipeline ended, if it has. */
    public Map<String, Instant> resumed() {
        return jdbi.withHandle(h -> h.createQuery("SELECT name, resumed FROM pipelines WHERE resumed IS NOT NULL")
                .reduceRows(new TreeMap<String, Instant>(), (all, row) -> {
                    all.put(
                            row.getColumn("name", String.class),
                            Instant.ofEpochMilli(row.getColumn("resumed", Long.class)));
                    return all;
                }));
    }

    /**
     * Pauses or resumes a pipeline, for all processes and until it is changed again.
     *
     * @throws UsageException if the ledger does not know the pipeline
     */
    public Pause pause(String name, boolean paused) {
        writes.run(h -> h.createUpdate(
                        "UPDATE pipelines SET revision = revision + 1, paused = CASE WHEN :paused = 1"
                                + " THEN <now> END, paused_at = CASE WHEN :paused = 1 THEN <now> ELSE paused_at END, resumed = CASE WHEN :paused = 0 THEN <now> END WHERE name = :name AND (paused IS NULL) = (:paused = 1)")
                .bind("name", name)
                .bind("paused", paused ? 1 : 0)
                .execute());
        Map<String, Pause> all = pauses();
        if (!all.containsKey(name)) {
            throw new UsageException("Unknown pipeline " + name + ". The ledger has: "
                    + (all.isEmpty() ? "none" : String.join(", ", all.keySet())));
        }
        return all.get(name);
    }
}
