package dev.caravan.operations.infra;

import dev.caravan.warehouse.snowflake.SnowflakeNames;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The privileges of a role on one object.
 *
 * @param privileges the privileges that it needs
 * @param kind the object's kind, as in {@code SCHEMA}
 * @param object the object's name in SQL
 */
record Grants(AccountConnection snowflake, String role, List<String> privileges, String kind, String object)
        implements Resource {

    static final String PRIVILEGES = "MANAGE GRANTS on the account, as SECURITYADMIN has, or OWNERSHIP of the object";

    @Override
    public String name() {
        return "grants to " + SnowflakeNames.sql(role) + " on " + kind.toLowerCase(java.util.Locale.ROOT) + " "
                + object;
    }

    @Override
    public Place place() {
        return Place.SNOWFLAKE;
    }

    @Override
    public Diff diff() {
        Set<String> held = snowflake.rows("SHOW GRANTS TO ROLE " + SnowflakeNames.sql(role)).stream()
                .filter(row -> row.get("granted_on").replace('_', ' ').equals(kind)
                        && SnowflakeNames.parts(object).equals(SnowflakeNames.parts(row.get("name"))))
                .map(row -> row.get("privilege"))
                .collect(Collectors.toSet());
        if (held.contains("OWNERSHIP")) {
            return Diff.ok();
        }
        Set<String> lacking = new TreeSet<>(privileges);
        lacking.removeAll(held);
        if (lacking.isEmpty()) {
            return Diff.ok();
        }
        List<String> ordered = privileges.stream().filter(lacking::contains).toList();
        Change grant = snowflake.statement(
                "GRANT " + String.join(", ", ordered) + " ON " + kind + " " + object + " TO ROLE "
                        + SnowflakeNames.sql(role),
                PRIVILEGES);
        return held.isEmpty()
                ? Diff.missing(grant)
                : Diff.different("lacks " + String.join(", ", ordered), List.of(grant));
    }

    /** The privilege of a role to read the existing and future tables of a schema. */
    record Reading(AccountConnection snowflake, String role, String schema) implements Resource {

        @Override
        public String name() {
            return "grants to " + SnowflakeNames.sql(role) + " on tables in " + schema;
        }

        @Override
        public Place place() {
            return Place.SNOWFLAKE;
        }

        @Override
        public Diff diff() {
            boolean future = snowflake.rows("SHOW FUTURE GRANTS IN SCHEMA " + schema).stream()
                    .anyMatch(row -> row.get("privilege").equals("SELECT")
                            && row.get("grant_on").equals("TABLE")
                            && row.get("grantee_name").equals(role));
            Set<List<String>> readable = snowflake.rows("SHOW GRANTS TO ROLE " + SnowflakeNames.sql(role)).stream()
                    .filter(row -> row.get("granted_on").equals("TABLE")
                            && Set.of("SELECT", "OWNERSHIP").contains(row.get("privilege")))
                    .map(row -> SnowflakeNames.parts(row.get("name")))
                    .collect(Collectors.toSet());
            List<String> hidden = snowflake.rows("SHOW TABLES IN SCHEMA " + schema).stream()
                    .map(row -> schema + "." + SnowflakeNames.sql(row.get("name")))
                    .filter(table -> !readable.contains(SnowflakeNames.parts(table)))
                    .toList();
            Change now = grant("ALL");
            Change later = grant("FUTURE");
            if (future && hidden.isEmpty()) {
                return Diff.ok();
            }
            if (future) {
                return Diff.different("cannot read " + String.join(", ", hidden), List.of(now));
            }
            return Diff.missing(now, later);
        }

        private Change grant(String which) {
            return snowflake.statement(
                    "GRANT SELECT ON " + which + " TABLES IN SCHEMA " + schema + " TO ROLE " + SnowflakeNames.sql(role),
                    "MANAGE GRANTS on the account, as SECURITYADMIN has");
        }
    }

    /**
     * The grant of a role to a user or a role.
     *
     * @param kind {@code USER} or {@code ROLE}
     */
    record Membership(AccountConnection snowflake, String role, String kind, String member) implements Resource {

        @Override
        public String name() {
            return "role " + SnowflakeNames.sql(role) + " of " + kind.toLowerCase(java.util.Locale.ROOT) + " "
                    + SnowflakeNames.sql(member);
        }

        @Override
        public Place place() {
            return Place.SNOWFLAKE;
        }

        @Override
        public Diff diff() {
            boolean granted = snowflake.rows("SHOW GRANTS OF ROLE " + SnowflakeNames.sql(role)).stream()
                    .anyMatch(row -> belongs(row));
            return granted
                    ? Diff.ok()
                    : Diff.missing(snowflake.statement(
                            "GRANT ROLE " + SnowflakeNames.sql(role) + " TO " + kind + " " + SnowflakeNames.sql(member),
                            "MANAGE GRANTS on the account, as SECURITYADMIN has, or OWNERSHIP of the role"));
        }

        private boolean belongs(Map<String, String> row) {
            return row.get("granted_to").equals(kind) && row.get("grantee_name").equals(member);
        }
    }
}
