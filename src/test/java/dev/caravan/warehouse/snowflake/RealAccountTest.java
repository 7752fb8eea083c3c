package dev.caravan.warehouse.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.snowflake.fake.FakeSession;
import dev.caravan.snowflake.fake.FakeSnowflake;
import dev.caravan.snowflake.fake.Reply;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The way of the tests into a real account, which must not harm it. */
class RealAccountTest {

    private static final Pattern STATEMENT = Pattern.compile(
            "(SHOW DATABASES LIKE '|CREATE OR REPLACE DATABASE |DROP DATABASE IF EXISTS )(\\w+)(?:.*COMMENT = '(.*)')?.*");

    private final FakeSnowflake server = FakeSnowflake.start();
    /** The databases of the account, and who has made them. */
    private final Map<String, String> databases = new TreeMap<>();

    @AfterEach
    void stop() {
        server.close();
    }

    private RealAccount open() throws Exception {
        server.user("ANNA").programmaticToken("token").roles("SYSADMIN");
        server.handle(this::answer);
        return new RealAccount(
                Map.of(
                        "SNOWFLAKE_HOST", server.url(),
                        "SNOWFLAKE_USERNAME", "ANNA",
                        "SNOWFLAKE_AUTHENTICATOR", "access-token",
                        "SNOWFLAKE_TOKEN", "token"),
                "DLT",
                "A");
    }

    private Optional<Reply> answer(FakeSession session, String sql) {
        Matcher statement = STATEMENT.matcher(sql);
        if (!statement.matches()) {
            return Optional.empty();
        }
        String database = statement.group(2);
        if (sql.startsWith("SHOW")) {
            return Optional.of(Reply.table(
                    Reply.SHOW,
                    List.of("name", "comment"),
                    databases.containsKey(database) ? List.of(List.of(database, databases.get(database))) : List.of()));
        }
        databases.remove(database);
        if (sql.startsWith("CREATE")) {
            databases.put(database, statement.group(3));
        }
        return Optional.of(Reply.status("done"));
    }

    @Test
    void makesItsDatabasesAndDropsThem() throws Exception {
        databases.put("OTHERS", "theirs");
        // what a run that was killed has left
        databases.put("A", RealAccount.COMMENT);
        try (RealAccount account = open()) {
            assertThat(account).isNotNull();
            assertThat(databases)
                    .containsExactly(
                            Map.entry("A", RealAccount.COMMENT),
                            Map.entry("DLT", RealAccount.COMMENT),
                            Map.entry("OTHERS", "theirs"));
        }
        assertThat(databases).containsExactly(Map.entry("OTHERS", "theirs"));
    }

    @Test
    void refusesAnAccountWhoseDatabasesItWouldReplace() {
        databases.put("A", "");

        assertThatThrownBy(this::open)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("There is a database A that these tests have not made");
        assertThat(databases).containsExactly(Map.entry("A", ""));
    }
}
