package dev.caravan.exchangerates;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.run.PermanentException;
import dev.caravan.run.RetryAfter;
import dev.caravan.run.TransientException;

/**
 * What an answer means that is not the wanted one. The API's own {@code message} decides, since its status does not
 * tell enough: 429 is said to someone too fast as well as to someone whose plan lacks the feature. Of the answer only
 * known words are repeated, because its description may repeat the key.
 */
final class ErrorResponse {

    private ErrorResponse() {}

    /**
     * The exception for an answer.
     *
     * @param resource what was asked for
     * @param status the HTTP status
     * @param body the answer's JSON, or a missing node
     * @param retryAfter the header Retry-After, or null
     */
    static RuntimeException of(String resource, int status, JsonNode body, String retryAfter) {
        return switch (body.path("message").asText()) {
            case "missing_app_id", "invalid_app_id" ->
                new PermanentException("Open Exchange Rates does not know the key that came with " + resource
                        + ": set exchange-rates.api-key to the App ID of your account.");
            case "not_allowed" ->
                new PermanentException("Your plan at Open Exchange Rates does not include " + resource
                        + ": change the plan, or do not ask for it.");
            case "access_restricted" ->
                new PermanentException("Open Exchange Rates has restricted your access, as " + resource
                        + " was told: most likely the quota of requests is used up. Look at the usage page of your"
                        + " account, then wait for the new month or change the plan.");
            case "not_available" ->
                resource.startsWith("/historical/")
                        ? new NotAvailableException("Open Exchange Rates has no rates of that date: " + resource + ".")
                        : new PermanentException("Open Exchange Rates says that " + resource
                                + " is not available: check the resource, and the plan of your account.");
            case "not_found" ->
                new PermanentException("Open Exchange Rates does not have " + resource
                        + ": check the resource, and exchange-rates.url.");
            case "invalid_base" ->
                new PermanentException(
                        "Open Exchange Rates does not know the base currency that " + resource + " asks for.");
            default -> of(resource, status, retryAfter);
        };
    }

    private static RuntimeException of(String resource, int status, String retryAfter) {
        String answered = "Open Exchange Rates answered " + resource + " with HTTP status " + status + ": ";
        if (status == 429) {
            return new TransientException(answered + "too many requests at once.", RetryAfter.parse(retryAfter), null);
        }
        if (status == 408 || status >= 500) {
            return new TransientException(answered + "it is out of order.", RetryAfter.parse(retryAfter), null);
        }
        if (status == 401 || status == 403) {
            return new PermanentException(answered + "check exchange-rates.api-key, and that your account is active.");
        }
        if (status >= 300) {
            return new PermanentException(answered + "check exchange-rates.url.");
        }
        return new TransientException(answered + "nothing was written.");
    }
}
