package dev.caravan.warehouse.snowflake;

import java.util.List;

/**
 * A statement that the double has received.
 *
 * @param session the number of the session
 * @param queryTag the session's query tag, or null
 * @param sql the statement as it came
 * @param bindings the bound values in their order
 */
record ReceivedStatement(long session, String queryTag, String sql, List<Binding> bindings) {}
