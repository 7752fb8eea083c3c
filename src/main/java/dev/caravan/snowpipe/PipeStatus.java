package dev.caravan.snowpipe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.Warehouse;

/**
 * How a pipe is doing, by {@code SYSTEM$PIPE_STATUS}.
 *
 * @param state Snowflake's word for it, such as RUNNING or PAUSED
 * @param pending how many files the pipe knows of and has not loaded
 * @param error what it says is wrong, or empty
 */
record PipeStatus(String state, long pending, String error) {

    private static final ObjectMapper JSON = new ObjectMapper();

    static PipeStatus of(Warehouse warehouse, String pipe) {
        try (QueryResult rows = warehouse.query("SELECT SYSTEM$PIPE_STATUS('" + pipe + "')")) {
            JsonNode status = rows.hasNext() ? parse(rows.next().get(0)) : MissingNode.getInstance();
            return new PipeStatus(
                    status.path("executionState").asText("UNKNOWN"),
                    status.path("pendingFileCount").asLong(),
                    status.path("error")
                            .asText(status.path("fault")
                                    .asText(status.path("channelErrorMessage").asText())));
        }
    }

    private static JsonNode parse(Object text) {
        try {
            return text == null ? MissingNode.getInstance() : JSON.readTree(text.toString());
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }

    boolean running() {
        return state.equals("RUNNING");
    }

    /** What to do if it does not run, in sentences. */
    String mend(String pipe) {
        String problem = "the pipe " + pipe + " is " + state + (error.isBlank() ? "" : " (" + error + ")") + ". ";
        if (state.equals("PAUSED")) {
            return problem + "Resume it with ALTER PIPE " + pipe + " SET PIPE_EXECUTION_PAUSED = FALSE.";
        }
        return problem
                + (state.startsWith("STOPPED") || state.startsWith("STALLED")
                        ? "Restore what it lacks (table, stage, file format, integration, grants); caravan infra plan"
                                + " shows it."
                        : "Wait until it runs.");
    }

    @Override
    public String toString() {
        return "is " + state + " with " + pending + " files pending" + (error.isBlank() ? "" : " (" + error + ")");
    }
}
