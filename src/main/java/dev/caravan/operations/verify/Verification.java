package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.NotApplicable;
import dev.caravan.operations.PipelineTables;
import dev.caravan.operations.RouteFilesCheck;
import dev.caravan.operations.Settings;
import dev.caravan.operations.infra.InfraSettings;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.routes.BrokenRoutes;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.EngineFactory;
import dev.caravan.warehouse.EngineFactory.Feature;
import dev.caravan.warehouse.TableName;
import dev.caravan.warehouse.WarehouseComponent;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;

/**
 * The checks of an installation: what must be in the warehouse, whether it is fresh, and whether the pipelines run.
 */
public final class Verification {

    private Verification() {}

    /**
     * Returns the checks of the pipelines and the warehouse of a Camel context, and of the tables in its property
     * {@code verify.tables}.
     *
     * @throws UsageException if that property is invalid
     */
    public static List<Check> checks(CamelContext context) {
        WarehouseComponent component = context.getComponent("warehouse", WarehouseComponent.class);
        Pipelines pipelines =
                context.getComponent("pipeline", PipelineComponent.class).pipelines();
        Lookup lookup = new Lookup(component.warehouse());
        EngineFactory engine = component.engineFactory();
        String hint = engine.creationHint();
        Settings settings = new Settings(context);
        List<ExpectedTable> tables = ExpectedTable.list(settings.get(ExpectedTable.PROPERTY, ""));

        List<Check> checks = new ArrayList<>();
        if (engine.features().contains(Feature.INFRASTRUCTURE)) {
            InfraSettings names = InfraSettings.of(settings);
            checks.addAll(objects(lookup, hint, tables, furtherSchemas(names)));
            checks.addAll(account(lookup, names));
        } else {
            checks.addAll(objects(lookup, hint, tables, List.of()));
            for (String check : List.of("role", "user", "pipe")) {
                checks.add(new NotApplicable(check, "not needed with " + engine.product()));
            }
        }
        for (ExpectedTable table : tables) {
            checks.add(new RowsCheck(lookup, hint, table));
        }
        List<Pipeline> all = pipelines.list();
        List<ExpectedTable> filled = withLoaded(tables, all, pipelines);
        for (ExpectedTable table : filled) {
            checks.add(new FreshnessCheck(lookup, name -> pipeline(name, all), table));
        }
        checks.add(new CursorsCheck(lookup, filled));
        checks.add(new ServiceCheck(pipelines.deployment()));
        checks.add(new RouteFilesCheck(BrokenRoutes.of(context)));
        all.forEach(pipeline -> checks.add(new ScheduleCheck(pipeline)));
        all.forEach(pipeline -> checks.add(new LastRunCheck(pipeline)));
        return checks;
    }

    private static Pipeline pipeline(String name, List<Pipeline> all) {
        return all.stream()
                .filter(pipeline -> pipeline.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new UsageException("Unknown pipeline " + name + " in " + ExpectedTable.PROPERTY
                        + ". The pipelines are: "
                        + all.stream().map(Pipeline::name).collect(Collectors.joining(", "))));
    }

    /** Returns the listed tables and those that the pipelines with a schedule load into. */
    private static List<ExpectedTable> withLoaded(List<ExpectedTable> listed, List<Pipeline> all, Pipelines pipelines) {
        List<ExpectedTable> tables = new ArrayList<>(listed);
        Map<String, List<String>> loaded = PipelineTables.all(pipelines);
        for (Pipeline pipeline : all) {
            if (pipeline.cron() != null) {
                loaded.getOrDefault(pipeline.name(), List.of()).stream()
                        .map(table -> new ExpectedTable(TableName.parse(table), null, pipeline.name(), true))
                        .filter(table -> tables.stream().noneMatch(table::same))
                        .forEach(tables::add);
            }
        }
        return tables;
    }

    /** Returns the checks of the databases and schemas of the tables, and of those that the set-up creates for future tables. */
    private static Set<Check> objects(
            Lookup lookup, String hint, List<ExpectedTable> tables, List<TableName> furtherSchemas) {
        List<TableName> schemas = new ArrayList<>();
        tables.forEach(table -> schemas.add(table.table()));
        schemas.addAll(furtherSchemas);
        Set<Check> checks = new LinkedHashSet<>();
        schemas.forEach(name -> checks.add(new DatabaseCheck(lookup, hint, name.database())));
        schemas.forEach(name -> checks.add(new SchemaCheck(lookup, hint, name.database(), name.schema())));
        return checks;
    }

    private static List<Check> account(Lookup lookup, InfraSettings names) {
        List<Check> checks = new ArrayList<>();
        checks.add(new RoleCheck(lookup, names.role()));
        checks.addAll(UserChecks.of(lookup, names.user(), names.role()));
        checks.add(new PipeRunningCheck(lookup, names.inRatesSchema(names.pipe())));
        return checks;
    }

    private static List<TableName> furtherSchemas(InfraSettings names) {
        return names.schemas().stream()
                .map(schema -> new TableName(names.database(), schema, ""))
                .toList();
    }
}
