package dev.caravan.api;

import dev.caravan.run.Durations;
import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A REST API: its address, credentials and limits. A bean, to which routes refer by name:
 *
 * <pre>
 * camel.beans.github = #class:dev.caravan.api.Api
 * camel.beans.github.url = https://api.github.com
 * camel.beans.github.token = {{github.token}}
 * </pre>
 */
public class Api {

    private String url;
    private String token;
    private String tokenType = "Bearer";
    private String username;
    private String password;
    private String tokenUrl;
    private String clientId;
    private String clientSecret;
    private String clientSecretIn = "header";
    private String scope;
    private Map<String, String> headers = new LinkedHashMap<>();
    private double requestsPerSecond;
    private String timeout = "1m";
    private int maxResponse = 100;
    private int retries = 3;
    private String check = "";
    private RateLimit limit;

    /**
     * Tries address and credentials by one request.
     *
     * @param name of the bean, for messages
     * @return what the API answered
     * @throws UsageException if a setting is invalid
     * @throws PermanentException if the API rejects the credentials
     * @throws TransientException if it does not answer
     */
    public String probe(String name) {
        try (ApiClient client = new ApiClient(name, this)) {
            return client.probe();
        }
    }

    /** Returns the address, without a slash at its end. */
    URI origin() {
        try {
            URI uri = URI.create(getUrl() == null ? "" : getUrl().strip().replaceFirst("/+$", ""));
            if (uri.getHost() != null && uri.getScheme().matches("https?") && uri.getUserInfo() == null) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // reported below
        }
        // the text may contain a password
        throw new UsageException(
                "url must be the address of an API, such as https://api.example.com/v1, without a login");
    }

    Duration patience() {
        return Durations.positive("timeout", timeout);
    }

    /** Returns how long a request may go without any data; the whole timeout by default. */
    protected Duration silence() {
        return patience();
    }

    /** Returns the limit that all clients of this API share. */
    synchronized RateLimit limit() {
        if (limit == null) {
            limit = new RateLimit(requestsPerSecond);
        }
        return limit;
    }

    /** Returns what a failed request means; subclasses know the errors of one API. */
    protected RuntimeException explain(FailedRequest failed) {
        return failed.failure();
    }

    /** Reads the token again if it is the one that the API has rejected; returns whether there is another one now. */
    protected boolean renewToken(String rejected) {
        return false;
    }

    public String getUrl() {
        return url;
    }

    /** The address, such as {@code https://api.example.com/v1}. Paths of routes are below it. Required. */
    public void setUrl(String url) {
        this.url = url;
    }

    public String getToken() {
        return token;
    }

    /** A token that is sent as {@code Authorization: Bearer TOKEN}. */
    public void setToken(String token) {
        this.token = token;
    }

    public String getTokenType() {
        return tokenType;
    }

    /** The word before the token in the header, such as {@code Token}; {@code Bearer} by default. */
    public void setTokenType(String tokenType) {
        this.tokenType = tokenType;
    }

    public String getUsername() {
        return username;
    }

    /** The user for HTTP Basic authentication. */
    public void setUsername(String username) {
        this.username = username;
    }

    public String getPassword() {
        return password;
    }

    /** The password for HTTP Basic authentication; empty by default. */
    public void setPassword(String password) {
        this.password = password;
    }

    public String getTokenUrl() {
        return tokenUrl;
    }

    /** Where OAuth's client credentials are exchanged for a token, which is renewed before it expires. */
    public void setTokenUrl(String tokenUrl) {
        this.tokenUrl = tokenUrl;
    }

    public String getClientId() {
        return clientId;
    }

    /** The client id of OAuth. */
    public void setClientId(String clientId) {
        this.clientId = clientId;
    }

    public String getClientSecret() {
        return clientSecret;
    }

    /** The client secret of OAuth. */
    public void setClientSecret(String clientSecret) {
        this.clientSecret = clientSecret;
    }

    public String getClientSecretIn() {
        return clientSecretIn;
    }

    /** Where the token's server expects id and secret of the client: {@code header} (Basic; the default) or {@code body}. */
    public void setClientSecretIn(String clientSecretIn) {
        this.clientSecretIn = clientSecretIn;
    }

    public String getScope() {
        return scope;
    }

    /** The scopes of OAuth to request, separated by spaces. */
    public void setScope(String scope) {
        this.scope = scope;
    }

    public Map<String, String> getHeaders() {
        return headers;
    }

    /** Headers of every request, as {@code headers[X-Api-Key] = KEY}. */
    public void setHeaders(Map<String, String> headers) {
        this.headers = headers;
    }

    public double getRequestsPerSecond() {
        return requestsPerSecond;
    }

    /** The maximum rate of requests of all pipelines of this process together; 0, the default, for no limit. */
    public void setRequestsPerSecond(double requestsPerSecond) {
        this.requestsPerSecond = requestsPerSecond;
    }

    public String getTimeout() {
        return timeout;
    }

    /** The maximum duration of a request until its answer has been read, such as {@code 30s}; a minute by default. */
    public void setTimeout(String timeout) {
        this.timeout = timeout;
    }

    public int getMaxResponse() {
        return maxResponse;
    }

    /** The maximum size of a decompressed answer in megabytes; 100 by default. */
    public void setMaxResponse(int maxResponse) {
        this.maxResponse = maxResponse;
    }

    public int getRetries() {
        return retries;
    }

    /**
     * How often a page is requested again before the attempt fails, whose retries are the pipeline's; 3 by default. 0 saves
     * requests that count.
     */
    public void setRetries(int retries) {
        this.retries = retries;
    }

    public String getCheck() {
        return check;
    }

    /** The path that {@code caravan doctor} requests to try the credentials; by default the address itself. */
    public void setCheck(String check) {
        this.check = check;
    }
}
