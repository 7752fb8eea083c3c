package dev.caravan.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import javax.sql.DataSource;
import org.apache.camel.CamelContext;
import org.apache.camel.NoSuchBeanException;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;

/** What a mistake in a route file is called. */
class RouteFileTest {

    private static final String ROUTE =
            """
            - route:
                id: shop
                from:
                  uri: pipeline:shop
                  parameters:
                    LINE
                  steps:
                    - to: mock:end
            """;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    cron: * * * * *         | a value that begins with * needs quotes
                    cron: */5 * * * *       | a value that begins with * needs quotes
                    tags: @daily            | found character '@' that cannot start any token: quote the value
                    cron: "0 3 * * *" daily | correct the indentation or the quotes
                    onFailed: direct:a: b   | quote a value that contains a colon
                    """)
    void aMistakeInYamlIsToldWithItsFix(String line, String message) {
        assertThatThrownBy(() ->
                        RouteFile.read(ResourceHelper.fromString("routes/shop.yaml", ROUTE.replace("LINE", line))))
                .isInstanceOf(RouteMistake.class)
                .hasMessageStartingWith("routes/shop.yaml, line 6: ")
                .hasMessageContaining(message);
    }

    @Test
    void aTabIsNamedAsSuch() {
        assertThatThrownBy(() -> RouteFile.read(
                        ResourceHelper.fromString("routes/shop.yaml", ROUTE.replace("    LINE", "\tretries: 1"))))
                .hasMessageContaining("Do not use \\t(TAB) for indentation");
    }

    @Test
    void aMissingBeanOrSettingIsToldWithThePlaceToDefineIt() {
        CamelContext camel = new DefaultCamelContext();
        camel.getRegistry().bind("postgres", new PGSimpleDataSource());
        StartFailure start = new StartFailure(camel, new RouteFiles(new BrokenRoutes()));
        assertThat(start.explain(new NoSuchBeanException("postgers", DataSource.class.getName())))
                .hasMessageEndingWith("unknown bean postgers: define camel.beans.postgers in application.properties."
                        + " Did you mean postgres?");
        Exception missing = catchException(() -> camel.resolvePropertyPlaceholders("{{no.such}}"));
        assertThat(start.explain(missing))
                .hasMessageEndingWith("unknown setting {{no.such}}: define no.such in application.properties");
    }

    @Test
    void aLinkThatCamelIgnoresIsTold(@TempDir Path home) throws Exception {
        Path routes = Files.createDirectory(home.resolve("routes"));
        Path team = Files.createDirectory(home.resolve("team"));
        Files.writeString(team.resolve("shop.yaml"), ROUTE.replace("LINE", "retries: 1"));
        Files.createSymbolicLink(routes.resolve("shop.yaml"), team.resolve("shop.yaml"));
        Files.createSymbolicLink(routes.resolve("team"), team);
        Files.createSymbolicLink(routes.resolve("gone.yaml"), home.resolve("nowhere.yaml"));
        Files.createSymbolicLink(routes.resolve("prod"), team);
        Files.createSymbolicLink(routes.resolve("..data"), team);
        BrokenRoutes broken = new BrokenRoutes();
        CamelContext camel = new DefaultCamelContext();
        camel.start();
        Collection<Resource> found = new RouteFiles(broken)
                .findRouteResourcesFromDirectory(
                        camel,
                        "file:" + routes + "/prod/**",
                        "file:" + routes + "/**/*.yaml,file:" + routes + "/**/*.yml");
        camel.stop();
        assertThat(found).hasSize(1);
        assertThat(broken.mistakes())
                .extracting(RouteMistake::file)
                .containsExactly(routes + "/gone.yaml", routes + "/team");
    }
}
