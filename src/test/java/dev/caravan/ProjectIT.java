package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Installation.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A project of its own, with none of the example's settings and routes. */
class ProjectIT {

    @TempDir
    private Path home;

    private Installation project() throws IOException {
        Installation caravan = Installation.in(home);
        try (var files = Files.walk(home.resolve("routes"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
        Files.delete(home.resolve("application-prod.properties"));
        Files.writeString(home.resolve("application-mine.properties"), "ledger.url = jdbc:sqlite:data/mine.db\n");
        Files.writeString(
                home.resolve("application.properties"),
                """
                camel.main.routesIncludePattern = file:routes/*.yaml
                camel.component.pipeline.ledgerUrl = {{ledger.url}}
                camel.component.warehouse.engine = duckdb
                camel.component.warehouse.directory = data/warehouse
                store.url = jdbc:sqlite:data/store.db
                camel.beans.store = #class:com.zaxxer.hikari.HikariDataSource
                camel.beans.store.jdbcUrl = {{store.url}}
                """);
        caravan.route(
                "orders",
                """
                - route:
                    id: orders
                    from:
                      uri: pipeline:orders
                      parameters:
                        cron: "0 6 * * *"
                      steps:
                        - step:
                            id: load
                            steps:
                              - setBody:
                                  constant: SELECT 1 AS id
                              - to: jdbc:store
                              - to:
                                  uri: warehouse:SHOP.PUBLIC.ORDERS
                                  parameters:
                                    mode: replace
                """);
        return caravan.withEnvironment(Map.of("CARAVAN_PROFILE", "mine"));
    }

    @Test
    void needsNoSettingOfTheExample() throws IOException {
        Installation caravan = project();
        Files.createDirectories(home.resolve("data"));

        Result ls = caravan.run("ls", "--output", "json");
        assertThat(ls.exit()).as(ls.err()).isZero();
        assertThat(ls.json().findValuesAsText("pipeline")).containsExactly("orders");

        Result run = caravan.run("run", "orders");
        assertThat(run.exit()).as(run.err()).isZero();

        Result doctor = caravan.run("doctor");
        assertThat(doctor.exit()).as(doctor.out()).isZero();
        assertThat(doctor.out()).contains("no problems found", "source store", "exchange-rates.url is not set");

        Result verify = caravan.run("verify");
        assertThat(verify.exit()).as(verify.out()).isZero();

        Result cost = caravan.run("cost");
        assertThat(cost.err()).contains("cost.snowflake.auto-suspend is not set");
    }

    /** The shipped project without what reads exchange rates, and without their settings. */
    @Test
    void withoutTheRoutesOfExchangeRatesNoneOfTheirSettingsIsNeeded() throws IOException {
        Installation caravan = Installation.in(home);
        for (String route : List.of(
                "currencies-weekly",
                "exchange-rates-daily",
                "exchange-rates-backfill",
                "exchange-rates-put",
                "local/snowpipe")) {
            Files.delete(home.resolve("routes/" + route + ".yaml"));
        }
        Path settings = home.resolve("application.properties");
        Files.write(
                settings,
                Files.readAllLines(settings).stream()
                        .filter(line -> !line.matches(
                                "(exchange-rates|s3|camel\\.beans\\.(openexchangerates|snowpipe|s3))[. ].*"))
                        .toList());
        assertThat(Files.readString(settings)).doesNotContain("openexchangerates =", "\nexchange-rates.");

        Result ls = caravan.run("ls", "--output", "json");
        assertThat(ls.exit()).as(ls.err()).isZero();
        assertThat(ls.err()).doesNotContain("Skipped");
        assertThat(ls.json().findValuesAsText("pipeline"))
                .containsExactly("hubspot-daily", "products-daily", "products-full-refresh");
        Result run = caravan.run("run", "hubspot-daily");
        assertThat(run.exit()).as(run.err()).isZero();
        Result doctor = caravan.run("doctor");
        assertThat(doctor.out()).contains("exchange-rates.url is not set");
    }

    @Test
    void theDoctorNamesEachCause() throws IOException {
        Installation caravan = project().set(Map.of("store.url", "jdbc:sqlite:/nowhere/store.db"));
        caravan.route("broken", "- route:\n    from:\n      uri: pipeline:broken\n      stepz: []\n");

        Result doctor = caravan.run("doctor", "--output", "json");

        assertThat(doctor.exit()).isEqualTo(1);
        assertThat(doctor.json().path("cause").asText()).isEqualTo("source failed");
        assertThat(doctor.json().path("checks").findValuesAsText("check")).contains("source failed", "setting wrong");
        assertThat(doctor.out()).contains("routes/broken.yaml, line 4");
    }
}
