package dev.caravan.snowflake.fake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page that lists Caravan's statements, and how statements are matched with it. */
class StatementCatalogTest {

    private static final StatementCatalog CATALOG = StatementCatalog.of(
            """
            Writing: <https://docs.snowflake.com/en/sql-reference/sql/insert>

            ```sql
            INSERT INTO <table> (<columns...>)
              SELECT <expressions...> FROM <table> [WHERE <condition...>];
            DELETE FROM <table>;
            ALTER TABLE <table> ADD COLUMN <column> <type>;
            LIST @<stage>;
            UPDATE <table> SET V = V + 1 WHERE T = ?;
            ```
            """);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "insert into \"DLT\".\"S\".T (a, \"b\") select x.a, f(1, 'x'), 2 from T",
                "INSERT INTO T (A) SELECT A /* all */ FROM U WHERE A IN (1, 2) AND B = 'x'",
                "DELETE FROM DLT.S.\"with ; and (\"",
                "ALTER TABLE T ADD COLUMN C NUMBER(38, 2)",
                "LIST @\"DLT\".\"S\".STAGE/path",
                "UPDATE T SET V = V + 1 WHERE T = ?;"
            })
    void takesWhatIsListed(String sql) {
        assertThatCode(() -> CATALOG.check(sql)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DELETE FROM T WHERE A = 1",
                "DELETE FROM",
                "INSERT INTO T (A) SELECT A FROM T ORDER BY A",
                "INSERT INTO T () SELECT A FROM T",
                "ALTER TABLE T ADD COLUMN C NUMBER NOT NULL",
                "UPDATE T SET V = V + 2 WHERE T = ?",
                "DELETE FROM T; DELETE FROM T"
            })
    void refusesWhatIsNot(String sql) {
        assertThatThrownBy(() -> CATALOG.check(sql))
                .isInstanceOf(StatementError.class)
                .hasMessageContaining("docs/snowflake-statements.md")
                .hasMessageContaining(sql);
    }

    @Test
    void wantsAPageOfTheDocumentationForEachBlock() {
        assertThatThrownBy(() -> StatementCatalog.of("```sql\nCOMMIT\n```\n")).hasMessageContaining("COMMIT");
    }

    @Test
    void isReadFromTheProjectsPage() {
        StatementCatalog catalog = StatementCatalog.read(StatementCatalog.PAGE);

        assertThat(catalog.statements()).doesNotHaveDuplicates().contains("COMMIT");
    }

    @Test
    void holdsThoseWhoAreToldToAgainstIt() throws Exception {
        try (FakeSnowflake snowflake = FakeSnowflake.start();
                var connection = DriverConnections.connect(snowflake);
                var statement = connection.createStatement()) {
            snowflake.allowOnly(CATALOG);
            snowflake.allow("^SELECT");

            assertThatThrownBy(() -> statement.execute("DROP TABLE T")).hasMessageContaining("DROP TABLE T");
            assertThatThrownBy(() -> statement.execute("DELETE FROM T")).hasMessageContaining("USE DATABASE");
            assertThatCode(() -> statement.execute("SELECT 1")).doesNotThrowAnyException();
            snowflake.execute("CREATE DATABASE DLT");
        }
    }
}
