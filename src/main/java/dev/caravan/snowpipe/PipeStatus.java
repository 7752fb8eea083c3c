package dev.caravan.snowpipe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.caravan.run.Run;
import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.Warehouse;
import dev.caravan.warehouse.snowflake.Snowflake;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Comparator;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * How a pipe is doing.
 *
 * @param state Snowflake's word for it, such as RUNNING or PAUSED; UNKNOWN if it says none
 * @param pending how many files the pipe knows of and has not loaded
 * @param error what it says is wrong, or empty
 * @param heard when it was last told of a new file, or null
 */
public record PipeStatus(String state, long pending, String error, Instant heard) {

    private static final ObjectMapper JSON = new ObjectMapper();

    static PipeStatus of(Warehouse warehouse, Run run, String pipe) {
        try (QueryResult rows = warehouse.query("SELECT SYSTEM$PIPE_STATUS(" + Snowflake.literal(pipe) + ")", run)) {
            return parse(rows.hasNext() ? rows.next().get(0) : null);
        }
    }

    /** Reads the answer of {@code SYSTEM$PIPE_STATUS}. */
    public static PipeStatus parse(Object answer) {
        JsonNode status = json(answer);
        return new PipeStatus(
                status.path("executionState").asText("UNKNOWN"),
                status.path("pendingFileCount").asLong(),
                status.path("error")
                        .asText(status.path("fault")
                                .asText(status.path("channelErrorMessage").asText())),
                Stream.of("lastReceivedMessageTimestamp", "lastForwardedMessageTimestamp")
                        .map(field -> instant(status.path(field).asText()))
                        .filter(Objects::nonNull)
                        .max(Comparator.naturalOrder())
                        .orElse(null));
    }

    private static JsonNode json(Object answer) {
        try {
            return answer == null ? MissingNode.getInstance() : JSON.readTree(answer.toString());
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            return null; // none, or Snowflake writes its times another way one day
        }
    }

    /** Whether it loads what arrives. */
    public boolean running() {
        return state.equals("RUNNING");
    }

    /** What to do if it does not run, in sentences. */
    String fix(String pipe) {
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
