package dev.caravan.console;

import dev.caravan.pipeline.ledger.LoadedTable;
import dev.caravan.pipeline.ledger.TableChanges;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A table that a pipeline loads, as its last load has left it. All but the name is null or empty until it has been loaded.
 *
 * @param loadedBy the pipeline that loaded it last
 * @param cursorColumn the column of the cursor, or null
 * @param cursor after the last load, or null
 * @param columns their types by name, in their order
 * @param changes of its columns, newest first
 */
record PipelineTable(
        String table,
        Instant loaded,
        String loadedBy,
        String run,
        String cursorColumn,
        String cursor,
        Map<String, String> columns,
        List<Change> changes) {

    private static final int MOST_CHANGES = 50;

    /** What a load has changed. */
    record Change(Instant changed, List<String> changes, String pipeline, String run) {

        static Change of(TableChanges changes) {
            return new Change(changes.changed(), changes.changes(), changes.pipeline(), changes.run());
        }
    }

    /** Returns the tables that the routes of a pipeline name, and the others that it has loaded last. */
    static List<PipelineTable> of(Data data, String pipeline) {
        List<LoadedTable> loaded = data.ledger().loads().tables();
        List<PipelineTable> tables = new ArrayList<>();
        List<String> named = data.tables(pipeline);
        for (String name : named) {
            tables.add(loaded.stream()
                    .filter(table -> table.name().equalsIgnoreCase(name))
                    .findFirst()
                    .map(table -> of(data, table))
                    .orElse(new PipelineTable(name, null, null, null, null, null, Map.of(), List.of())));
        }
        loaded.stream()
                .filter(table -> table.pipeline().equals(pipeline)
                        && named.stream().noneMatch(name -> name.equalsIgnoreCase(table.name())))
                .forEach(table -> tables.add(of(data, table)));
        return tables;
    }

    private static PipelineTable of(Data data, LoadedTable table) {
        return new PipelineTable(
                table.name(),
                table.loaded(),
                table.pipeline(),
                table.run(),
                table.cursorColumn(),
                table.cursor(),
                table.columns(),
                data.ledger().loads().changes(table.name(), MOST_CHANGES).stream()
                        .map(Change::of)
                        .toList());
    }
}
