package dev.caravan.operations.doctor;

import dev.caravan.operations.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.sql.DataSource;

/**
 * A data source among the beans of the settings.
 *
 * @param bean its name, as in {@code jdbc:postgres}
 * @param url the setting with its JDBC URL, as in {@code postgres.url}, or null
 * @param username the setting with the user, or null
 * @param password the setting with the password, or null
 * @param properties the settings of other driver properties, by property name
 */
record JdbcSource(String bean, String url, String username, String password, Map<String, String> properties) {

    private static final String BEANS = "camel.beans.";
    private static final String CLASS = "#class:";
    private static final Pattern DRIVERS = Pattern.compile("datasourceproperties\\[(.+)]");
    private static final Pattern REFERENCE = Pattern.compile("\\{\\{([\\w.-]+)}}");

    /** Returns all data sources, by name. */
    static List<JdbcSource> of(Settings settings) {
        Map<String, Map<String, String>> beans = new TreeMap<>();
        settings.written(BEANS).forEach((key, value) -> {
            String[] parts = key.substring(BEANS.length()).split("\\.", 2);
            if (parts.length == 2) {
                // the setting that an operator changes is the one it refers to
                Matcher reference = REFERENCE.matcher(value.strip());
                beans.computeIfAbsent(parts[0], bean -> new TreeMap<>())
                        .put(plain(parts[1]), reference.matches() ? reference.group(1) : key);
            }
        });
        List<JdbcSource> sources = new ArrayList<>();
        beans.forEach((bean, options) -> {
            String url = options.getOrDefault("jdbcurl", options.get("url"));
            if (options.containsKey("jdbcurl") || isDataSource(settings.get(BEANS + bean))) {
                sources.add(new JdbcSource(
                        bean,
                        url,
                        options.getOrDefault("username", options.get("user")),
                        options.get("password"),
                        drivers(options)));
            }
        });
        return sources;
    }

    private static boolean isDataSource(String bean) {
        if (bean == null || !bean.startsWith(CLASS)) {
            return false;
        }
        try {
            return DataSource.class.isAssignableFrom(
                    Class.forName(bean.substring(CLASS.length()).replaceFirst("\\(.*", "")));
        } catch (ReflectiveOperationException | LinkageError e) {
            return false; // reported at start-up
        }
    }

    private static Map<String, String> drivers(Map<String, String> options) {
        Map<String, String> drivers = new TreeMap<>();
        options.forEach((option, setting) -> {
            Matcher name = DRIVERS.matcher(option.toLowerCase(Locale.ROOT));
            if (name.matches()) {
                drivers.put(option.substring(name.start(1), name.end(1)), setting);
            }
        });
        return drivers;
    }

    /** Normalizes the name of an option; Camel also accepts dashes. */
    private static String plain(String option) {
        int bracket = option.indexOf('[');
        String name = bracket < 0 ? option : option.substring(0, bracket);
        return name.replace("-", "").toLowerCase(Locale.ROOT) + option.substring(name.length());
    }

    /** Returns whether the warehouse uses it. */
    boolean isWarehouse(Settings settings) {
        return settings.get("camel.component.warehouse.dataSource", "")
                .replaceFirst("^#(bean:)?", "")
                .equals(bean);
    }

    /** Returns the settings that can be secrets. */
    List<String> settings() {
        return Stream.of(url, username, password).filter(Objects::nonNull).toList();
    }

    /** Returns the driver properties, including user and password. */
    Properties login(Settings settings) {
        Properties login = new Properties();
        properties.forEach((name, setting) -> set(login, name, settings.get(setting)));
        set(login, "user", username == null ? null : settings.get(username));
        set(login, "password", password == null ? null : settings.exact(password));
        return login;
    }

    private static void set(Properties properties, String name, String value) {
        if (value != null) {
            properties.setProperty(name, value);
        }
    }
}
