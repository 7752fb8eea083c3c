package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.warehouse.snowflake.SnowflakeNames;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Checks that the service user exists in Snowflake and can log in, and its default role. */
final class UserChecks {

    private UserChecks() {}

    static List<Check> of(Lookup lookup, String user, String role) {
        return List.of(new Account(lookup, user), new DefaultRole(lookup, user, role));
    }

    /** Returns the properties of DESC USER. */
    private static Map<String, String> describe(Lookup lookup, String user) {
        Map<String, String> properties = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        lookup.rows("DESC USER " + SnowflakeNames.sql(user))
                .forEach(row -> properties.put(String.valueOf(row.get("property")), String.valueOf(row.get("value"))));
        return properties;
    }

    private record Account(Lookup lookup, String user) implements Check {

        @Override
        public String name() {
            return "user " + user;
        }

        @Override
        public Finding run() {
            Map<String, String> properties = describe(lookup, user);
            return Boolean.parseBoolean(properties.get("DISABLED"))
                    ? fail("is disabled", "ALTER USER " + SnowflakeNames.sql(user) + " SET DISABLED = FALSE")
                    : pass("exists, type " + properties.get("TYPE"));
        }
    }

    private record DefaultRole(Lookup lookup, String user, String role) implements Check {

        @Override
        public String name() {
            return "default role of " + user;
        }

        @Override
        public Finding run() {
            String found = describe(lookup, user).get("DEFAULT_ROLE");
            return role.equalsIgnoreCase(found)
                    ? pass(found)
                    : fail(
                            found == null || found.equals("null") ? "not set" : found + ", not " + role,
                            "caravan infra apply, or: ALTER USER " + SnowflakeNames.sql(user) + " SET DEFAULT_ROLE = "
                                    + SnowflakeNames.sql(role));
        }
    }
}
