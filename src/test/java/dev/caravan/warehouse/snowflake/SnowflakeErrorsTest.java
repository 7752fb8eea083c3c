package dev.caravan.warehouse.snowflake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator is told, for errors as the driver delivers them. */
class SnowflakeErrorsTest {

    @TempDir
    Path directory;

    private Throwable failure(TestAccount account) {
        account.snowflake.allow("^SELECT 1");
        try {
            account.warehouse(directory).query("SELECT 1 FROM DLT.X.Y").close();
        } catch (RuntimeException e) {
            return e;
        }
        throw new AssertionError("no error");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "390100 | does not accept the user name SVC_DLT, or what came with it; correct snowflake.username and snowflake.private-key",
                "390144 | does not accept the private key for SVC_DLT",
                "394304 | caravan doctor",
                "390303 | the OAuth token of SVC_DLT",
                "394400 | the access token of SVC_DLT",
                "390189 | is not granted to SVC_DLT",
                "390201 | the database or warehouse of the login does not exist",
                "390420 | network or authentication policy",
                "390422 | network or authentication policy",
                "390999 | rejects the login of SVC_DLT",
            })
    void loginsThatAreRefusedFailAtOnce(int code, String message) {
        try (TestAccount account = new TestAccount()) {
            account.snowflake.refuseLogin(code, "Snowflake's own words [7c1e]");

            assertThat(failure(account))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageStartingWith("The query failed: ")
                    .hasMessageContaining(message)
                    .hasMessageContaining("Snowflake's error " + code + ": Snowflake's own words [7c1e]");
            assertThat(account.snowflake.logins()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "key-pair, snowflake.private-key",
        "access-token, snowflake.token",
        "oauth, snowflake.token",
        "password, snowflake.password",
        "workload-identity, the AWS role of this process"
    })
    void aWrongLoginBlamesWhatWasUsed(String authenticator, String credential) {
        Snowflake account = new Snowflake();
        account.setUsername("SVC_DLT");
        account.setAuthenticator(authenticator);
        String message = SnowflakeErrors.explain("The query", new SQLException("reason", "08001", 390100), account)
                .getMessage();
        assertThat(message).contains("correct snowflake.username and " + credential + " (");
        assertThat(Stream.of("private-key", "token", "password", "AWS role"))
                .filteredOn(message::contains)
                .hasSize(1);
    }

    /** One more wrong login, and one more, would lock the user for good. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aUserWhoIsLockedOrDisabledIsNotTriedAgain(boolean locked) {
        try (TestAccount account = new TestAccount()) {
            account.snowflake.user("SVC_DLT").locked(locked).disabled(!locked);

            assertThat(failure(account))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("the user SVC_DLT is " + (locked ? "locked" : "disabled"));
            assertThat(account.snowflake.logins()).isEqualTo(1);
        }
    }

    /** The page for operators, line by line. */
    @Test
    void theCodesOfTheDocumentationAreThoseOfTheProgram() throws Exception {
        Map<SnowflakeErrors.Kind, Set<Integer>> documented = new EnumMap<>(SnowflakeErrors.Kind.class);
        Matcher line = Pattern.compile("(?m)^\\| (\\d{3}.*?) \\| (transient|permanent, (credentials|privileges)) \\|")
                .matcher(Files.readString(Path.of("docs/snowflake.md")));
        while (line.find()) {
            String kind = (line.group(3) == null ? line.group(2) : line.group(3)).toUpperCase(Locale.ROOT);
            Set<Integer> codes = documented.computeIfAbsent(SnowflakeErrors.Kind.valueOf(kind), any -> new TreeSet<>());
            for (String range : line.group(1).split(", ", -1)) {
                String[] ends = range.split(" to ", -1);
                for (int code = Integer.parseInt(ends[0]); code <= Integer.parseInt(ends[ends.length - 1]); code++) {
                    assertThat(codes.add(code)).as("once only: " + code).isTrue();
                }
            }
        }

        assertThat(documented).hasSize(3);
        documented.forEach((kind, codes) -> assertThat(codes).as(kind.name()).isEqualTo(SnowflakeErrors.codes(kind)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "3001   | 42501 | permanent | lacks a privilege",
                "2003   | 42S02 | permanent | does not exist, or not for the role of SVC_DLT",
                "2043   | 02000 | permanent | does not exist, or not for the role of SVC_DLT",
                "606    | 57P03 | permanent | set snowflake.warehouse",
                "90105  | 22000 | permanent | DATABASE.SCHEMA.TABLE",
                "1003   | 42000 | permanent | The query failed: Snowflake's error 1003",
                "904    | 42000 | permanent | The query failed: Snowflake's error 904",
                "100038 | 22018 | permanent | The query failed: Snowflake's error 100038",
                "100078 | 22000 | permanent | The query failed: Snowflake's error 100078",
                "100090 | 42P18 | permanent | The query failed: Snowflake's error 100090",
                "604    | 57014 | transient | failed for now",
                "625    | 57014 | transient | failed for now",
                "630    | 57014 | transient | failed for now",
                "300002 | XX000 | transient | failed for now",
                "370001 | XX000 | transient | failed for now",
                "999999 | XX000 | transient | The query failed",
            })
    void statementsThatFailAreTriedAgainIfThatCanHelp(int code, String state, String kind, String message) {
        try (TestAccount account = new TestAccount()) {
            account.snowflake.fail("SELECT 1", code, state, "SQL error:\n  in line 1", 1);

            assertThat(failure(account))
                    .isInstanceOf(kind.equals("permanent") ? PermanentException.class : TransientException.class)
                    .hasMessageContaining(message)
                    .hasMessageContaining("SQL error: in line 1");
        }
    }

    @Test
    void aSessionThatIsGoneIsReplaced() {
        try (TestAccount account = new TestAccount("DLT")) {
            account.snowflake.allow("^SELECT 1");
            account.warehouse(directory).query("SELECT 1").close();
            account.snowflake.endSessions();

            account.warehouse(directory).query("SELECT 1").close();
            assertThat(account.snowflake.logins()).isEqualTo(2);
        }
    }

    @Test
    void anAccountThatCannotBeReachedMayBeThereLater() {
        try (TestAccount account = new TestAccount()) {
            account.settings().setHost("http://127.0.0.1:1");
            account.settings().setNetworkTimeout(1_000);

            assertThat(failure(account)).isInstanceOf(TransientException.class);
        }
    }

    @Test
    void anAccountThatIsOutOfOrderMayRecover() {
        try (TestAccount account = new TestAccount()) {
            account.settings().setNetworkTimeout(1_000);
            account.snowflake.unavailable(1_000);

            assertThat(failure(account)).isInstanceOf(TransientException.class);
        }
    }

    @Test
    void aShortOutageIsNotNoticed() {
        try (TestAccount account = new TestAccount("DLT")) {
            account.snowflake.allow("^SELECT 1");
            account.snowflake.unavailable(1);

            account.warehouse(directory).query("SELECT 1").close();
        }
    }

    @Test
    void eachCodeOfTheTableHasItsSentence() {
        Snowflake account = new Snowflake();
        account.setUsername("SVC_DLT");
        for (int code : new int[] {390100, 390144, 394300, 200045, 200011, 200071, 3001, 606, 90106}) {
            assertThat(SnowflakeErrors.explain("Loading X", new SQLException("reason", "42000", code), account))
                    .isInstanceOf(PermanentException.class)
                    .message()
                    .startsWith("Loading X failed: ")
                    .doesNotContain("%")
                    .endsWith("(Snowflake's error " + code + ": reason)");
        }
    }
}
