package dev.caravan.cli;

import dev.caravan.operations.Finding;
import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.StepRecord;
import dev.caravan.run.Load;
import dev.caravan.run.Preview;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The fields of runs and findings in the output of commands. Their names are stable. */
final class Fields {

    /** The fields of {@link #summary} and {@code error}. */
    static final List<String> LISTED =
            List.of("run", "pipeline", "state", "attempts", "rows", "bytes", "duration", "trigger", "started", "error");

    /** The format of times in the console log. */
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    /** The package of a class name; a route file's name has dots too. */
    private static final Pattern PACKAGE = Pattern.compile("^([a-z][a-z0-9_]*\\.)+(?=[A-Z])");

    private Fields() {}

    static boolean completed(RunRecord run) {
        return run.state() == RunState.COMPLETED;
    }

    /** Returns the fields of a run in a list. */
    static Map<String, Object> summary(RunRecord run) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("run", run.id());
        fields.put("pipeline", run.pipeline());
        fields.put("state", run.state());
        fields.put("attempts", run.attempts());
        fields.put("rows", run.rows());
        fields.put("bytes", run.bytes());
        fields.put("duration", run.duration().orElse(null));
        fields.put("trigger", run.trigger());
        fields.put("started", run.started());
        return fields;
    }

    /** Returns the fields of a run in a list, with its error. */
    static Map<String, Object> listed(RunRecord run) {
        Map<String, Object> fields = summary(run);
        fields.put("error", run.error());
        return fields;
    }

    /**
     * Returns all fields of a run, with its attempts and steps.
     *
     * @param waitsFor what it waits for, or null
     */
    static Map<String, Object> all(RunRecord run, String waitsFor, List<AttemptRecord> attempts) {
        Map<String, Object> fields = summary(run);
        fields.put("slot", run.slot());
        fields.put("parameters", run.parameters());
        fields.put("node", run.node());
        fields.put("created", run.created());
        fields.put("finished", run.finished());
        fields.put("waits_for", waitsFor);
        fields.put("error", run.error());
        List<Map<String, Object>> steps = new ArrayList<>();
        for (AttemptRecord attempt : attempts) {
            Map<String, Object> whole = step(attempt.attempt(), null, attempt.state(), attempt.rows(), attempt.bytes());
            whole.put("duration", between(attempt.started(), attempt.finished()));
            whole.put("error", attempt.error());
            steps.add(whole);
            for (StepRecord each : attempt.steps()) {
                Map<String, Object> part = step(attempt.attempt(), each.id(), each.state(), each.rows(), each.bytes());
                part.put("duration", between(each.started(), each.finished()));
                part.put("error", each.error());
                steps.add(part);
            }
        }
        fields.put("steps", steps);
        fields.put(
                "loads",
                attempts.stream()
                        .flatMap(attempt -> attempt.loads().stream())
                        .map(Fields::load)
                        .toList());
        return fields;
    }

    private static Map<String, Object> load(Load load) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("table", load.table());
        fields.put("mode", load.mode());
        fields.put("read", load.read());
        fields.put("inserted", load.inserted());
        fields.put("updated", load.updated());
        fields.put("deleted", load.deleted());
        fields.put("bytes", load.bytes());
        fields.put("committed", load.committed());
        fields.put("cursor", load.cursor());
        fields.put("changes", load.changes());
        fields.put("load", load.id());
        fields.put("query", load.query());
        return fields;
    }

    private static Map<String, Object> step(int attempt, String id, Object state, long rows, long bytes) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("attempt", attempt);
        fields.put("step", id);
        fields.put("state", state);
        fields.put("rows", rows);
        fields.put("bytes", bytes);
        return fields;
    }

    /** Returns the fields of a log line. */
    static Map<String, Object> line(LogLine line) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("time", line.time());
        fields.put("level", line.level());
        fields.put("logger", line.logger());
        fields.put("message", line.message());
        return fields;
    }

    /** Formats a log line. */
    static String text(LogLine line) {
        return String.format(
                "%s %-5s %s - %s",
                TIME.format(line.time()),
                line.level(),
                PACKAGE.matcher(line.logger()).replaceFirst(""),
                line.message());
    }

    /** Returns the fields of a finding. */
    static Map<String, Object> finding(Finding finding) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("check", finding.check());
        fields.put("result", finding.result());
        fields.put("found", finding.found());
        fields.put("fix", finding.fix());
        return fields;
    }

    /** Returns the fields of a load that a preview shows. */
    static Map<String, Object> preview(Preview.Load load) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("table", load.table());
        fields.put("changes", load.exists() ? load.changes() : List.of(Load.CREATED));
        fields.put("columns", load.columns().stream().map(Fields::column).toList());
        fields.put(
                "rows",
                load.rows().stream().map(row -> values(load.columns(), row)).toList());
        return fields;
    }

    private static Map<String, Object> column(Preview.Column column) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", column.name());
        fields.put("type", column.type());
        return fields;
    }

    /** Returns the values of a row; it can lack columns that others have. */
    private static Map<String, Object> values(List<Preview.Column> columns, Map<String, Object> row) {
        Map<String, Object> values = new LinkedHashMap<>();
        columns.forEach(column -> values.put(column.name(), row.get(column.name())));
        return values;
    }

    private static Duration between(Instant from, Instant to) {
        // clocks can differ by a millisecond
        return from == null || to == null ? null : to.isBefore(from) ? Duration.ZERO : Duration.between(from, to);
    }
}
