package dev.caravan.exchangerates;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import java.time.Duration;

/**
 * Maps an error response of the API to an exception, by its {@code message}, because the status is ambiguous: 429 is sent
 * for too many requests as well as for a feature that the plan lacks. Never quotes the description, which may contain the
 * key.
 */
final class ErrorResponse {

    private ErrorResponse() {}

    /**
     * Returns the exception for a response.
     *
     * @param resource the requested resource
     * @param status the HTTP status
     * @param body the response's JSON, or a missing node
     * @param retryAfter how long the API wants to be left alone, or null if it does not say so
     */
    static RuntimeException of(String resource, int status, JsonNode body, Duration retryAfter) {
        return switch (body.path("message").asText()) {
            case "missing_app_id", "invalid_app_id" ->
                new RefusedException(
                        RefusedException.Reason.KEY,
                        "Open Exchange Rates rejected the API key for " + resource
                                + ": set exchange-rates.api-key to the App ID of your account.");
            case "not_allowed" ->
                new PermanentException("Your Open Exchange Rates plan does not include " + resource
                        + ": change the plan, or do not request it.");
            case "access_restricted" ->
                new RefusedException(
                        RefusedException.Reason.QUOTA,
                        "Open Exchange Rates restricts your access to " + resource
                                + ": most likely the request quota is used up. Check the usage page of your account, then"
                                + " wait for the next month or change the plan.");
            case "not_available" ->
                resource.startsWith("/historical/")
                        ? new NotAvailableException("Open Exchange Rates has no rates for that date: " + resource + ".")
                        : new PermanentException("Open Exchange Rates reports that " + resource
                                + " is not available: check the resource, and the plan of your account.");
            case "not_found" ->
                new PermanentException("Open Exchange Rates has no resource " + resource
                        + ": check the resource, and exchange-rates.url.");
            case "invalid_base" ->
                new PermanentException("Open Exchange Rates does not support the base currency in " + resource + ".");
            default -> of(resource, status, retryAfter);
        };
    }

    private static RuntimeException of(String resource, int status, Duration retryAfter) {
        String prefix = "Open Exchange Rates answered " + resource + " with HTTP status " + status + ": ";
        if (status == 429) {
            return new TransientException(prefix + "too many requests.", retryAfter, null);
        }
        if (status == 408 || status >= 500) {
            return new TransientException(prefix + "the service is unavailable.", retryAfter, null);
        }
        if (status == 401 || status == 403) {
            return new RefusedException(
                    RefusedException.Reason.KEY,
                    prefix + "check exchange-rates.api-key, and that your account is active.");
        }
        if (status >= 300) {
            return new PermanentException(prefix + "check exchange-rates.url.");
        }
        return new TransientException(prefix + "nothing was written.");
    }
}
