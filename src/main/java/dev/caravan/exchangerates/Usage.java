package dev.caravan.exchangerates;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.api.ApiClient;
import dev.caravan.api.PageReader;
import dev.caravan.api.Request;
import dev.caravan.run.Quota;
import dev.caravan.run.TransientException;
import java.net.URI;
import java.util.Map;

/**
 * The requests of an account in this month, as {@code /usage.json} tells them. That request costs none.
 *
 * @param requests so far
 * @param quota null if there is none, or it is not told
 * @param remaining negative if there is no quota
 * @param days until it is reset
 * @param restricted whether the account is served nothing more
 */
public record Usage(long requests, Long quota, long remaining, long days, boolean restricted) {

    private static final String RESOURCE = "/usage.json";

    /**
     * Requests it, without a route.
     *
     * @throws RefusedException if the key is rejected, or the quota is used up
     * @throws TransientException if there is no usable answer
     */
    public static Usage of(OpenExchangeRates api) {
        try (ApiClient client = new ApiClient(OpenExchangeRates.BEAN, api, api::explain)) {
            Request request = new Request("GET", URI.create(client.origin() + RESOURCE), Map.of(), null);
            return of(Document.of(client.page(request, new PageReader.Form("/", false, false), RESOURCE, null)
                    .rows()
                    .get(0)));
        }
    }

    static Usage of(JsonNode answer) {
        JsonNode data = answer.path("data");
        JsonNode usage = data.path("usage");
        if (!usage.path("requests_remaining").canConvertToLong()) {
            throw new TransientException(
                    "The response of Open Exchange Rates to " + RESOURCE + " lacks requests_remaining.");
        }
        long quota = usage.path("requests_quota").asLong(-1);
        return new Usage(
                usage.path("requests").asLong(),
                quota < 0 ? null : Long.valueOf(quota),
                usage.path("requests_remaining").longValue(),
                usage.path("days_remaining").asLong(),
                data.path("status").asText().equals("access_restricted"));
    }

    public boolean isLimited() {
        return remaining >= 0;
    }

    public boolean isUsedUp() {
        return restricted || remaining == 0;
    }

    /** Returns what is left, for all who want to know. */
    Quota toQuota() {
        return new Quota(OpenExchangeRates.BEAN, remaining, quota);
    }
}
