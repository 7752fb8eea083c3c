package dev.caravan.snowflake.fake;

import java.util.Optional;

/** Answers statements that the fake does not know, or answers them in its place. */
@FunctionalInterface
public interface StatementHandler {

    /**
     * Answers a statement.
     *
     * @return the answer, or empty if the statement is none of this handler's
     * @throws StatementError an error of Snowflake's
     */
    Optional<Reply> answer(FakeSession session, String sql);

    /**
     * Looks at a login whose user has proven who they are.
     *
     * @param session the new session, with the user, role, warehouse, database and schema that were asked for or null
     * @throws StatementError if the login fails
     */
    default void login(FakeSession session) {}
}
