package dev.caravan.secrets;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.run.UsageException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.spi.PropertiesFunction;
import org.apache.camel.support.service.ServiceSupport;

/**
 * The property function {@code {{aws:SECRET#FIELD}}}: a field of a secret in AWS Secrets Manager whose value is a JSON
 * object; {@code {{aws:SECRET}}} is a secret's whole text. SECRET is a name or an ARN. Texts, numbers and truth values
 * can be read.
 *
 * <p>A secret is fetched when a setting that refers to it is first used, and not again for the rest of the start. A
 * setting that an environment variable overrides is never fetched.
 *
 * <p>Properties: {@code aws.region} and {@code aws.endpoint}, both empty unless set: the AWS SDK then finds the region
 * where it finds the credentials, and takes AWS's own address.
 *
 * <p>What cannot be read is a {@link UsageException}, or a {@link dev.caravan.run.TransientException} if AWS cannot be
 * reached; it names secret and field, and holds no value.
 */
@org.apache.camel.spi.annotations.PropertiesFunction("aws")
public final class SecretsFunction extends ServiceSupport implements PropertiesFunction, CamelContextAware {

    private static final ObjectMapper JSON = new ObjectMapper();

    private CamelContext camelContext;
    private SecretStore store;

    @Override
    public String getName() {
        return "aws";
    }

    @Override
    public synchronized String apply(String reference) {
        int hash = reference.indexOf('#');
        String secret = hash < 0 ? reference : reference.substring(0, hash);
        String field = hash < 0 ? null : reference.substring(hash + 1);
        if (secret.isBlank() || (field != null && field.isBlank())) {
            throw new UsageException("{{aws:" + reference + "}} is no secret: write {{aws:SECRET#FIELD}}.");
        }
        String text = store().text(secret, field);
        String value = field == null ? text : field(secret, field, text);
        if (value.contains("{{") || value.contains("}}")) {
            // Camel would take it for a placeholder, and print it when it is not one
            throw new UsageException(SecretFailure.place(secret, field)
                    + " contains two braces in a row, which a setting cannot hold: choose another value.");
        }
        return value;
    }

    private static String field(String secret, String field, String text) {
        JsonNode json;
        try {
            json = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            json = null; // its message quotes the text
        }
        if (json == null || !json.isObject()) {
            throw new UsageException("AWS secret " + secret + " is no JSON object, so it has no field " + field
                    + ": its value has to look like {\"" + field + "\": \"...\"}.");
        }
        JsonNode value = json.path(field);
        if (value.isMissingNode()) {
            List<String> names = new ArrayList<>();
            json.fieldNames().forEachRemaining(names::add);
            throw new UsageException("AWS secret " + secret + " has no field " + field + ": it has "
                    + (names.isEmpty() ? "none" : String.join(", ", names)) + ".");
        }
        if (value.isNull() || value.isContainerNode() || value.asText().isBlank()) {
            throw new UsageException(
                    SecretFailure.place(secret, field) + " holds no value: give it a text or a number.");
        }
        return value.asText();
    }

    private SecretStore store() {
        if (store == null) {
            store = new SecretStore(setting("aws.region"), endpoint(setting("aws.endpoint")));
        }
        return store;
    }

    private String setting(String key) {
        return camelContext.resolvePropertyPlaceholders("{{" + key + ":}}").strip();
    }

    /** Secrets travel in clear to an address with http, so that has to be this machine. */
    private static URI endpoint(String address) {
        if (address.isEmpty()) {
            return null;
        }
        try {
            URI uri = URI.create(address);
            boolean here = "http".equals(uri.getScheme())
                    && InetAddress.getByName(uri.getHost()).isLoopbackAddress();
            if (here || "https".equals(uri.getScheme())) {
                return uri;
            }
        } catch (IllegalArgumentException | UnknownHostException e) {
            // told below
        }
        throw new UsageException("aws.endpoint = " + address + " is no address that secrets may come from: it has to"
                + " begin with https://.");
    }

    @Override
    protected void doStop() {
        if (store != null) {
            store.close();
            store = null;
        }
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.camelContext = camelContext;
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }
}
