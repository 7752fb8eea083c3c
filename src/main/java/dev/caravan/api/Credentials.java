package dev.caravan.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.entity.UrlEncodedFormEntity;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.NameValuePair;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.message.BasicNameValuePair;

/** What an API is sent to prove who asks. */
final class Credentials {

    /** A token is renewed so long before it expires. */
    private static final Duration MARGIN = Duration.ofSeconds(60);

    private static final int MAX_TOKEN_RESPONSE = 100_000;

    private final String name;
    private final Api api;
    private String accessToken;
    private long renewAt;

    Credentials(String name, Api api) {
        this.name = name;
        this.api = api;
        boolean basic = api.getUsername() != null;
        boolean oauth = api.getTokenUrl() != null;
        if ((api.getToken() != null ? 1 : 0) + (basic ? 1 : 0) + (oauth ? 1 : 0) > 1) {
            throw new UsageException(
                    setting("") + " has several credentials: set token, username with password, or tokenUrl"
                            + " with clientId and clientSecret");
        }
        if (oauth && (api.getClientId() == null || api.getClientSecret() == null)) {
            throw new UsageException(setting("tokenUrl") + " needs clientId and clientSecret");
        }
        if (!api.getClientSecretIn().matches("header|body")) {
            throw new UsageException(setting("clientSecretIn") + " must be header or body");
        }
    }

    private String setting(String option) {
        return "camel.beans." + name + (option.isEmpty() ? "" : "." + option);
    }

    /** Returns the settings to check when the API rejects the credentials. */
    String settings() {
        if (api.getTokenUrl() != null) {
            return setting("clientId") + " and " + setting("clientSecret");
        } else if (api.getUsername() != null) {
            return setting("username") + " and " + setting("password");
        }
        return api.getToken() != null || api.getHeaders().isEmpty() ? setting("token") : setting("headers");
    }

    /** Returns the header Authorization, or null if there is none. */
    String authorization(CloseableHttpClient client) {
        if (api.getTokenUrl() != null) {
            return "Bearer " + accessToken(client);
        } else if (api.getToken() != null) {
            return api.getTokenType() + " " + api.getToken();
        }
        return api.getUsername() == null ? null : basic(api.getUsername(), api.getPassword());
    }

    private static String basic(String user, String password) {
        return "Basic " + base64(user, password);
    }

    private static String base64(String user, String password) {
        String login = user + ":" + (password == null ? "" : password);
        return Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
    }

    /** Forgets a token that the API has rejected; returns whether there is, or can be requested, another one. */
    synchronized boolean renew(String rejected) {
        if (api.getTokenUrl() == null) {
            return api.getToken() != null
                    && api.renewToken(rejected.substring(api.getTokenType().length() + 1));
        }
        if (("Bearer " + accessToken).equals(rejected)) {
            accessToken = null;
        }
        return true;
    }

    private synchronized String accessToken(CloseableHttpClient client) {
        if (accessToken == null || System.nanoTime() - renewAt >= 0) {
            JsonNode answer = requestToken(client);
            accessToken = answer.path("access_token").asText();
            long seconds = Math.max(answer.path("expires_in").asLong(300), 1);
            renewAt = System.nanoTime()
                    + Math.max(seconds * 1_000_000_000 - MARGIN.toNanos(), seconds * 1_000_000_000 / 2);
        }
        return accessToken;
    }

    private JsonNode requestToken(CloseableHttpClient client) {
        HttpPost post = new HttpPost(api.getTokenUrl().strip());
        List<NameValuePair> form = new ArrayList<>();
        form.add(new BasicNameValuePair("grant_type", "client_credentials"));
        if (api.getScope() != null) {
            form.add(new BasicNameValuePair("scope", api.getScope()));
        }
        if (api.getClientSecretIn().equals("body")) {
            form.add(new BasicNameValuePair("client_id", api.getClientId()));
            form.add(new BasicNameValuePair("client_secret", api.getClientSecret()));
        } else {
            post.setHeader("Authorization", basic(encode(api.getClientId()), encode(api.getClientSecret())));
        }
        post.setHeader("Accept", ContentType.APPLICATION_JSON.getMimeType());
        post.setEntity(new UrlEncodedFormEntity(form, StandardCharsets.UTF_8));
        try {
            return client.execute(post, response -> {
                HttpEntity entity = response.getEntity();
                String text =
                        entity == null ? "" : EntityUtils.toString(entity, StandardCharsets.UTF_8, MAX_TOKEN_RESPONSE);
                if (response.getCode() >= 500 || response.getCode() == 429) {
                    throw new TransientException("The API " + name + " did not issue a token: HTTP status "
                            + response.getCode() + " from " + setting("tokenUrl"));
                }
                JsonNode json = Answers.json(text);
                if (response.getCode() != 200
                        || json.path("access_token").asText().isEmpty()) {
                    throw new PermanentException(
                            "The API " + name + " did not issue a token: HTTP status " + response.getCode()
                                    + Answers.sentence(text, said -> mask(said, List.of())) + ". Check " + settings());
                }
                return json;
            });
        } catch (IOException e) {
            throw new TransientException(
                    "The API " + name + " did not issue a token ("
                            + e.getClass().getSimpleName() + "). If this persists, check " + setting("tokenUrl")
                            + " and the network",
                    e);
        }
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /**
     * Masks what is secret in a text of the API, which may repeat what it was sent.
     *
     * @param sent the secrets of the request itself
     */
    String mask(String text, Collection<String> sent) {
        String masked = text;
        for (String secret : secrets(sent)) {
            masked = anyFormOf(secret).matcher(masked).replaceAll("xxxxxx");
        }
        return masked;
    }

    /** A text as it is, in percent encoding, which differs in what it leaves as it is, or escaped in JSON. */
    private static Pattern anyFormOf(String secret) {
        return Pattern.compile(secret.codePoints()
                .mapToObj(Character::toString)
                .map(character -> {
                    String encoded = encode(character);
                    return encoded.equals(character) && character.matches("[A-Za-z0-9]")
                            ? character
                            : "(?:\\\\?" + Pattern.quote(character) + "|(?i:" + Pattern.quote(encoded) + ")"
                                    + (character.equals(" ") ? "|%20" : "") + ")";
                })
                .collect(Collectors.joining()));
    }

    /** Returns what APIs may repeat of a header: {@code Token token="abc"}, {@code token="abc"}, and {@code abc}. */
    static List<String> parts(String header) {
        if (header == null) {
            return List.of();
        }
        String last = header.strip().replaceFirst("(?s).*\\s", "");
        return List.of(header, last, last.replaceFirst("^[^=]*=", "").replace("\"", ""));
    }

    /** The longest first, because one can be a part of another. */
    private synchronized List<String> secrets(Collection<String> sent) {
        boolean basic = api.getUsername() != null;
        return Stream.of(
                        Stream.of(api.getToken(), api.getPassword(), api.getClientSecret(), accessToken),
                        Stream.of(basic ? base64(api.getUsername(), api.getPassword()) : null),
                        api.getHeaders().values().stream().flatMap(header -> parts(header).stream()),
                        sent.stream())
                .flatMap(secrets -> secrets)
                .filter(Objects::nonNull)
                .filter(secret -> secret.length() >= 4)
                .sorted(Comparator.comparing(String::length).reversed())
                .toList();
    }
}
