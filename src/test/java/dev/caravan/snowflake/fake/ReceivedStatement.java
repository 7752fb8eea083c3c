package dev.caravan.snowflake.fake;

import java.util.List;

/**
 * A statement that the fake has received.
 *
 * @param session the number of the session
 * @param queryTag the session's query tag, or null
 * @param sql the statement as it came
 * @param bindings the bound values in their order
 */
public record ReceivedStatement(long session, String queryTag, String sql, List<Binding> bindings) {}
