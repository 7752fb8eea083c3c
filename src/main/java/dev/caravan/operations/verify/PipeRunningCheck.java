package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.snowpipe.PipeStatus;
import dev.caravan.warehouse.snowflake.Snowflake;

/** The pipe exists and runs. */
record PipeRunningCheck(Lookup lookup, String pipe) implements Check {

    @Override
    public String name() {
        return "pipe " + pipe;
    }

    @Override
    public Finding run() {
        PipeStatus status = PipeStatus.parse(lookup.row("SELECT SYSTEM$PIPE_STATUS(" + Snowflake.literal(pipe) + ")")
                .get(0));
        return status.running()
                ? pass("runs, " + status.pending() + " files wait")
                : fail("its state is " + status.state(), "caravan doctor names the cause and its fix");
    }
}
