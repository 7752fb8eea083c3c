package dev.caravan.operations.infra;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a role may do with one object.
 *
 * @param privileges what it needs
 * @param kind the object's kind, as in {@code SCHEMA}
 * @param object the object's name in SQL
 */
record Grants(Account account, String role, List<String> privileges, String kind, String object) implements Wanted {

    static final String TAKES = "MANAGE GRANTS on the account, as SECURITYADMIN has, or OWNERSHIP of the object";

    @Override
    public String name() {
        return "grants to " + Names.sql(role) + " on " + kind.toLowerCase(java.util.Locale.ROOT) + " " + object;
    }

    @Override
    public Place place() {
        return Place.SNOWFLAKE;
    }

    @Override
    public Outlook look() {
        Set<String> held = account.rows("SHOW GRANTS TO ROLE " + Names.sql(role)).stream()
                .filter(row -> row.get("granted_on").replace('_', ' ').equals(kind)
                        && Names.parts(object).equals(Names.parts(row.get("name"))))
                .map(row -> row.get("privilege"))
                .collect(Collectors.toSet());
        if (held.contains("OWNERSHIP")) {
            return Outlook.ok();
        }
        Set<String> lacking = new TreeSet<>(privileges);
        lacking.removeAll(held);
        if (lacking.isEmpty()) {
            return Outlook.ok();
        }
        List<String> ordered = privileges.stream().filter(lacking::contains).toList();
        Step grant = account.statement(
                "GRANT " + String.join(", ", ordered) + " ON " + kind + " " + object + " TO ROLE " + Names.sql(role),
                TAKES);
        return held.isEmpty()
                ? Outlook.missing(grant)
                : Outlook.different("lacks " + String.join(", ", ordered), List.of(grant));
    }

    /** That a role may read the tables of a schema: those that are there and those to come. */
    record Reading(Account account, String role, String schema) implements Wanted {

        @Override
        public String name() {
            return "grants to " + Names.sql(role) + " on tables in " + schema;
        }

        @Override
        public Place place() {
            return Place.SNOWFLAKE;
        }

        @Override
        public Outlook look() {
            boolean future = account.rows("SHOW FUTURE GRANTS IN SCHEMA " + schema).stream()
                    .anyMatch(row -> row.get("privilege").equals("SELECT")
                            && row.get("grant_on").equals("TABLE")
                            && row.get("grantee_name").equals(role));
            Set<List<String>> readable = account.rows("SHOW GRANTS TO ROLE " + Names.sql(role)).stream()
                    .filter(row -> row.get("granted_on").equals("TABLE")
                            && Set.of("SELECT", "OWNERSHIP").contains(row.get("privilege")))
                    .map(row -> Names.parts(row.get("name")))
                    .collect(Collectors.toSet());
            List<String> hidden = account.rows("SHOW TABLES IN SCHEMA " + schema).stream()
                    .map(row -> schema + "." + Names.sql(row.get("name")))
                    .filter(table -> !readable.contains(Names.parts(table)))
                    .toList();
            Step now = grant("ALL");
            Step later = grant("FUTURE");
            if (future && hidden.isEmpty()) {
                return Outlook.ok();
            }
            if (future) {
                return Outlook.different("cannot read " + String.join(", ", hidden), List.of(now));
            }
            return Outlook.missing(now, later);
        }

        private Step grant(String which) {
            return account.statement(
                    "GRANT SELECT ON " + which + " TABLES IN SCHEMA " + schema + " TO ROLE " + Names.sql(role),
                    "MANAGE GRANTS on the account, as SECURITYADMIN has");
        }
    }

    /**
     * That a user or a role has a role.
     *
     * @param kind {@code USER} or {@code ROLE}
     */
    record Membership(Account account, String role, String kind, String member) implements Wanted {

        @Override
        public String name() {
            return "role " + Names.sql(role) + " of " + kind.toLowerCase(java.util.Locale.ROOT) + " "
                    + Names.sql(member);
        }

        @Override
        public Place place() {
            return Place.SNOWFLAKE;
        }

        @Override
        public Outlook look() {
            boolean granted = account.rows("SHOW GRANTS OF ROLE " + Names.sql(role)).stream()
                    .anyMatch(row -> belongs(row));
            return granted
                    ? Outlook.ok()
                    : Outlook.missing(account.statement(
                            "GRANT ROLE " + Names.sql(role) + " TO " + kind + " " + Names.sql(member),
                            "MANAGE GRANTS on the account, as SECURITYADMIN has, or OWNERSHIP of the role"));
        }

        private boolean belongs(Map<String, String> row) {
            return row.get("granted_to").equals(kind) && row.get("grantee_name").equals(member);
        }
    }
}
