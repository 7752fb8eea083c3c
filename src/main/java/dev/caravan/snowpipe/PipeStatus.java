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
 * The status of a pipe.
 *
 * @param state Snowflake's execution state, such as RUNNING or PAUSED; UNKNOWN if missing
 * @param pending the number of files that are queued
 * @param error the reported error, or empty
 * @param lastNotified when it was last notified of a new file, or null
 */
public record PipeStatus(String state, long pending, String error, Instant lastNotified) {

    private static final ObjectMapper JSON = new ObjectMapper();

    static PipeStatus of(Warehouse warehouse, Run run, String pipe) {
        try (QueryResult rows = warehouse.query("SELECT SYSTEM$PIPE_STATUS(" + Snowflake.literal(pipe) + ")", run)) {
            return parse(rows.hasNext() ? rows.next().get(0) : null);
        }
    }

    /** Parses the result of {@code SYSTEM$PIPE_STATUS}. */
    public static PipeStatus parse(Object result) {
        JsonNode status = json(result);
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

    private static JsonNode json(Object result) {
        try {
            return result == null ? MissingNode.getInstance() : JSON.readTree(result.toString());
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            return null; // missing or in an unknown format
        }
    }

    /** Returns whether it loads new files. */
    public boolean running() {
        return state.equals("RUNNING");
    }

    /** Returns the problem and its fix if the pipe is not running. */
    String fix(String pipe) {
        String problem = "the pipe " + pipe + " is " + state + (error.isBlank() ? "" : " (" + error + ")") + ". ";
        if (state.equals("PAUSED")) {
            return problem + "Resume it with ALTER PIPE " + pipe + " SET PIPE_EXECUTION_PAUSED = FALSE.";
        }
        return problem
                + (state.startsWith("STOPPED") || state.startsWith("STALLED")
                        ? "Restore what is missing (table, stage, file format, integration, grants); caravan infra plan"
                                + " shows it."
                        : "Wait until it runs.");
    }

    @Override
    public String toString() {
        return "is " + state + " with " + pending + " files pending" + (error.isBlank() ? "" : " (" + error + ")");
    }
}
