package dev.caravan.hubspot;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.api.Api;
import dev.caravan.api.ApiClient;
import dev.caravan.api.Page;
import dev.caravan.api.PageReader;
import dev.caravan.api.Request;
import dev.caravan.run.PermanentException;
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

    private static final PageReader.Form RESULTS = new PageReader.Form("/results", false, true);

    private final String name;
    private final ApiClient lists;
    private final ApiClient searches;

    HubSpotClient(String name, Api api, double searchesPerSecond) {
        this.name = name;
        this.lists = new ApiClient(name, api, this::explain);
        this.searches = new ApiClient(name, withRate(api, searchesPerSecond), this::explain);
    }

    private static Api withRate(Api api, double requestsPerSecond) {
        Api copy = new Api();
        copy.setUrl(api.getUrl());
        copy.setToken(api.getToken());
        copy.setHeaders(api.getHeaders());
        copy.setTimeout(api.getTimeout());
        copy.setMaxResponse(api.getMaxResponse());
        copy.setRequestsPerSecond(requestsPerSecond);
        return copy;
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

    private RuntimeException explain(int status, JsonNode body, RuntimeException failure) {
        String policy = body.path("policyName").asText();
        if (status == 429 && policy.equals("DAILY")) {
            // until midnight in the account's time zone: no retry of this run would succeed
            return new PermanentException(failure.getMessage()
                    + ". All apps and keys of the HubSpot account share the daily limit; it ends at midnight in the"
                    + " account's time zone");
        } else if (status == 429
                && failure instanceof TransientException known
                && known.retryAfter().isEmpty()) {
            Duration window = Duration.ofSeconds(policy.equals("TEN_SECONDLY_ROLLING") ? 10 : 1);
            return new TransientException(failure.getMessage(), window, null);
        } else if (status == 403) {
            List<String> scopes = body.findValues("requiredGranularScopes").stream()
                    .flatMap(found -> StreamSupport.stream(found.spliterator(), false))
                    .map(JsonNode::asText)
                    .distinct()
                    .toList();
            return scopes.isEmpty()
                    ? failure
                    : new PermanentException("HubSpot's service key lacks the scope " + String.join(" or ", scopes)
                            + ": add it in HubSpot under Development > Keys > Service keys");
        } else if (status == 401 || status == MALFORMED_TOKEN) {
            return new PermanentException("HubSpot rejected camel.beans." + name
                    + ".token: set it to a service key (in HubSpot: Development > Keys > Service keys), or to the token"
                    + " of an existing private app");
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
