package dev.caravan.warehouse.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.warehouse.LoadProcess;
import dev.caravan.warehouse.Mode;
import dev.caravan.warehouse.Warehouse;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.Property;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No secret is in any log, at any level, whatever happens; not even in the driver's own if somebody turns it on. */
class SnowflakeSecrecyTest {

    private static final String CONFIG = "java.util.logging.config.file";
    private static final String CANARY = "canary-7Qk2x9Zp4Lr8";

    @TempDir
    Path directory;

    private final TestAccount account = new TestAccount("DLT");
    private final Logger driver = Logger.getLogger("net.snowflake");
    private final StringWriter written = new StringWriter();

    private final Handler driversLog = new Handler() {
        @Override
        public synchronized void publish(LogRecord record) {
            written.append(new SimpleFormatter().format(record));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    private final AbstractAppender ownLog = new AbstractAppender("captured", null, null, false, Property.EMPTY_ARRAY) {
        @Override
        public void append(LogEvent event) {
            synchronized (written) {
                written.append(event.getMessage().getFormattedMessage()).append('\n');
                if (event.getThrown() != null) {
                    event.getThrown().printStackTrace(new PrintWriter(written));
                }
            }
        }
    };

    private org.apache.logging.log4j.core.Logger root() {
        return (org.apache.logging.log4j.core.Logger) LogManager.getRootLogger();
    }

    @BeforeEach
    void listen() {
        driversLog.setLevel(Level.ALL);
        driver.addHandler(driversLog);
        driver.setUseParentHandlers(false);
        driver.setLevel(Level.ALL);
        ownLog.start();
        root().addAppender(ownLog);
        Configurator.setLevel("dev.caravan", org.apache.logging.log4j.Level.ALL);
        Configurator.setLevel("org.apache.commons", org.apache.logging.log4j.Level.ALL);
    }

    @AfterEach
    void stop() {
        System.clearProperty(CONFIG);
        driver.removeHandler(driversLog);
        driver.setUseParentHandlers(true);
        driver.setLevel(Level.OFF);
        root().removeAppender(ownLog);
        Configurator.setLevel("dev.caravan", org.apache.logging.log4j.Level.INFO);
        Configurator.setLevel("org.apache.commons", org.apache.logging.log4j.Level.INFO);
        account.close();
    }

    private static final Map<String, Consumer<Snowflake>> WAYS = Map.of(
            "password", s -> s.setPassword(CANARY),
            "access-token", s -> s.setToken(CANARY),
            "oauth", s -> s.setToken(CANARY),
            "key-pair",
                    s -> {
                        s.setPrivateKey(SnowflakeTest.encrypted(TestAccount.pem(TestAccount.KEY.getPrivate()), CANARY));
                        s.setPrivateKeyPassphrase(CANARY);
                    });

    @ParameterizedTest
    @ValueSource(strings = {"password", "access-token", "oauth", "key-pair"})
    void noSecretIsLogged(String way) {
        account.snowflake
                .user("SVC_DLT")
                .password(CANARY)
                .programmaticToken(CANARY)
                .oauthToken(CANARY);
        account.snowflake.allow("^SELECT");
        for (boolean driverLogs : new boolean[] {false, true}) {
            if (driverLogs) {
                System.setProperty(CONFIG, "logging.properties");
                driver.setLevel(Level.ALL);
            }
            Snowflake settings = account.settings();
            settings.setAuthenticator(way);
            WAYS.get(way).accept(settings);
            Warehouse warehouse = account.warehouse(directory);
            warehouse.query("SELECT 1").close();
            // enough rows for files: PUT brings the credentials of the cloud's storage
            LoadProcess.load(warehouse, "load " + driverLogs, Mode.REPLACE, 2_000, 0);
            account.snowflake.expireTokens();
            LoadProcess.load(warehouse, "renewed " + driverLogs, Mode.REPLACE, 1, 0);
            settings.close();
            account.snowflake.refuseLogin(390100, "refused");
            assertThatThrownBy(() -> warehouse.query("SELECT 1"))
                    .satisfies(e -> e.printStackTrace(new PrintWriter(written)));
            account.snowflake.clearFaults();
            assertThat(settings.toString()).doesNotContain(CANARY);
        }

        String key =
                Base64.getEncoder().encodeToString(TestAccount.KEY.getPrivate().getEncoded());
        assertThat(written.toString())
                .contains("390100", "net.snowflake")
                .doesNotContain(account.snowflake.secrets())
                .doesNotContain(List.of(
                        CANARY,
                        Base64.getEncoder().encodeToString(CANARY.getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                        key.substring(100, 140)));
        assertThat(written.toString().contains("deprecating for service users")).isEqualTo(way.equals("password"));
    }
}
