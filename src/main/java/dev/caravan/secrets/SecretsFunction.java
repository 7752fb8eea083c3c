package dev.caravan.secrets;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.caravan.run.UsageException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.spi.PropertiesFunction;
import org.apache.camel.support.service.ServiceSupport;

/**
 * The property function {@code {{aws:SECRET#FIELD}}}: a field of a secret in AWS Secrets Manager whose value is a JSON
 * object; {@code {{aws:SECRET}}} is a secret's whole text. SECRET is a name or an ARN. Texts, numbers and truth values
 * can be read. As with Camel's own functions, {@code {{aws:SECRET#FIELD:DEFAULT}}} has a default, which can be empty, for a
 * missing secret, field or value; a missing permission is still an error.
 *
 * <p>A secret is fetched when a setting that refers to it is first used, and cached during the start. A setting that an
 * environment variable overrides is never fetched.
 *
 * <p>Properties: {@code aws.region} and {@code aws.endpoint}, both empty by default: the AWS SDK then finds the region as it
 * finds the credentials, and uses AWS's own endpoint.
 *
 * <p>Throws a {@link UsageException} if a secret cannot be read, or a {@link dev.caravan.run.TransientException} if AWS
 * does not respond; the message names secret and field, never a value.
 */
@org.apache.camel.spi.annotations.PropertiesFunction("aws")
public final class SecretsFunction extends ServiceSupport implements PropertiesFunction, CamelContextAware {

    /** Accepts keys that are pasted with line breaks. */
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
            .build();

    /** A name has no colon; an ARN has six. */
    private static final Pattern REFERENCE =
            Pattern.compile("(arn(?::[^:#]*){5}:[^:#]*|[^:#]*)(?:#([^:]*))?(?::(.*))?", Pattern.DOTALL);

    private CamelContext camelContext;
    private SecretStore store;

    @Override
    public String getName() {
        return "aws";
    }

    @Override
    public synchronized String apply(String reference) {
        Matcher parts = REFERENCE.matcher(reference);
        if (!parts.matches()
                || parts.group(1).isBlank()
                || (parts.group(2) != null && parts.group(2).isBlank())) {
            throw new UsageException("Invalid reference {{aws:" + reference + "}}: write {{aws:SECRET#FIELD}}.");
        }
        String secret = parts.group(1);
        String field = parts.group(2);
        String value;
        try {
            String text = store().text(secret, field);
            value = field == null ? text : field(secret, field, text);
        } catch (NoValueException e) {
            if (parts.group(3) == null) {
                throw e;
            }
            return parts.group(3);
        }
        if (camelContext.getPropertiesComponent() instanceof PropertiesComponent settings
                && settings.getPropertiesParser() instanceof VerbatimSecrets) {
            return VerbatimSecrets.verbatim(value);
        }
        if (value.contains("{{") || value.contains("}}")) {
            // Camel would resolve it as a placeholder, and print it if that fails
            throw new UsageException(SecretFailure.place(secret, field)
                    + " contains two braces in a row, which are not supported in a setting: choose another value.");
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
            throw new UsageException("AWS secret " + secret + " is not a JSON object, so it has no field " + field
                    + ": store a value like {\"" + field + "\": \"...\"}.");
        }
        JsonNode value = json.path(field);
        if (value.isMissingNode()) {
            List<String> names = new ArrayList<>();
            json.fieldNames().forEachRemaining(names::add);
            throw new NoValueException("AWS secret " + secret + " has no field " + field + ": it has "
                    + (names.isEmpty() ? "none" : String.join(", ", names)) + ".");
        }
        String problem = SecretFailure.place(secret, field) + " has no value: store a text or a number.";
        if (value.isContainerNode()) {
            throw new UsageException(problem);
        } else if (value.isNull() || value.asText().isBlank()) {
            throw new NoValueException(problem);
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

    /** Parses the endpoint. HTTP sends secrets in clear text, and is only allowed to this machine. */
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
            // reported below
        }
        throw new UsageException("Invalid aws.endpoint = " + address + ": it must begin with https://.");
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
