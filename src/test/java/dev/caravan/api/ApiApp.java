package dev.caravan.api;

import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.routes.BrokenRoutes;
import dev.caravan.routes.RouteFiles;
import dev.caravan.routes.RouteMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.main.Main;

/** A project as a user writes it: the API {@code shop} in the settings, a YAML route, DuckDB as the warehouse. */
final class ApiApp implements AutoCloseable {

    private final Path directory;
    private final Main main = new Main();
    private final BrokenRoutes broken = new BrokenRoutes();

    /**
     * @param settings of the API, by name of the option
     * @param steps the steps of the pipeline {@code rows}, as YAML without indentation
     */
    ApiApp(Path directory, String url, Map<String, String> settings, String steps) throws IOException {
        this(directory, url, settings, Map.of("rows", steps));
    }

    /** @param pipelines their steps by name */
    ApiApp(Path directory, String url, Map<String, String> settings, Map<String, String> pipelines) throws IOException {
        this.directory = directory;
        Path file = directory.resolve("rows.yaml");
        Files.writeString(
                file,
                pipelines.entrySet().stream()
                        .map(each -> pipeline(each.getKey(), each.getValue()))
                        .collect(Collectors.joining("\n")));
        main.setPropertyPlaceholderLocations("false");
        main.configure().withRoutesIncludePattern("file:" + file);
        main.setRoutesCollector(new RouteFiles(broken));
        main.addInitialProperty("camel.component.kamelet.location", "file:kamelets");
        main.addInitialProperty("camel.component.pipeline.ledgerUrl", "jdbc:sqlite:" + directory.resolve("ledger.db"));
        main.addInitialProperty(
                "camel.component.warehouse.directory",
                directory.resolve("warehouse").toString());
        main.addInitialProperty("camel.beans.shop", "#class:dev.caravan.api.Api");
        main.addInitialProperty("camel.beans.shop.url", url);
        settings.forEach((name, value) -> main.addInitialProperty("camel.beans.shop." + name, value));
        main.start();
    }

    private static String pipeline(String name, String steps) {
        return """
                - route:
                    id: NAME
                    from:
                      uri: pipeline:NAME
                      parameters: { retries: 1, retryDelay: 10ms }
                      steps:
                """
                        .replace("NAME", name)
                + steps.strip().lines().map(line -> "        " + line).collect(Collectors.joining("\n"));
    }

    RunRecord run() {
        return run("rows");
    }

    RunRecord run(String pipeline) {
        return pipelines().run(pipeline, Map.of());
    }

    Pipelines pipelines() {
        return main.getCamelContext()
                .getComponent("pipeline", PipelineComponent.class)
                .pipelines();
    }

    /** What is wrong with the route file, which is then skipped. */
    List<String> mistakes() {
        return broken.mistakes().stream().map(RouteMistake::getMessage).toList();
    }

    List<String> log(RunRecord run) {
        return pipelines().ledger().logs().list(run.id(), 0, 1000).stream()
                .map(LogLine::message)
                .toList();
    }

    /** The rows of a query in the database SHOP, each as text. */
    List<String> sql(String query) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection("jdbc:duckdb:" + directory.resolve("warehouse/SHOP.duckdb"));
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            List<String> rows = new ArrayList<>();
            while (result.next()) {
                List<String> values = new ArrayList<>();
                for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                    values.add(result.getString(i));
                }
                rows.add(String.join(" ", values));
            }
            return rows;
        }
    }

    boolean isLoaded() {
        return Files.exists(directory.resolve("warehouse/SHOP.duckdb"));
    }

    @Override
    public void close() {
        main.stop();
    }
}
