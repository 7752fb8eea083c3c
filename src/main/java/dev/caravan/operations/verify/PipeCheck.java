package dev.caravan.operations.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
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
        String found = state.equals("RUNNING")
                ? "runs, " + status.path("pendingFileCount").asLong() + " files wait"
                : "its state is " + state
                        + (status.hasNonNull("error")
                                ? ": " + status.get("error").asText()
                                : "");
        return switch (state) {
            case "RUNNING" -> pass(found);
            case "PAUSED" -> fail(found, "ALTER PIPE " + pipe + " SET PIPE_EXECUTION_PAUSED = FALSE");
            default -> fail(found, "caravan doctor finds the cause");
        };
    }

    private JsonNode status() {
        Object text = lookup.row("SELECT SYSTEM$PIPE_STATUS('" + pipe.replace("'", "''") + "')")
                .get(0);
        try {
            return JSON.readTree(String.valueOf(text));
        } catch (JsonProcessingException e) {
            throw new PermanentException("Snowflake's answer on the pipe " + pipe + " cannot be read: " + text, e);
        }
    }
}
