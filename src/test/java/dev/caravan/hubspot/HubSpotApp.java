package dev.caravan.hubspot;

import dev.caravan.local.HubSpotServer;
import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.ledger.RunRecord;
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
import org.apache.camel.main.Main;

/** The shipped route {@code hubspot-daily}, or a change of it, with DuckDB as the warehouse. */
final class HubSpotApp implements AutoCloseable {

    static final String SHIPPED = "properties: email,firstname,lastname,createdate,lastmodifieddate";

    private final Path directory;
    private final Main main = new Main();

    /** Starts with the shipped route. */
    HubSpotApp(Path directory, String url) throws IOException {
        this(directory, url, Files.readString(Path.of("routes/hubspot-daily.yaml")));
    }

    HubSpotApp(Path directory, String url, String route) throws IOException {
        this.directory = directory;
        Path file = directory.resolve("hubspot-daily.yaml");
        Files.writeString(file, route);
        main.setPropertyPlaceholderLocations("false");
        main.configure().withRoutesIncludePattern("file:" + file);
        main.addInitialProperty("camel.component.pipeline.ledgerUrl", "jdbc:sqlite:" + directory.resolve("ledger.db"));
        main.addInitialProperty("camel.component.pipeline.schedule", "false");
        main.addInitialProperty(
                "camel.component.warehouse.directory",
                directory.resolve("warehouse").toString());
        main.addInitialProperty("camel.component.kamelet.location", "file:kamelets");
        main.addInitialProperty("camel.component.hubspot.searchesPerSecond", "0");
        main.addInitialProperty("camel.beans.hubspot", "#class:dev.caravan.api.Api");
        main.addInitialProperty("camel.beans.hubspot.url", url);
        main.addInitialProperty("camel.beans.hubspot.token", HubSpotServer.TOKEN);
        main.start();
    }

    RunRecord run() {
        return main.getCamelContext()
                .getComponent("pipeline", PipelineComponent.class)
                .pipelines()
                .run("hubspot-daily", Map.of());
    }

    /** The rows of a query in the database DLT, each as text. */
    List<String> sql(String query) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection("jdbc:duckdb:" + directory.resolve("warehouse/DLT.duckdb"));
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

    @Override
    public void close() {
        main.stop();
    }
}
