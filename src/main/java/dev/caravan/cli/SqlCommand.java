package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.WarehouseComponent;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "sql",
        description = "Run a read-only query on the configured warehouse.",
        footerHeading = "%nExample:%n",
        footer =
                "  caravan sql \"SELECT COUNT(*), MIN(date), MAX(date) FROM SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES\"")
final class SqlCommand implements Callable<Integer> {

    @Mixin
    private CommandContext context;

    @Parameters(paramLabel = "SQL", description = "The query.")
    private String sql;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Maximum number of rows in a table (default: 1000); JSON has all rows.")
    private int limit;

    @Override
    public Integer call() {
        if (sql.isBlank()) {
            throw new UsageException("Missing query: caravan sql \"SELECT ...\"");
        }
        if (limit < 1) {
            throw new UsageException("--limit must be at least 1, not " + limit);
        }
        try (Application application = context.startQuietly(Extent.COMPONENTS);
                QueryResult result = application
                        .component("warehouse", WarehouseComponent.class)
                        .warehouse()
                        .query(sql)) {
            List<String> fields = distinct(result.columns());
            Iterator<Map<String, Object>> rows = new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return result.hasNext();
                }

                @Override
                public Map<String, Object> next() {
                    Map<String, Object> row = new LinkedHashMap<>();
                    List<Object> values = result.next();
                    for (int i = 0; i < fields.size(); i++) {
                        row.put(fields.get(i), values.get(i));
                    }
                    return row;
                }
            };
            if (!context.output().rows(fields, rows, limit)) {
                context.info("Only the first " + limit + " rows are shown: see --limit");
            }
        }
        return 0;
    }

    /** Makes names distinct: columns can share a name, JSON fields cannot. */
    private static List<String> distinct(List<String> columns) {
        List<String> names = new ArrayList<>();
        for (String column : columns) {
            String name = column;
            for (int i = 2; names.contains(name); i++) {
                name = column + "_" + i;
            }
            names.add(name);
        }
        return names;
    }
}
