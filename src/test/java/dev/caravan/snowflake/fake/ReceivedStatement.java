package dev.caravan.snowflake.fake;

import java.util.List;

/**
 * A statement received by the fake.
 *
 * @param session the number of the session
 * @param queryTag the session's query tag, or null
 * @param sql the statement's text
 * @param bindings the bound values in order
 */
public record ReceivedStatement(long session, String queryTag, String sql, List<Binding> bindings) {}
