package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;

/** The table is there that Snowpipe loads into. Other tables are made by the first load. */
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
                        table + " does not exist, or the role may not see it",
                        "caravan infra apply creates it; if it was dropped by mistake: UNDROP TABLE " + table)
                : pass(table + " is there");
    }
}
