package dev.caravan.operations.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.infra.Names;
import dev.caravan.run.PermanentException;

/** The pipe exists and runs. */
record PipeCheck(Lookup lookup, String pipe) implements Check {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Override
    public String name() {
        return "pipe " + pipe;
    }

    @Override
    public Finding look() {
        JsonNode status = status();
        String state = status.path("executionState").asText("unknown");
        return state.equals("RUNNING")
                ? pass("runs, " + status.path("pendingFileCount").asLong() + " files wait")
                : fail("its state is " + state, "caravan doctor names the cause and its mend");
    }

    private JsonNode status() {
        Object text = lookup.row("SELECT SYSTEM$PIPE_STATUS(" + Names.literal(pipe) + ")")
                .get(0);
        try {
            return JSON.readTree(String.valueOf(text));
        } catch (JsonProcessingException e) {
            throw new PermanentException("Snowflake's answer on the pipe " + pipe + " cannot be read: " + text, e);
        }
    }
}
