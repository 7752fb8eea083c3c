package dev.caravan.pipeline.ledger;

import java.time.Instant;

/**
 * A message that is to be delivered to a receiver.
 *
 * @param id stays the same in all attempts
 * @param receiver the name of the option that knows where it goes, or of a {@code direct:} route; no other URI, which could
 *     have a secret
 * @param run the run that it is about, or null
 * @param state that of the run or incident
 * @param error what went wrong, or null
 * @param body JSON
 * @param attempts how many have begun
 */
public record Delivery(
        String id,
        String receiver,
        String pipeline,
        String run,
        String state,
        String error,
        String body,
        Instant created,
        int attempts) {}
