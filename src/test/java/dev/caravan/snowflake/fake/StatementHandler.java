package dev.caravan.snowflake.fake;

import java.util.Optional;

/** Answers statements in place of the fake. */
@FunctionalInterface
public interface StatementHandler {

    /**
     * Answers a statement.
     *
     * @return the answer, or empty to leave the statement to others
     * @throws StatementError an error of Snowflake's
     */
    Optional<Reply> answer(FakeSession session, String sql);

    /**
     * Is called after a user has been authenticated.
     *
     * @param session the new session, with the requested user, role, warehouse, database and schema, or null
     * @throws StatementError if the login fails
     */
    default void login(FakeSession session) {}
}
