package dev.caravan.operations.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.run.PermanentException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** Checks that Open Exchange Rates accepts the key and that requests are left. The check itself costs none. */
record ExchangeRatesCheck(DoctorContext context) implements Check {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    @Override
    public String name() {
        return "Open Exchange Rates";
    }

    @Override
    public Finding run() {
        String url = context.settings().required("exchange-rates.url");
        String key = context.settings().get("exchange-rates.api-key");
        if (key == null) {
            return Cause.EXCHANGE_RATES_KEY.found(
                    "exchange-rates.api-key is not set", "set it to the App ID of your account");
        }
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/usage.json"))
                    .timeout(TIMEOUT)
                    .header("Authorization", "Token " + key)
                    .build();
            HttpResponse<String> response =
                    HttpClient.newBuilder().connectTimeout(TIMEOUT).build().send(request, BodyHandlers.ofString());
            return judge(url, response.statusCode(), response.body());
        } catch (IOException e) {
            return Cause.EXCHANGE_RATES_UNREACHABLE.found(
                    url + " does not respond (" + e.getClass().getSimpleName() + ")",
                    "check exchange-rates.url, the network, proxy and firewall");
        } catch (IllegalArgumentException e) {
            // its message may quote the key
            return Cause.SETTING_WRONG.found(
                    "exchange-rates.url or exchange-rates.api-key contains invalid characters", "check both");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PermanentException("Interrupted", e);
        }
    }

    private Finding judge(String url, int status, String body) {
        JsonNode json;
        try {
            json = JSON.readTree(body);
        } catch (IOException e) {
            json = JSON.createObjectNode();
        }
        String message = json.path("message").asText();
        if (status == 401 || message.endsWith("_app_id")) {
            return Cause.EXCHANGE_RATES_KEY.found(
                    "Open Exchange Rates rejected the key",
                    "set exchange-rates.api-key to the App ID of your account; in production it is the field api_key of the"
                            + " secret");
        }
        JsonNode data = json.path("data");
        JsonNode usage = data.path("usage");
        boolean limited = usage.path("requests_quota").asLong(-1) >= 0;
        if (message.equals("access_restricted")
                || data.path("status").asText().equals("access_restricted")
                || (limited && usage.path("requests_remaining").asLong() <= 0)) {
            return Cause.EXCHANGE_RATES_QUOTA.found(
                    "the quota is used up: " + usage.path("requests").asText("all") + " of "
                            + usage.path("requests_quota").asText("the") + " requests, "
                            + usage.path("days_remaining").asText("some") + " days are left in the month",
                    "wait for the next month, or upgrade the plan at openexchangerates.org");
        }
        return status == 200 && data.isObject()
                ? pass(limited ? usage.path("requests_remaining").asText() + " requests left" : "no quota")
                : Cause.EXCHANGE_RATES_UNREACHABLE.found(
                        url + " returned HTTP status " + status, "check exchange-rates.url, and retry later");
    }
}
