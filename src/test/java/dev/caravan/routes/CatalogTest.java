package dev.caravan.routes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import org.apache.camel.util.StringHelper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What editors such as Kaoto show of our components. */
class CatalogTest {

    private static JsonNode catalog(String component) throws IOException {
        String file = "/META-INF/dev/caravan/" + component + "/" + component + ".json";
        try (InputStream json = CatalogTest.class.getResourceAsStream(file)) {
            return new ObjectMapper().readTree(json);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pipeline", "warehouse"})
    void optionsAreShownAsTheyAreWrittenAndInGroups(String component) throws Exception {
        catalog(component).get("properties").properties().forEach(option -> {
            assertThat(option.getValue().get("displayName").asText())
                    .isEqualToIgnoringCase(
                            StringHelper.camelCaseToDash(option.getKey()).replace('-', ' '));
            if (option.getValue().get("kind").asText().equals("parameter")
                    && !option.getKey().equals("operation")) {
                assertThat(option.getValue().get("label").asText())
                        .as(option.getKey())
                        .isNotEmpty();
            }
        });
    }

    @Test
    void aPipelineIsNoRemoteSystemAndHasNoOptionThatIsIgnored() throws Exception {
        JsonNode pipeline = catalog("pipeline");
        assertThat(pipeline.get("component").get("remote").asBoolean()).isFalse();
        assertThat(pipeline.get("properties").has("bridgeErrorHandler")).isFalse();
        assertThat(pipeline.get("properties").has("exceptionHandler")).isFalse();
        assertThat(pipeline.get("properties").get("param").get("description").asText())
                .contains("TYPE followed by a question mark");
    }
}
