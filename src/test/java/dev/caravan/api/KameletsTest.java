package dev.caravan.api;

import static dev.caravan.api.PagedServer.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.RouteTemplateDefinition;
import org.apache.camel.model.RouteTemplateParameterDefinition;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.v1.Kamelet;
import org.apache.camel.v1.kameletspec.Definition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The shipped Kamelets: as editors and Camel read them, and called by a route. */
@Timeout(120)
class KameletsTest {

    @TempDir
    Path directory;

    private PagedServer server;

    @BeforeEach
    void start() throws IOException {
        server = new PagedServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private ApiApp app(String parameters) throws IOException {
        return new ApiApp(
                directory,
                server.url(),
                Map.of(),
                """
                - to: { uri: "kamelet:api-rows-action", parameters: { PARAMETERS } }
                - to: { uri: "warehouse:SHOP.PUBLIC.ITEMS", parameters: { mode: replace } }
                """
                        .replace("PARAMETERS", parameters));
    }

    @Test
    void pagesOfAnApiAreRows() throws Exception {
        server.on("/shop/items", call -> {
            int skip = call.number("offset", 0);
            return ok("{\"total\": 25, \"items\": " + PagingTest.rows(skip, skip + 10) + "}");
        });
        try (ApiApp app =
                app("api: shop, path: shop/items, paging: offset, records: /items, total: /total, pageSize: 10")) {
            RunRecord run = app.run();
            assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
            assertThat(app.sql("SELECT count(*), count(DISTINCT id) FROM PUBLIC.ITEMS"))
                    .containsExactly("25 25");
            assertThat(server.calls.get(0).query()).containsEntry("limit", "10");
        }
    }

    /** Editors show a form of the properties; Camel itself reads the same file. */
    @ParameterizedTest
    @ValueSource(strings = {"api-rows-action", "hubspot-objects-action", "postgres-rows-action"})
    void editorsAndCamelReadIt(String name) throws Exception {
        Path file = Path.of("kamelets", name + ".kamelet.yaml");
        Map<?, ?> root = (Map<?, ?>) new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
        Map<?, ?> definition = (Map<?, ?>) ((Map<?, ?>) root.get("spec")).get("definition");
        Map<?, ?> properties = (Map<?, ?>) definition.get("properties");
        assertThat(((Map<?, ?>) root.get("metadata")).get("name")).isEqualTo(name);
        assertThat(definition.get("title")).asString().isNotBlank();
        assertThat(definition.get("description")).asString().isNotBlank();
        assertThat(properties.values()).allSatisfy(property -> assertThat(((Map<?, ?>) property).keySet())
                .extracting(String::valueOf)
                .contains("title", "description", "type"));
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            PluginHelper.getRoutesLoader(camel)
                    .loadRoutes(PluginHelper.getResourceLoader(camel).resolveResource("file:" + file));
            RouteTemplateDefinition template = camel.getRouteTemplateDefinition(name);
            assertThat(template.getTemplateParameters())
                    .extracting(RouteTemplateParameterDefinition::getName)
                    .containsExactlyInAnyOrderElementsOf(
                            properties.keySet().stream().map(String::valueOf).toList());
        }
    }

    /** Camel's catalog, and with it editors, read Kamelets into this model, which knows no other fields. */
    @ParameterizedTest
    @ValueSource(strings = {"api-rows-action", "hubspot-objects-action", "postgres-rows-action"})
    void theModelOfCamelsCatalogReadsIt(String name) throws Exception {
        Object file = new Load(LoadSettings.builder().build())
                .loadFromString(Files.readString(Path.of("kamelets", name + ".kamelet.yaml")));
        Kamelet kamelet = JsonMapper.builder()
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .build()
                .convertValue(file, Kamelet.class);
        assertThat(kamelet.getMetadata().getName()).isEqualTo(name);
        assertThat(kamelet.getMetadata().getLabels()).containsEntry("camel.apache.org/kamelet.type", "action");
        Definition form = kamelet.getSpec().getDefinition();
        assertThat(form.getProperties().values()).isNotEmpty().allSatisfy(property -> {
            assertThat(property.getTitle()).isNotBlank();
            assertThat(property.getDescription()).isNotBlank();
            assertThat(property.getType()).isIn("string", "integer", "boolean");
        });
        if (form.getRequired() != null) {
            assertThat(form.getProperties().keySet()).containsAll(form.getRequired());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "api: shop, pagin: page   | Kamelet api-rows-action has no property pagin. Did you mean paging?",
                "path: items              | Kamelet api-rows-action requires the property api",
                "api: shop, pageSize: ten | pageSize must be a whole number, not 'ten'",
                "api: shop, paging: pages | paging must be none, single, link-header, next-url, cursor, page or offset, not 'pages'",
            })
    void aMistakeIsFoundAtTheStart(String parameters, String mistake) throws Exception {
        try (ApiApp app = app(parameters)) {
            assertThat(app.mistakes()).singleElement().asString().contains("line 7", mistake);
        }
    }
}
