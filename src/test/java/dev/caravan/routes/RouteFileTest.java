package dev.caravan.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.sql.DataSource;
import org.apache.camel.CamelContext;
import org.apache.camel.NoSuchBeanException;
import org.apache.camel.impl.DefaultCamelContext;
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
        assertThat(skippedLinks(
                        "file:" + routes + "/prod/**", "file:" + routes + "/**/*.yaml,file:" + routes + "/**/*.yml"))
                .containsExactly(routes + "/gone.yaml", routes + "/team");
    }

    @Test
    void aLinkBehindWhichNoRouteIsMissingDoesNoHarm(@TempDir Path home) throws Exception {
        Path routes = Files.createDirectory(home.resolve("routes"));
        Files.writeString(routes.resolve("shop.yaml"), ROUTE.replace("LINE", "retries: 1"));
        Path sql = Files.createDirectory(home.resolve("sql"));
        Files.writeString(sql.resolve("orders.sql"), "SELECT 1");
        Path lib = Files.createDirectories(routes.resolve(".venv/lib"));
        Files.writeString(lib.resolve("any.yaml"), "no: route");
        Path data = Files.createDirectory(home.resolve("data"));
        Files.writeString(data.resolve("any.yaml"), "no: route");
        Files.createSymbolicLink(routes.resolve("sql"), sql);
        Files.createSymbolicLink(routes.resolve("self"), routes);
        Files.createSymbolicLink(routes.resolve("NOTES"), home.resolve("nowhere"));
        Files.createSymbolicLink(routes.resolve(".venv/lib64"), lib);
        assertThat(skippedLinks(null, "file:" + routes + "/**/*.yaml")).isEmpty();

        Files.createSymbolicLink(routes.resolve("data"), data);
        Files.createDirectory(routes.resolve("team"));
        Files.createSymbolicLink(routes.resolve("team/gone.yaml"), home.resolve("nowhere.yaml"));
        assertThat(skippedLinks(null, "file:" + routes + "/*.yaml")).isEmpty();
        assertThat(skippedLinks(null, "file:" + routes + "/*.yaml?optional=true"))
                .isEmpty();
        assertThat(skippedLinks("file:" + routes + "/*/*.yaml", "file:" + routes + "/**/*.yaml"))
                .isEmpty();
        assertThat(skippedLinks(null, "file:" + routes + "/*.yaml,file:" + routes + "/*/any.yaml"))
                .containsExactly(routes + "/data");
    }

    /** Returns the links among the route files, of which one can be read, that count as mistakes. */
    private static List<String> skippedLinks(String exclusions, String patterns) {
        BrokenRoutes broken = new BrokenRoutes();
        CamelContext camel = new DefaultCamelContext();
        camel.start();
        assertThat(new RouteFiles(broken).findRouteResourcesFromDirectory(camel, exclusions, patterns))
                .hasSize(1);
        camel.stop();
        return broken.mistakes().stream().map(RouteMistake::file).toList();
    }
}
