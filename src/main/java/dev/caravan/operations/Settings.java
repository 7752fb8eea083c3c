package dev.caravan.operations;

import dev.caravan.run.Setting;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.EngineFactory;
import dev.caravan.warehouse.snowflake.Snowflake;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.support.PropertyBindingSupport;

/** The settings of a profile. Each is read when needed, so that no secret is fetched in vain. */
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
        return Setting.find(context, key).orElse(null);
    }

    /** Returns a setting with leading and trailing blanks, for passwords; null if it is not set or empty. */
    public String exact(String key) {
        return context.getPropertiesComponent()
                .resolveProperty(key)
                .filter(value -> !value.isEmpty())
                .orElse(null);
    }

    /** Returns the settings whose keys begin with a prefix, with placeholders unresolved. */
    public Map<String, String> written(String prefix) {
        Properties properties = context.getPropertiesComponent().loadProperties(key -> key.startsWith(prefix));
        Map<String, String> written = new TreeMap<>();
        properties.stringPropertyNames().forEach(key -> written.put(key, properties.getProperty(key)));
        return written;
    }

    /**
     * Sets the properties of a bean by the settings {@code camel.beans.NAME.*}; reads their secrets.
     *
     * @param name of the bean
     */
    public <T> T bean(String name, T bean) {
        CamelContextAware.trySetCamelContext(bean, context);
        String prefix = "camel.beans." + name + ".";
        Map<String, Object> properties = new TreeMap<>();
        written(prefix).keySet().forEach(key -> properties.put(key.substring(prefix.length()), get(key)));
        new PropertyBindingSupport.Builder()
                .withCamelContext(context)
                .withTarget(bean)
                .withProperties(properties)
                .withIgnoreCase(true)
                .bind();
        return bean;
    }

    /** Returns a setting, or a default if it is not set. */
    public String get(String key, String otherwise) {
        return Setting.find(context, key).orElse(otherwise);
    }

    /**
     * Returns a required setting.
     *
     * @throws UsageException if it is not set
     */
    public String required(String key) {
        String value = get(key);
        if (value == null) {
            throw new UsageException(key + " is not set");
        }
        return value;
    }

    /**
     * Returns the description of the warehouse's engine.
     *
     * @throws UsageException if the engine is unknown
     */
    public EngineFactory engine() {
        return EngineFactory.find(context, get("camel.component.warehouse.engine", "duckdb"));
    }

    /** Returns the Snowflake account of the settings {@code snowflake.*}, as loads use it. */
    public Snowflake snowflake() {
        Snowflake snowflake = login();
        snowflake.setWarehouse(get("snowflake.warehouse"));
        snowflake.setDatabase(get("snowflake.database"));
        return snowflake;
    }

    /** Returns the account without warehouse and database, which need not exist yet; reads only the login's secrets. */
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

    /** Returns a setting, or null if it is not set or cannot be read. */
    public String readable(String key) {
        try {
            return get(key);
        } catch (RuntimeException unreadable) {
            return null;
        }
    }
}
