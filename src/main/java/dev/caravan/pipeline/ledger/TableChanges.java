package dev.caravan.pipeline.ledger;

import java.time.Instant;
import java.util.List;

/**
 * How a load has changed a table.
 *
 * @param table as DATABASE.SCHEMA.TABLE
 * @param changes such as {@code create the table} or {@code add price DOUBLE}
 * @param run the run of the load; it may have been deleted from the ledger
 */
public record TableChanges(String table, Instant changed, List<String> changes, String pipeline, String run) {}
