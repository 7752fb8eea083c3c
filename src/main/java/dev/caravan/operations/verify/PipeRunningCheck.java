package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.snowpipe.PipeStatus;
import dev.caravan.warehouse.snowflake.Snowflake;

/** Checks that the pipe exists and runs. */
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
                ? pass("running, " + status.pending() + " files pending")
                : fail("its state is " + status.state(), "caravan doctor reports the cause and its fix");
    }
}
