package dev.caravan.operations;

import dev.caravan.run.UsageException;
import dev.caravan.warehouse.snowflake.Snowflake;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.camel.CamelContext;

/** The settings of a profile, read one by one, so that a secret that nobody needs now is not asked for. */
public final class Settings {

    private final CamelContext context;

    public Settings(CamelContext context) {
        this.context = context;
    }

    /**
     * A setting.
     *
     * @return its value, or null if it is not set or blank
     * @throws RuntimeException if it refers to a secret that cannot be read
     */
    public String get(String key) {
        String value = context.getPropertiesComponent().resolveProperty(key).orElse(null);
        return value == null || value.isBlank() ? null : value.strip();
    }

    /** A password as it is written: blanks at its ends may belong to it. */
    public String exact(String key) {
        return context.getPropertiesComponent()
                .resolveProperty(key)
                .filter(value -> !value.isEmpty())
                .orElse(null);
    }

    /** What is written for the keys that begin alike, with placeholders as they are. */
    public Map<String, String> written(String prefix) {
        Properties properties = context.getPropertiesComponent().loadProperties(key -> key.startsWith(prefix));
        Map<String, String> written = new TreeMap<>();
        properties.stringPropertyNames().forEach(key -> written.put(key, properties.getProperty(key)));
        return written;
    }

    /** A setting, or another value if it is not set. */
    public String get(String key, String otherwise) {
        String value = get(key);
        return value == null ? otherwise : value;
    }

    /**
     * A setting that has to be there.
     *
     * @throws UsageException if it is not
     */
    public String required(String key) {
        String value = get(key);
        if (value == null) {
            throw new UsageException(key + " is not set");
        }
        return value;
    }

    /** Whether the warehouse is Snowflake. */
    public boolean isSnowflake() {
        return "snowflake".equals(get("camel.component.warehouse.engine"));
    }

    /** The account of Snowflake that {@code snowflake.*} describes, as loads use it. */
    public Snowflake snowflake() {
        Snowflake snowflake = login();
        snowflake.setWarehouse(get("snowflake.warehouse"));
        snowflake.setDatabase(get("snowflake.database"));
        return snowflake;
    }

    /** The same with neither warehouse nor database, which need not exist yet; reads no secret but the login's. */
    public Snowflake login() {
        Snowflake snowflake = new Snowflake();
        String authenticator = get("snowflake.authenticator", snowflake.getAuthenticator());
        snowflake.setHost(get("snowflake.host"));
        snowflake.setAuthenticator(authenticator);
        snowflake.setRole(get("snowflake.role"));
        if (!authenticator.equals("workload-identity")) {
            snowflake.setUsername(get("snowflake.username"));
        }
        switch (authenticator) {
            case "key-pair" -> {
                snowflake.setPrivateKey(get("snowflake.private-key"));
                snowflake.setPrivateKeyPassphrase(exact("snowflake.private-key-passphrase"));
            }
            case "access-token", "oauth" -> snowflake.setToken(get("snowflake.token"));
            case "password" -> snowflake.setPassword(exact("snowflake.password"));
            default -> {}
        }
        return snowflake;
    }

    /** A setting, or null if it is not set or refers to a secret that cannot be read. */
    public String readable(String key) {
        try {
            return get(key);
        } catch (RuntimeException unreadable) {
            return null;
        }
    }
}
