package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.PipelineRuns;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.PermanentException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A table has been loaded since the last slot of its pipeline. A run since then that found nothing new will do as well;
 * while a run for that slot is under way, it has the benefit of the doubt.
 */
record FreshnessCheck(Lookup lookup, Product product, Function<String, Pipeline> pipelines, ExpectedTable expected)
        implements Check {

    @Override
    public String name() {
        return "freshness of " + expected.table();
    }

    @Override
    public Finding run() {
        Pipeline pipeline = pipelines.apply(expected.pipeline());
        Instant slot = pipeline.lastSlot();
        if (slot == null) {
            return notApplicable(pipeline.name() + " has no slot that has passed");
        }
        Optional<Instant> newest;
        try {
            newest = newestLoad();
        } catch (PermanentException e) {
            return fail(
                    "when it was last loaded cannot be seen: " + Check.sentence(e),
                    "caravan run " + pipeline.name() + " if it has never run, else let the role read the table");
        }
        String found = newest.map(load -> "last loaded " + text(load)).orElse("never loaded");
        String due = "the last slot of " + pipeline.name() + " was " + text(slot);
        if (newest.isPresent() && !newest.get().isBefore(slot)) {
            return pass(found + "; " + due);
        }
        PipelineRuns runs = new PipelineRuns(pipeline);
        Optional<RunRecord> since = Stream.concat(runs.live().stream(), runs.last(RunState.COMPLETED).stream())
                .filter(run -> !(run.started() == null ? run.created() : run.started()).isBefore(slot))
                .findFirst();
        if (since.isEmpty()) {
            return fail(
                    found + "; " + due,
                    "caravan run " + pipeline.name() + "; for the slots to come, keep caravan serve running");
        }
        RunRecord run = since.get();
        if (run.state().live()) {
            return pass(found + "; " + due + ", and run " + run.id() + " is under way");
        }
        return run.rows() == 0 && run.bytes() == 0
                ? pass(found + "; " + due + ", and run " + run.id() + " found nothing new")
                : fail(
                        found + "; " + due + ", and what run " + run.id() + " has written is not there",
                        "see caravan runs show " + run.id() + "; load anew what the table has lost");
    }

    /**
     * When the table was last loaded: by Caravan's own record, or by the rows themselves where a pipe loads them.
     *
     * @throws PermanentException if neither can be seen
     */
    private Optional<Instant> newestLoad() {
        Optional<Instant> recorded;
        try {
            recorded = newest("SELECT MAX(committed_at) FROM " + expected.sibling("_caravan_loads")
                    + " WHERE UPPER(table_name) = UPPER("
                    + product.literal(expected.name().table()) + ")");
        } catch (PermanentException e) { // where a pipe loads there is no record
            return newestRow();
        }
        try {
            return recorded.or(this::newestRow);
        } catch (PermanentException e) { // no such column, in a table that Caravan would load
            return Optional.empty();
        }
    }

    private Optional<Instant> newestRow() {
        return newest("SELECT MAX(_loaded_at) FROM " + expected.table());
    }

    private Optional<Instant> newest(String sql) {
        return Optional.ofNullable(lookup.row(sql).get(0)).map(FreshnessCheck::instant);
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
