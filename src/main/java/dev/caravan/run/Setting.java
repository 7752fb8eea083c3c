package dev.caravan.run;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;

/** Reads a setting of {@code application.properties}. */
public final class Setting {

    private static final Pattern MISSING = Pattern.compile("^Property with key \\[([^\\]]+)]");

    private Setting() {}

    /**
     * Returns the value of a setting, without blanks around it; empty if it is not set or blank.
     *
     * @throws UsageException if it has a placeholder that cannot be resolved
     */
    public static Optional<String> find(CamelContext context, String name) {
        return written(context, name).filter(value -> !value.isEmpty());
    }

    /**
     * Returns the value of a setting, without blanks around it; empty if it is not set.
     *
     * @throws UsageException if it has a placeholder that cannot be resolved
     */
    public static Optional<String> written(CamelContext context, String name) {
        try {
            // resolveProperty would take a placeholder that cannot be resolved for a setting that is not set
            return Optional.ofNullable(context.getPropertiesComponent().parseUri("{{?" + name + "}}"))
                    .map(String::strip);
        } catch (IllegalArgumentException e) {
            Matcher missing = MISSING.matcher(String.valueOf(e.getMessage()));
            throw new UsageException(
                    missing.find()
                            ? name + " needs {{" + missing.group(1) + "}}, which is not set"
                            : name + " cannot be read: " + e.getMessage(),
                    e);
        }
    }
}
