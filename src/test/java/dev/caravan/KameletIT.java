package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Installation.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kamelets of an installation's own, in the directory {@code kamelets} beside its routes. */
class KameletIT {

    @TempDir
    private Path home;

    private Installation caravan;

    @BeforeEach
    void install() throws IOException {
        caravan = Installation.in(home);
        Files.createDirectories(home.resolve("kamelets"));
        kamelet(
                "shop-table",
                """
                apiVersion: camel.apache.org/v1
                kind: Kamelet
                metadata:
                  name: shop-table
                spec:
                  definition:
                    title: A table of the shop
                    required: [table]
                    properties:
                      table:
                        type: string
                  template:
                    from:
                      uri: kamelet:source
                      steps:
                        - setBody:
                            constant: SELECT * FROM raw_data.{{table}}
                        - to: jdbc:postgres
                """);
        route("shop-table?table=suppliers");
    }

    private void kamelet(String name, String yaml) throws IOException {
        Files.writeString(home.resolve("kamelets").resolve(name + ".kamelet.yaml"), yaml);
    }

    private void route(String kamelet) throws IOException {
        caravan.route(
                "suppliers",
                """
                - route:
                    id: suppliers
                    from:
                      uri: pipeline:suppliers
                      steps:
                        - step:
                            id: extract
                            steps:
                              - to: kamelet:KAMELET
                        - step:
                            id: load
                            steps:
                              - to:
                                  uri: warehouse:DLT.SHOP.SUPPLIERS
                                  parameters:
                                    mode: replace
                """
                        .replace("KAMELET", kamelet));
    }

    @Test
    void rowsOfAQueryWithinAKameletAreLoadedWithTheirTypes() {
        Result run = caravan.run("run", "suppliers", "--output", "json");
        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.json().path("rows").asInt()).isEqualTo(5);

        Result types = caravan.run(
                "sql",
                "SELECT data_type FROM duckdb_columns() WHERE table_name = 'SUPPLIERS' AND column_name = 'since'",
                "--output",
                "json");
        assertThat(types.out()).contains("DATE");

        // the same again: its result is read to the end each time
        assertThat(caravan.run("run", "suppliers").exit()).isZero();
        assertThat(caravan.run("doctor").out()).contains("source postgres");
    }

    @Test
    void aKameletThatDoesNotExistIsToldWithItsLine() throws IOException {
        route("shop-tabel?table=suppliers");

        Result run = caravan.run("run", "suppliers");

        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err())
                .contains("routes/suppliers.yaml, line 9: unknown Kamelet shop-tabel", "Did you mean shop-table?")
                .doesNotContain("\tat ");
        assertThat(caravan.run("run", "currencies-weekly").exit()).isZero();
    }

    @Test
    void aKameletThatCannotBeReadIsToldWithFileAndLine() throws IOException {
        Path file = home.resolve("kamelets/shop-table.kamelet.yaml");
        Files.writeString(file, Files.readString(file).replace("steps:", "stepz:"));

        Result run = caravan.run("run", "suppliers");

        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err())
                .contains("routes/suppliers.yaml, line 9: cannot read Kamelet shop-table: Unsupported field: stepz")
                .contains("kamelets/shop-table.kamelet.yaml, line 14");
    }
}
