package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.infra.Names;
import dev.caravan.warehouse.snowflake.Snowflake;

/** The role exists on Snowflake, and this session may use it, unless it works in another one. */
record RoleCheck(Lookup lookup, String role) implements Check {

    @Override
    public String name() {
        return "role " + role;
    }

    @Override
    public Finding run() {
        Object current = lookup.row("SELECT CURRENT_ROLE()").get(0);
        if (role.equalsIgnoreCase(String.valueOf(current))) {
            return pass("exists, and this session works in it");
        }
        boolean there = lookup.rows("SHOW ROLES LIKE " + Snowflake.literal(role)).stream()
                .anyMatch(row -> role.equalsIgnoreCase(String.valueOf(row.get("name"))));
        return there
                ? pass("exists; this session works in " + current)
                : fail(
                        "is not there, or not visible to this session, which works in " + current,
                        "create it with caravan infra apply, or GRANT ROLE " + Names.sql(role)
                                + " TO USER of this session");
    }
}
