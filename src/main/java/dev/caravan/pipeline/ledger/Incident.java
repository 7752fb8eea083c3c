package dev.caravan.pipeline.ledger;

import java.time.Instant;
import java.util.List;

/**
 * Something that needs attention: at most one open incident for each pipeline and cause.
 *
 * @param pipeline its name, or {@code *} if it concerns all
 * @param cause the name of the rule that found it
 * @param run the run that it is about, or null
 * @param message what is wrong, without secrets
 * @param fix what to do
 * @param told when the last message about it was sent, or null
 * @param toldTo the endpoints that it was sent to, or null
 * @param closed when it was over, or null
 */
public record Incident(
        String id,
        String pipeline,
        String cause,
        String run,
        String message,
        String fix,
        Instant opened,
        Instant told,
        List<String> toldTo,
        Instant closed) {}
