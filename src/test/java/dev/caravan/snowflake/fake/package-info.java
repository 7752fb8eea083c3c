/**
 * A fake of Snowflake for the tests: speaks Snowflake's protocol to the official JDBC driver and runs the statements in DuckDB.
 *
 * <p>{@code FakeSnowflake} is the server, {@code FakeAccount} adds users, roles, grants, integrations and pipes to it. The page
 * {@code docs/fake-snowflake.md} says what it supports, what it rejects, and what only a real account can show.
 */
package dev.caravan.snowflake.fake;
