package dev.caravan.hubspot;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.api.Api;
import dev.caravan.api.ApiClient;
import dev.caravan.api.FailedRequest;
import dev.caravan.api.Page;
import dev.caravan.api.PageReader;
import dev.caravan.api.Request;
import dev.caravan.hubspot.HubSpotException.Reason;
import dev.caravan.run.Run;
import dev.caravan.run.TransientException;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * Sends requests to HubSpot. Searches have a limit of their own there, and so here. The token goes to the configured
 * address only: links in answers are not followed.
 */
final class HubSpotClient implements Closeable {

    /** What HubSpot's proxy answers to a token that has not the form of one. */
    private static final int MALFORMED_TOKEN = 530;

    private static final String KEYS = "Development > Keys > Service keys";
    private static final String A_KEY = "a service key, which you create in HubSpot under " + KEYS
            + " (private apps can no longer be created), or to the token of an existing private app";

    private static final PageReader.Form RESULTS = new PageReader.Form("/results", false, true);

    private final String name;
    private final ApiClient lists;
    private final ApiClient searches;

    HubSpotClient(String name, Api api, double searchesPerSecond) {
        this.name = name;
        if (api.getToken() == null || api.getToken().isBlank()) {
            throw new HubSpotException(Reason.TOKEN, "camel.beans." + name + ".token is empty", "set it to " + A_KEY);
        }
        this.lists = new ApiClient(name, api, this::explain);
        this.searches = new ApiClient(name, api, this::explain, searchesPerSecond);
    }

    /** The client that tells what is left of the quota. */
    ApiClient lists() {
        return lists;
    }

    Page get(String path, Map<String, Object> query, String place, Run run) {
        Request request = new Request("GET", URI.create(lists.origin() + path), Map.of(), null);
        for (Map.Entry<String, Object> parameter : query.entrySet()) {
            request = request.with(parameter.getKey(), parameter.getValue());
        }
        return lists.page(request, RESULTS, place, run);
    }

    Page post(String path, JsonNode body, String place, Run run) {
        ApiClient client = path.endsWith("/search") ? searches : lists;
        return client.page(
                new Request("POST", URI.create(client.origin() + path), Map.of(), body), RESULTS, place, run);
    }

    private RuntimeException explain(FailedRequest failed) {
        JsonNode body = failed.body();
        RuntimeException failure = failed.failure();
        return switch (failed.status()) {
            case 401, MALFORMED_TOKEN ->
                new HubSpotException(
                        Reason.TOKEN, "HubSpot rejected the token of camel.beans." + name, "set it to " + A_KEY);
            case 403 -> withoutScope(body, failure);
            case 429 -> limited(body.path("policyName").asText(), failure);
            default -> failure;
        };
    }

    private static RuntimeException withoutScope(JsonNode body, RuntimeException failure) {
        List<String> scopes = body.findValues("requiredGranularScopes").stream()
                .flatMap(found -> StreamSupport.stream(found.spliterator(), false))
                .map(JsonNode::asText)
                .distinct()
                .toList();
        return scopes.isEmpty()
                ? new HubSpotException(
                        Reason.SCOPE,
                        failure.getMessage(),
                        "add the scopes of these objects to the service key, in HubSpot under " + KEYS)
                : new HubSpotException(
                        Reason.SCOPE,
                        "HubSpot's service key lacks the scope " + String.join(" or ", scopes),
                        "add it in HubSpot under " + KEYS);
    }

    private static RuntimeException limited(String policy, RuntimeException failure) {
        if (policy.equals("DAILY")) {
            return new HubSpotException(
                    Reason.LIMIT,
                    failure.getMessage(),
                    "wait until midnight in the time zone of the HubSpot account; all its keys and apps share the limit");
        } else if (failure instanceof TransientException known
                && known.retryAfter().isEmpty()) {
            Duration window = Duration.ofSeconds(policy.equals("TEN_SECONDLY_ROLLING") ? 10 : 1);
            return new TransientException(failure.getMessage(), window, null);
        }
        return failure;
    }

    static String joined(List<Property> properties) {
        return properties.stream().map(Property::name).collect(Collectors.joining(","));
    }

    @Override
    public void close() throws IOException {
        try (lists) {
            searches.close();
        }
    }
}
