package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.warehouse.snowflake.Snowflake;
import dev.caravan.warehouse.snowflake.SnowflakeNames;

/** Checks that the role exists in Snowflake and is visible to this session. */
record RoleCheck(Lookup lookup, String role) implements Check {

    @Override
    public String name() {
        return "role " + role;
    }

    @Override
    public Finding run() {
        Object current = lookup.row("SELECT CURRENT_ROLE()").get(0);
        if (role.equalsIgnoreCase(String.valueOf(current))) {
            return pass("exists, and is the role of this session");
        }
        boolean there = lookup.rows("SHOW ROLES LIKE " + Snowflake.literal(role)).stream()
                .anyMatch(row -> role.equalsIgnoreCase(String.valueOf(row.get("name"))));
        return there
                ? pass("exists; the role of this session is " + current)
                : fail(
                        "does not exist, or is not visible to this session, whose role is " + current,
                        "create it with caravan infra apply, or GRANT ROLE " + SnowflakeNames.sql(role)
                                + " TO USER of this session");
    }
}
