package dev.caravan.exchangerates;

import dev.caravan.api.Api;
import dev.caravan.api.FailedRequest;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Proxies;
import dev.caravan.run.Setting;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.time.Duration;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.spi.ThreadPoolProfile;

/**
 * The API of Open Exchange Rates, for {@code api:openexchangerates}: an {@link Api} whose settings are
 * {@code exchange-rates.*}, and whose errors have words of their own. Its requests count, so none is repeated: that is left
 * to the run.
 *
 * <pre>
 * camel.beans.openexchangerates = #class:dev.caravan.exchangerates.OpenExchangeRates
 * </pre>
 *
 * <p>Properties: {@code exchange-rates.url} and {@code exchange-rates.api-key}, both read for the first request, the latter
 * again after it was rejected; {@code exchange-rates.timeout}, the milliseconds for connecting and for each read (10000), a
 * whole response can take three times as long; {@code exchange-rates.requests-per-second} (50); and
 * {@code exchange-rates.parallel-requests} (8), the threads of the pool {@value #POOL}.
 */
public final class OpenExchangeRates extends Api implements CamelContextAware {

    /** The name of the bean. */
    public static final String BEAN = "openexchangerates";

    /** The thread pool profile for the days of a backfill. */
    static final String POOL = "exchange-rates";

    private static final int WHOLE_RESPONSE = 3;

    private CamelContext context;
    private String key;

    public OpenExchangeRates() {
        setTokenType("Token");
        setMaxResponse(10);
        setRetries(0);
    }

    @Override
    public void setCamelContext(CamelContext context) {
        this.context = context;
        setTimeout(WHOLE_RESPONSE * (long) positive("exchange-rates.timeout", 10_000) + "ms");
        setRequestsPerSecond(positive("exchange-rates.requests-per-second", 50));
        int threads = positive("exchange-rates.parallel-requests", 8);
        ThreadPoolProfile profile = new ThreadPoolProfile(POOL);
        profile.setPoolSize(threads);
        profile.setMaxPoolSize(threads);
        profile.setMaxQueueSize(Integer.MAX_VALUE); // otherwise the thread that splits would be one more
        context.getExecutorServiceManager().registerThreadPoolProfile(profile);
    }

    @Override
    public CamelContext getCamelContext() {
        return context;
    }

    private int positive(String setting, int defaultValue) {
        String text = setting(setting, String.valueOf(defaultValue));
        if (!text.matches("[1-9]\\d{0,8}")) {
            throw new UsageException(setting + " must be a whole number greater than 0, not '" + text + "'");
        }
        return Integer.parseInt(text);
    }

    private String setting(String name, String defaultValue) {
        return Setting.find(context, name).orElse(defaultValue);
    }

    @Override
    public String getUrl() {
        String own = super.getUrl();
        return own != null
                ? own
                : required("exchange-rates.url", "the address of the API, https://openexchangerates.org/api");
    }

    /** The App ID. Read for the first request, so that runs of other pipelines do not access the secret store for it. */
    @Override
    public synchronized String getToken() {
        if (super.getToken() != null) {
            return super.getToken();
        } else if (key == null) {
            key = required("exchange-rates.api-key", "the App ID of your account");
        }
        return key;
    }

    private String required(String setting, String value) {
        String text = setting(setting, "");
        if (text.isEmpty()) {
            throw new PermanentException(setting + " is not set: set it to " + value);
        }
        return text;
    }

    @Override
    protected synchronized boolean renewToken(String rejected) {
        if (rejected.equals(key)) {
            key = null;
        }
        return !getToken().equals(rejected);
    }

    @Override
    protected Duration silence() {
        return Duration.ofMillis(positive("exchange-rates.timeout", 10_000));
    }

    /** Decides by the {@code message} of an error. */
    @Override
    protected RuntimeException explain(FailedRequest failed) {
        return switch (failed.status()) {
            case 0 -> unanswered(failed.resource(), failed.failure().getCause());
            case 200 ->
                new TransientException(
                        "The response of Open Exchange Rates to " + failed.resource()
                                + " is not a complete JSON object; nothing was written.",
                        failed.failure());
            default -> ErrorResponse.of(failed.resource(), failed.status(), failed.body(), retryAfter(failed));
        };
    }

    private static Duration retryAfter(FailedRequest failed) {
        return failed.failure() instanceof TransientException known
                ? known.retryAfter().orElse(null)
                : null;
    }

    private RuntimeException unanswered(String resource, Throwable cause) {
        return new TransientException(
                "Open Exchange Rates did not answer " + resource + " ("
                        + cause.getClass().getSimpleName() + ": " + cause.getMessage() + "); nothing was written."
                        + " If this persists, check exchange-rates.url, exchange-rates.timeout and the network."
                        + Proxies.hint(getUrl()),
                cause);
    }
}
