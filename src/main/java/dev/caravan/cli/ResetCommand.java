package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.operations.PipelineTables;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.Warehouse;
import dev.caravan.warehouse.WarehouseComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "reset",
        description = "Clear the cursor of a table, or of all tables of a pipeline, so that the next run starts at"
                + " initialValue; or drop the table.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  caravan reset DLT.APPLICATION_DATA.PRODUCTS",
            "  caravan reset products-daily --drop",
        })
final class ResetCommand implements Callable<Integer> {

    @Mixin
    private CommandContext context;

    @Parameters(
            paramLabel = "TABLE|PIPELINE",
            description = "DATABASE.SCHEMA.TABLE, or the name of a pipeline, as listed by caravan ls.")
    private String what;

    @Option(
            names = "--drop",
            description = "Drop the table with its rows, grants and load records; the next run creates it again.")
    private boolean drop;

    @Override
    public Integer call() {
        boolean isTable = what.contains(".");
        try (Application application = context.startQuietly(isTable ? Extent.COMPONENTS : Extent.ON_DEMAND)) {
            List<String> tables = isTable ? List.of(what) : tables(application);
            Warehouse warehouse =
                    application.component("warehouse", WarehouseComponent.class).warehouse();
            Ledger ledger = application.pipelines().ledger();
            List<Map<String, Object>> rows = new ArrayList<>();
            for (String table : tables) {
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("table", table);
                row.put("cursor_before", warehouse.reset(table, drop));
                row.put("dropped", drop);
                if (!ledger.isReadOnly()) {
                    ledger.loads().reset(table, drop);
                }
                rows.add(row);
            }
            context.output().rows(rows);
        }
        return 0;
    }

    private List<String> tables(Application application) {
        List<String> tables = PipelineTables.of(application.pipelines(), what);
        if (tables.isEmpty()) {
            throw new UsageException(
                    "The tables of " + what + " are not known before it runs: use caravan reset DATABASE.SCHEMA.TABLE");
        }
        return tables;
    }
}
