package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The shipped pipelines with a PostgreSQL database as the warehouse, whose user has the rights that the docs name. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PostgreSqlIT {

    private Source source;
    private EmbeddedPostgres server;
    private Installation caravan;

    @BeforeAll
    void install(@TempDir Path directory) throws Exception {
        source = Source.in(directory.resolve("postgres"));
        server = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
        try (Connection admin = server.getPostgresDatabase().getConnection()) {
            Source.execute(admin, "CREATE DATABASE dlt");
            Source.execute(admin, "CREATE ROLE loader LOGIN PASSWORD 'geheim'");
            Source.execute(admin, "GRANT CREATE ON DATABASE dlt TO loader");
        }
        caravan = Installation.in(directory.resolve("home"))
                .set(Map.of(
                        "postgres.url", source.url(),
                        "camel.component.warehouse.engine", "postgresql",
                        "camel.component.warehouse.dataSource", "#bean:warehousePool",
                        "camel.beans.warehousePool", "#class:com.zaxxer.hikari.HikariDataSource",
                        "camel.beans.warehousePool.jdbcUrl", "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/dlt",
                        "camel.beans.warehousePool.username", "loader",
                        "camel.beans.warehousePool.password", "geheim",
                        "camel.beans.warehousePool.minimumIdle", "0",
                        "verify.tables",
                                "DLT.OPEN_EXCHANGE_RATES.CURRENCIES by currencies-weekly,"
                                        + " DLT.APPLICATION_DATA.PRODUCTS(valid_ts) by products-daily"));
        // a connection reaches one database
        Files.delete(caravan.home().resolve("routes/exchange-rates-daily.yaml"));
        Files.delete(caravan.home().resolve("routes/exchange-rates-backfill.yaml"));
        Files.delete(caravan.home().resolve("routes/local/snowpipe.yaml"));
    }

    @AfterAll
    void stop() throws Exception {
        source.close();
        server.close();
    }

    private JsonNode json(String... command) throws Exception {
        Installation.Result result = caravan.run(command);
        assertThat(result.err()).doesNotContain("geheim");
        assertThat(result.exit()).as(result.err()).isZero();
        return result.json();
    }

    @Test
    void thePipelinesLoadAndTheCommandsRead() throws Exception {
        for (String pipeline : List.of("products-daily", "currencies-weekly", "hubspot-daily")) {
            assertThat(json("run", pipeline, "--output", "json").path("rows").asLong())
                    .isPositive();
        }
        source.execute(
                "UPDATE raw_data.products SET product_name = 'renamed', valid_ts = valid_ts + interval '1 minute'"
                        + " WHERE audit_id = (SELECT max(audit_id) FROM raw_data.products)");
        assertThat(json("run", "products-daily", "--output", "json")
                        .path("rows")
                        .asLong())
                .isEqualTo(1);

        List<List<Object>> products = source.query(
                "SELECT count(*), sum(price_usd), max(valid_ts) FROM raw_data.products WHERE product_name = 'renamed'");
        assertThat(json(
                                "sql",
                                "SELECT count(*) AS n FROM DLT.APPLICATION_DATA.PRODUCTS WHERE product_name = 'renamed'",
                                "--output",
                                "json")
                        .get(0)
                        .path("n")
                        .asLong())
                .isEqualTo(((Number) products.get(0).get(0)).longValue());
        assertThat(json("ls", "--output", "json").toString()).contains("products-daily", "completed");
        assertThat(json("verify", "--output", "json").toString())
                .contains("schema DLT.APPLICATION_DATA")
                .doesNotContain("\"fail\"");
        assertThat(caravan.run("reset", "DLT.APPLICATION_DATA.PRODUCTS").exit()).isZero();
    }
}
