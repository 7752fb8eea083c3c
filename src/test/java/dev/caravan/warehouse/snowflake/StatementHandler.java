package dev.caravan.warehouse.snowflake;

import java.util.Optional;

/** Answers statements that the double does not know, or answers them in its place. */
@FunctionalInterface
interface StatementHandler {

    /**
     * Answers a statement.
     *
     * @return the answer, or empty if the statement is none of this handler's
     * @throws Refusal an error of Snowflake's
     */
    Optional<Reply> answer(AccountSession session, String sql);

    /**
     * Looks at a login whose user has proven who they are.
     *
     * @param session the new session, with the user, role, warehouse, database and schema that were asked for or null
     * @throws Refusal if the login fails
     */
    default void login(AccountSession session) {}
}
