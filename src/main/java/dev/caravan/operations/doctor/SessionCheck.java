package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.warehouse.snowflake.SnowflakeNames;
import java.util.Map;

/** Checks that the session has the configured role and warehouse. */
record SessionCheck(DoctorContext context) implements Check {

    @Override
    public String name() {
        return "role and warehouse";
    }

    @Override
    public Finding run() {
        Map<String, String> current = context.snowflake()
                .rows("SELECT CURRENT_ROLE() AS ROLE, CURRENT_WAREHOUSE() AS WAREHOUSE")
                .get(0);
        String role = context.settings().get("snowflake.role");
        String found = current.get("role");
        if (role != null && !SnowflakeNames.fold(role).equals(found)) {
            return Cause.ROLE_NOT_GRANTED.found(
                    "snowflake.role = " + role + ", but the session has " + (found.isEmpty() ? "none" : found),
                    "run caravan infra apply, which grants it to the user");
        }
        String warehouse = context.settings().get("snowflake.warehouse");
        if (current.get("warehouse").isEmpty()) {
            return Cause.WAREHOUSE_MISSING.found(
                    "snowflake.warehouse = " + warehouse + ", but the session has none: it does not exist, or the role "
                            + found + " has no USAGE on it",
                    warehouse == null
                            ? "set snowflake.warehouse"
                            : "GRANT USAGE ON WAREHOUSE " + SnowflakeNames.sql(SnowflakeNames.fold(warehouse))
                                    + " TO ROLE " + SnowflakeNames.sql(found) + ", or run caravan infra apply");
        }
        return pass(found + ", " + current.get("warehouse"));
    }
}
