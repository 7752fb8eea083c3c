package dev.caravan.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HubSpotServerTest {

    private static final String OBJECTS = "/crm/objects/2026-09/contacts";
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private final HttpClient client = HttpClient.newHttpClient();
    private HubSpotServer server;

    @BeforeEach
    void start() {
        server = HubSpotServer.start(10_500, Clock.systemUTC());
        server.limits(1_000, 1_000);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void listsInTheOrderOfIdsAHundredAtATime() throws Exception {
        JsonNode first = get(OBJECTS + "?limit=100&properties=email");
        assertThat(first.path("results")).hasSize(100);
        JsonNode second = get(OBJECTS + "?limit=100&after="
                + first.path("paging").path("next").path("after").asText());
        assertThat(second.path("results").path(0).path("id").asLong())
                .isGreaterThan(first.path("results").path(99).path("id").asLong());
        assertThat(get(OBJECTS + "?limit=101").path("category").asText()).isEqualTo("VALIDATION_ERROR");
        assertThat(get("/crm/v3/objects/contacts?limit=100&properties=email")).isEqualTo(withoutLink(first));
    }

    /** The link is the only difference between the versions. */
    private static JsonNode withoutLink(JsonNode answer) {
        ((com.fasterxml.jackson.databind.node.ObjectNode) answer.path("paging").path("next"))
                .put("link", answer.at("/paging/next/link").asText().replace("objects/2026-09", "v3/objects"));
        return answer;
    }

    @Test
    void searchesTenThousandAtMostWithoutArchivedOnes() throws Exception {
        JsonNode last = post(OBJECTS + "/search", "{\"limit\":200,\"after\":\"9800\"}");
        assertThat(last.path("results")).hasSize(200);
        assertThat(last.path("total").asInt()).isEqualTo(10_290);
        assertThat(post(OBJECTS + "/search", "{\"limit\":200,\"after\":\"10000\"}")
                        .path("category")
                        .asText())
                .isEqualTo("VALIDATION_ERROR");
        assertThat(post(OBJECTS + "/search", "{\"limit\":201}").path("category").asText())
                .isEqualTo("VALIDATION_ERROR");
    }

    @Test
    void comparesIdsAsText() throws Exception {
        JsonNode found = post(
                OBJECTS + "/search",
                "{\"limit\":200,\"sorts\":[\"hs_object_id\"],\"filterGroups\":[{\"filters\":["
                        + "{\"propertyName\":\"hs_object_id\",\"operator\":\"GT\",\"value\":\"7198\"}]}]}");
        List<String> ids = new ArrayList<>();
        found.path("results").forEach(result -> ids.add(result.path("id").asText()));
        assertThat(ids).isSorted().contains("719869649001");
    }

    @Test
    void theSearchLearnsOfChangesLate() throws Exception {
        server.indexLag(Duration.ofHours(1));
        String id = server.changeContacts(1).get(0);
        assertThat(get(OBJECTS + "/" + id + "?properties=lifecyclestage")
                        .at("/properties/lifecyclestage")
                        .asText())
                .isEqualTo("evangelist");
        String changed = "{\"limit\":1,\"filterGroups\":[{\"filters\":["
                + "{\"propertyName\":\"lifecyclestage\",\"operator\":\"EQ\",\"value\":\"evangelist\"}]}]}";
        assertThat(post(OBJECTS + "/search", changed).path("total").asInt()).isZero();
    }

    @Test
    void limitsRequestsAndNamesThePolicy() throws Exception {
        server.limits(0, 0);
        assertThat(get(OBJECTS).path("policyName").asText()).isEqualTo("TEN_SECONDLY_ROLLING");
        assertThat(post(OBJECTS + "/search", "{}").path("policyName").asText()).isEqualTo("SECONDLY");
        server.exhaust("DAILY");
        assertThat(get(OBJECTS).path("policyName").asText()).isEqualTo("DAILY");
    }

    @Test
    void rejectsAWrongTokenAndAMissingScope() throws Exception {
        server.missingScope("crm.objects.contacts.read");
        assertThat(get(OBJECTS).at("/errors/0/context/requiredGranularScopes/0").asText())
                .isEqualTo("crm.objects.contacts.read");
        server.token("another");
        assertThat(get(OBJECTS).path("category").asText()).isEqualTo("INVALID_AUTHENTICATION");
    }

    private JsonNode get(String path) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(server.url() + path)));
    }

    private JsonNode post(String path, String body) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(server.url() + path)).POST(BodyPublishers.ofString(body)));
    }

    private JsonNode send(HttpRequest.Builder request) throws Exception {
        HttpResponse<String> response =
                client.send(request.header("Authorization", "Bearer local").build(), BodyHandlers.ofString());
        return JSON.readTree(response.body());
    }
}
