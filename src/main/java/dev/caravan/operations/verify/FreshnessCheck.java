package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.TableName;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * A table has been loaded since the last slot of its pipeline. A run since then that found nothing new will do as well;
 * while a run for that slot is under way, it has the benefit of the doubt.
 */
record FreshnessCheck(Lookup lookup, Pipelines pipelines, ExpectedTable expected) implements Check {

    private static final int LATEST = 50;

    @Override
    public String name() {
        return "freshness of " + expected.table();
    }

    @Override
    public Finding look() {
        Pipeline pipeline = pipelines.get(expected.pipeline());
        Instant slot = pipeline.lastSlot();
        if (slot == null) {
            return notApplicable(pipeline.name() + " has no slot that has passed");
        }
        Optional<Instant> newest = newestLoad();
        String found = newest.map(load -> "last loaded " + text(load)).orElse("never loaded");
        String due = "the last slot of " + pipeline.name() + " was " + text(slot);
        if (newest.isPresent() && !newest.get().isBefore(slot)) {
            return pass(found + "; " + due);
        }
        List<RunRecord> since = pipelines.ledger().history().list(pipeline.name(), null, LATEST).stream()
                .filter(run -> run.started() != null && !run.started().isBefore(slot))
                .toList();
        for (RunRecord run : since) {
            if (run.state().live()) {
                return pass(found + "; " + due + ", and run " + run.id() + " is under way");
            }
            if (run.state() == RunState.COMPLETED) {
                return run.rows() == 0 && run.bytes() == 0
                        ? pass(found + "; " + due + ", and run " + run.id() + " found nothing new")
                        : fail(
                                found + "; " + due + ", and what run " + run.id() + " has written is not there",
                                "see caravan runs show " + run.id() + "; load anew what the table has lost");
            }
        }
        return fail(
                found + "; " + due,
                "caravan run " + pipeline.name() + "; for the slots to come, keep caravan serve running");
    }

    /** When the table was last loaded: by Caravan's own record, or by the rows themselves where a pipe loads them. */
    private Optional<Instant> newestLoad() {
        TableName table = expected.name();
        return newest("SELECT MAX(committed_at) FROM " + table.sibling("_caravan_loads")
                        + " WHERE UPPER(table_name) = UPPER('" + table.table().replace("'", "''") + "')")
                .or(() -> newest("SELECT MAX(_loaded_at) FROM " + expected.table()));
    }

    private Optional<Instant> newest(String sql) {
        try {
            return Optional.ofNullable(lookup.row(sql).get(0)).map(FreshnessCheck::instant);
        } catch (PermanentException e) {
            return Optional.empty(); // no such table or column
        }
    }

    /** What warehouses have for a moment; a time without a zone is in UTC. */
    private static Instant instant(Object moment) {
        if (moment instanceof OffsetDateTime time) {
            return time.toInstant();
        } else if (moment instanceof ZonedDateTime time) {
            return time.toInstant();
        } else if (moment instanceof LocalDateTime time) {
            return time.toInstant(ZoneOffset.UTC);
        }
        return ((Timestamp) moment).toInstant();
    }

    private static String text(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
