package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;

/** Checks that the table that Snowpipe loads into exists. Other tables are created by their first load. */
record RatesTableCheck(DoctorContext context) implements Check {

    @Override
    public String name() {
        return "target table";
    }

    @Override
    public Finding run() {
        String table = context.names().ratesTable();
        return context.snowflake().rows("DESC TABLE " + table).isEmpty()
                ? Cause.TABLE_MISSING.found(
                        table + " does not exist, or is not visible to the role",
                        "run caravan infra apply; if it was dropped by mistake: UNDROP TABLE " + table)
                : pass(table + " exists");
    }
}
