package dev.caravan.warehouse.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.run.UsageException;
import dev.caravan.snowflake.fake.FakeSession;
import dev.caravan.snowflake.fake.Reply;
import dev.caravan.snowflake.fake.StatementHandler;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The settings of an account, and the ways to log in. */
class SnowflakeTest {

    private final TestAccount account = new TestAccount("DLT");
    private final Snowflake settings = account.settings();

    @BeforeEach
    void exemptQuestions() {
        account.snowflake.allow("^SELECT CURRENT_USER");
    }

    @AfterEach
    void stop() {
        account.close();
    }

    private String user() throws SQLException {
        try (Connection connection = settings.connect("test");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT CURRENT_USER()")) {
            row.next();
            return row.getString(1);
        }
    }

    /** The ways in which people keep the same key. Made by openssl, from PKCS#8. */
    enum Form {
        PKCS8(pem -> pem),
        PKCS8_IN_BASE64(pem -> Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII))),
        PKCS8_IN_WRAPPED_BASE64(pem -> wrapped(pem.getBytes(StandardCharsets.US_ASCII))),
        PKCS8_IN_BASE64_WITH_ESCAPED_LINES(
                pem -> wrapped(pem.getBytes(StandardCharsets.US_ASCII)).replace("\n", "\\n")),
        PKCS8_DER(pem -> wrapped(der(pem)).replace("\n", "")),
        PKCS8_DER_WRAPPED(pem -> wrapped(der(pem))),
        PKCS8_DER_ENCRYPTED(pem -> wrapped(der(SnowflakeTest.encrypted(pem, "phrase")))),
        PKCS1_DER(pem -> wrapped(der(openssl(pem, "rsa", "-traditional")))),
        PKCS8_WITH_ESCAPED_LINES(pem -> pem.replace("\n", "\\n")),
        PKCS8_IN_ONE_LINE(pem -> pem.replace("\n", " ")),
        PKCS8_WITH_WINDOWS_LINES(pem -> pem.replace("\n", "\r\n")),
        PKCS8_WITH_SPACE_AROUND(pem -> "\n  " + pem + "\n\n"),
        PKCS1(pem -> openssl(pem, "rsa", "-traditional")),
        PKCS1_ENCRYPTED(pem -> openssl(pem, "rsa", "-traditional", "-aes256", "-passout", "pass:phrase")),
        PKCS8_ENCRYPTED(pem -> encrypted(pem, "phrase")),
        PKCS8_ENCRYPTED_AS_SNOWFLAKES_GUIDE_DOES(
                pem -> openssl(pem, "pkcs8", "-topk8", "-v2", "des3", "-passout", "pass:phrase"));

        @SuppressWarnings("ImmutableEnumChecker") // none of the functions has a state
        private final UnaryOperator<String> of;

        Form(UnaryOperator<String> of) {
            this.of = of;
        }
    }

    /** As {@code base64} of Linux prints it. */
    private static String wrapped(byte[] bytes) {
        return Base64.getMimeEncoder(76, new byte[] {'\n'}).encodeToString(bytes) + "\n";
    }

    private static byte[] der(String pem) {
        return Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
    }

    /** A key as it is kept, encrypted. */
    static String encrypted(String pem, String passphrase) {
        return openssl(pem, "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", "pass:" + passphrase);
    }

    private static String openssl(String pem, String... arguments) {
        try {
            List<String> command = new ArrayList<>(List.of("openssl"));
            command.addAll(List.of(arguments));
            Process process = new ProcessBuilder(command).start();
            try (var in = process.getOutputStream()) {
                in.write(pem.getBytes(StandardCharsets.US_ASCII));
            }
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aKeyIsReadInEachForm(Form form) throws SQLException {
        settings.setPrivateKey(form.of.apply(TestAccount.pem(TestAccount.KEY.getPrivate())));
        settings.setPrivateKeyPassphrase(form.name().contains("ENCRYPTED") ? "phrase" : "");

        assertThat(settings.key()).isEqualTo(TestAccount.KEY.getPrivate());
        assertThat(user()).isEqualTo("SVC_DLT");
    }

    @Test
    void tokensAndPasswordsLogIn() throws SQLException {
        account.snowflake
                .user("SVC_DLT")
                .programmaticToken("pat")
                .oauthToken("oauth")
                .password("secret");
        settings.setPrivateKey(null);

        settings.setAuthenticator("access-token");
        settings.setToken("pat");
        assertThat(user()).isEqualTo("SVC_DLT");
        settings.close();
        settings.setAuthenticator("oauth");
        settings.setToken("oauth");
        assertThat(user()).isEqualTo("SVC_DLT");
        settings.close();
        settings.setAuthenticator("password");
        settings.setPassword("secret");
        assertThat(user()).isEqualTo("SVC_DLT");
    }

    @Test
    void aKeyPairIsTheWayUnlessAnotherIsNamed() throws SQLException {
        assertThat(new Snowflake().getAuthenticator()).isEqualTo("key-pair");
        settings.setAuthenticator(" ");

        assertThat(settings.getAuthenticator()).isEqualTo("key-pair");
        assertThat(user()).isEqualTo("SVC_DLT");
    }

    /** What statements mean, and how values come back, is up to us and not to an account's or a user's defaults. */
    @Test
    void theSessionDependsOnNoDefaults() throws SQLException {
        Map<String, String> parameters = new HashMap<>();
        account.snowflake.handle(new StatementHandler() {
            @Override
            public Optional<Reply> answer(FakeSession session, String sql) {
                return Optional.empty();
            }

            @Override
            public void login(FakeSession session) {
                parameters.putAll(session.parameters());
            }
        });
        user();

        assertThat(parameters)
                .containsAllEntriesOf(SnowflakeValues.FORMATS)
                .containsAllEntriesOf(Map.of(
                        "AUTOCOMMIT", "true",
                        "QUOTED_IDENTIFIERS_IGNORE_CASE", "false",
                        "TIMEZONE", "UTC",
                        "TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_NTZ",
                        "CLIENT_TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_NTZ",
                        "JDBC_QUERY_RESULT_FORMAT", "JSON",
                        "CLIENT_SESSION_KEEP_ALIVE", "true",
                        "LOCK_TIMEOUT", "300",
                        "ABORT_DETACHED_QUERY", "true"));
    }

    /** A password is no way in unless it is asked for by name. */
    @Test
    void aPasswordAloneIsNotUsed() {
        account.snowflake.user("SVC_DLT").password("secret");
        settings.setPrivateKey(null);
        settings.setPassword("secret");

        assertThatThrownBy(this::user)
                .isInstanceOf(UsageException.class)
                .hasMessage("snowflake.private-key is not set");
    }

    /** The driver itself refuses workload identity for hosts that are not Snowflake's. */
    @Test
    void workloadIdentityNeedsNoUserAndNoSecret() {
        settings.setAuthenticator("workload-identity");
        settings.setUsername(null);
        settings.setPrivateKey(null);

        assertThatThrownBy(this::user).isInstanceOfSatisfying(SQLException.class, e -> assertThat(e.getErrorCode())
                .isEqualTo(200071));
    }

    private void assertRefused(Consumer<Snowflake> mistake, String... inTheMessage) {
        mistake.accept(settings);
        assertThatThrownBy(this::user)
                .isInstanceOf(UsageException.class)
                .satisfies(e -> assertThat(stackTrace(e)).doesNotContain("CANARY"))
                .message()
                .contains(inTheMessage);
        assertThat(account.snowflake.sessions()).isZero();
    }

    private static String stackTrace(Throwable e) {
        StringWriter text = new StringWriter();
        e.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    @Test
    void aMissingSettingIsNamed() {
        assertRefused(s -> s.setUsername(" "), "snowflake.username is not set");
    }

    @Test
    void aMissingHostIsNamed() {
        assertRefused(s -> s.setHost(null), "snowflake.host is not set");
    }

    @Test
    void aMissingTokenIsNamed() {
        assertRefused(s -> s.setAuthenticator("access-token"), "snowflake.token is not set");
    }

    @Test
    void anUnknownAuthenticatorIsNamed() {
        assertRefused(s -> s.setAuthenticator("CANARY"), "snowflake.authenticator", "key-pair", "workload-identity");
    }

    @Test
    void aKeyThatIsNoneIsRefused() {
        assertRefused(s -> s.setPrivateKey("CANARY"), "snowflake.private-key is not a private key");
    }

    @Test
    void aDamagedKeyIsRefused() {
        assertRefused(
                s -> s.setPrivateKey("-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----"),
                "snowflake.private-key is damaged");
    }

    @Test
    void aPublicKeyIsRefused() {
        assertRefused(
                s -> s.setPrivateKey("-----BEGIN PUBLIC KEY-----\n"
                        + Base64.getEncoder()
                                .encodeToString(TestAccount.KEY.getPublic().getEncoded())
                        + "\n-----END PUBLIC KEY-----"),
                "not a private key");
    }

    @Test
    void aPublicKeyInDerIsRefused() {
        assertRefused(
                s -> s.setPrivateKey(Base64.getEncoder()
                        .encodeToString(TestAccount.KEY.getPublic().getEncoded())),
                "not a private key");
    }

    @Test
    void aMissingPassphraseIsNamed() {
        String encrypted = Form.PKCS8_ENCRYPTED.of.apply(TestAccount.pem(TestAccount.KEY.getPrivate()));
        assertRefused(s -> s.setPrivateKey(encrypted), "set snowflake.private-key-passphrase");
    }

    @Test
    void aWrongPassphraseIsNamed() {
        String encrypted = Form.PKCS8_ENCRYPTED.of.apply(TestAccount.pem(TestAccount.KEY.getPrivate()));
        settings.setPrivateKeyPassphrase("CANARY");
        assertRefused(s -> s.setPrivateKey(encrypted), "snowflake.private-key-passphrase is not its passphrase");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://myorg-account1.snowflakecomputing.com",
                "http://192.168.0.1:80",
                "http://127.0.0.1.example.com",
                "myorg-account1",
                "jdbc:snowflake://a.snowflakecomputing.com",
                "a.snowflakecomputing.com/?token=CANARY",
                "user:CANARY@a.snowflakecomputing.com"
            })
    void aHostThatIsNoneIsRefused(String host) {
        assertRefused(s -> s.setHost(host), "Invalid snowflake.host");
    }

    /** Logging in again and again would lock the user. */
    @Test
    void aLoginThatIsRefusedIsNotRepeated() {
        account.snowflake.user("SVC_DLT").noKeys();

        assertThatThrownBy(this::user).isInstanceOfSatisfying(SQLException.class, e -> assertThat(e.getErrorCode())
                .isEqualTo(390144));
        assertThat(account.snowflake.logins()).isEqualTo(1);
    }

    @Test
    void theDescriptionHasNoSecret() {
        settings.setPassword("CANARY");
        settings.setToken("CANARY");
        settings.setPrivateKeyPassphrase("CANARY");

        assertThat(settings.toString()).contains("SVC_DLT").doesNotContain("CANARY", "BEGIN");
    }

    @Test
    void closingEndsTheSessionsAndOthersCanBegin() throws SQLException {
        user();
        assertThat(account.snowflake.sessions()).isEqualTo(1);
        settings.close();
        assertThat(account.snowflake.sessions()).isZero();
        assertThatCode(this::user).doesNotThrowAnyException();
    }
}
