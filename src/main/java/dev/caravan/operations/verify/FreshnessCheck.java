package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.PipelineRuns;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.PermanentException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Checks that a table has been loaded since the last slot of its pipeline. A run since then that is in progress, or that
 * found nothing new, counts as well.
 */
record FreshnessCheck(Lookup lookup, Function<String, Pipeline> pipelines, ExpectedTable expected) implements Check {

    @Override
    public String name() {
        return "freshness of " + expected.table();
    }

    @Override
    public Finding run() {
        Pipeline pipeline = pipelines.apply(expected.pipeline());
        Instant slot = pipeline.lastSlot();
        if (slot == null) {
            return notApplicable(pipeline.name() + " has no past slot");
        }
        Optional<Instant> newest;
        try {
            newest = newestLoad();
        } catch (PermanentException e) {
            return fail(
                    "cannot read when it was last loaded: " + Check.sentence(e),
                    "caravan run " + pipeline.name() + " if it has never run, else grant the role SELECT on the table");
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
                    "caravan run " + pipeline.name() + "; for future slots, keep caravan serve running");
        }
        RunRecord run = since.get();
        if (run.state().live()) {
            return pass(found + "; " + due + ", and run " + run.id() + " is in progress");
        }
        return run.rows() == 0 && run.bytes() == 0
                ? pass(found + "; " + due + ", and run " + run.id() + " found nothing new")
                : fail(
                        found + "; " + due + ", and the rows of run " + run.id() + " are missing",
                        "see caravan runs show " + run.id() + "; reload what the table has lost");
    }

    /**
     * Returns when the table was last loaded, from Caravan's load records, or from the rows if a pipe loads them.
     *
     * @throws PermanentException if neither can be read
     */
    private Optional<Instant> newestLoad() {
        LoadRecords records = lookup.loadRecords(expected.table());
        if (expected.loadedByPipeline()) {
            return records.newest(expected.table());
        }
        Optional<Instant> recorded;
        try {
            recorded = records.newest(expected.table());
        } catch (PermanentException e) { // a pipe leaves no load record
            return newestRow();
        }
        try {
            return recorded.or(this::newestRow);
        } catch (PermanentException e) { // a table that Caravan loads has no such column
            return Optional.empty();
        }
    }

    private Optional<Instant> newestRow() {
        Object newest = lookup.row("SELECT MAX(" + lookup.sql("_loaded_at") + ") FROM " + lookup.sql(expected.table()))
                .get(0);
        return Optional.ofNullable(newest).map(Lookup::instant);
    }

    private static String text(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
