package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Checks that the settings that can be secrets can be read. Whether they are set and right is checked by their users.
 *
 * @param what what the settings are for, as in {@code Snowflake}
 */
record SecretsCheck(DoctorContext context, String what, List<String> keys) implements Check {

    /** Creates the check of the settings of a login to Snowflake. */
    static SecretsCheck ofSnowflake(DoctorContext context) {
        List<String> keys = new ArrayList<>(
                List.of("snowflake.host", "snowflake.role", "snowflake.warehouse", "snowflake.database"));
        keys.addAll(
                switch (context.settings().get("snowflake.authenticator", "key-pair")) {
                    case "key-pair" ->
                        List.of("snowflake.username", "snowflake.private-key", "snowflake.private-key-passphrase");
                    case "access-token", "oauth" -> List.of("snowflake.username", "snowflake.token");
                    case "password" -> List.of("snowflake.username", "snowflake.password");
                    default -> List.of();
                });
        return new SecretsCheck(context, "Snowflake", keys);
    }

    @Override
    public String name() {
        return "settings of " + what;
    }

    @Override
    public Finding run() {
        for (String key : keys) {
            try {
                context.settings().get(key);
            } catch (RuntimeException e) {
                return unreadable(key, e);
            }
        }
        return pass(keys.size() + " settings are readable");
    }

    private static Finding unreadable(String key, RuntimeException failure) {
        return Stream.iterate((Throwable) failure, e -> e != null, Throwable::getCause)
                .filter(SdkException.class::isInstance)
                .findFirst()
                .flatMap(e -> Cause.ofAws((SdkException) e))
                .orElse(Cause.SECRET_UNREADABLE)
                .found(
                        key + ": " + Check.sentence(failure),
                        key.startsWith("camel.")
                                ? null // no environment variable replaces it
                                : "fix it as described, or set the environment variable " + variable(key));
    }

    private static String variable(String key) {
        return key.toUpperCase(java.util.Locale.ROOT).replaceAll("[.-]", "_");
    }
}
