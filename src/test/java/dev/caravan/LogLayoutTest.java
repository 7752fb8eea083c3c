package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.sql.SQLException;
import java.time.Instant;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.message.SimpleMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How a line of the log reads. */
class LogLayoutTest {

    @AfterEach
    void noDebug() {
        System.clearProperty("caravan.debug");
    }

    private static String line(Level level, String logger, Throwable thrown) throws Exception {
        return line("console", level, logger, "marked as broken", thrown);
    }

    private static String line(String appender, Level level, String logger, String message, Throwable thrown)
            throws Exception {
        URI settings = LogLayoutTest.class.getResource("/log4j2.properties").toURI();
        try (LoggerContext context = new LoggerContext("test", null, settings)) {
            context.start();
            return context.getConfiguration()
                    .getAppender(appender)
                    .getLayout()
                    .toSerializable(Log4jLogEvent.newBuilder()
                            .setLoggerName(logger)
                            .setLevel(level)
                            .setMessage(new SimpleMessage(message))
                            .setThrown(thrown)
                            .setTimeMillis(
                                    Instant.parse("2026-11-27T20:20:00.048Z").toEpochMilli())
                            .build())
                    .toString();
        }
    }

    @Test
    void itHasADateAndAZoneAndTheFileOfARoute() throws Exception {
        assertThat(line(Level.INFO, "dev.caravan.pipeline.PipelineRun", null))
                .isEqualTo("2026-11-27 20:20:00.048Z INFO  PipelineRun - marked as broken\n");
        assertThat(line(Level.INFO, "ti.yaml:8", null))
                .isEqualTo("2026-11-27 20:20:00.048Z INFO  ti.yaml:8 - marked as broken\n");
    }

    @Test
    void aWarningHasItsExceptionInTheSameLineUnlessDebuggingIsAskedFor() throws Exception {
        SQLException cut = new SQLException("An I/O error occurred");
        assertThat(line(Level.WARN, "com.zaxxer.hikari.pool.ProxyConnection", cut))
                .isEqualTo(
                        "2026-11-27 20:20:00.048Z WARN  ProxyConnection - marked as broken: An I/O error occurred\n");
        assertThat(line(Level.WARN, "test", null)).endsWith("WARN  test - marked as broken\n");
        System.setProperty("caravan.debug", "true");
        assertThat(line(Level.WARN, "com.zaxxer.hikari.pool.ProxyConnection", cut))
                .contains("java.sql.SQLException: An I/O error occurred", "\tat ");
    }

    @Test
    void asJsonAnErrorIsOneLineWithItsStackAndWithoutSecrets() throws Exception {
        String line = line(
                "json",
                Level.ERROR,
                "dev.caravan.Some",
                "{\"password\": \"canary\"} Authorization: canary",
                new SQLException("login of a:canary@host\n-----BEGIN PRIVATE KEY-----\ncanary"));
        assertThat(line).doesNotContain("canary").endsWith("}\n");
        assertThat(line.lines()).hasSize(1);
        JsonNode json = new ObjectMapper().readTree(line);
        assertThat(json.get("@timestamp").textValue()).isEqualTo("2026-11-27T20:20:00.048Z");
        assertThat(json.get("log.level").textValue()).isEqualTo("ERROR");
        assertThat(json.get("log.logger").textValue()).isEqualTo("dev.caravan.Some");
        assertThat(json.get("error.type").textValue()).isEqualTo("java.sql.SQLException");
        assertThat(json.get("error.stack_trace").textValue()).contains("java.sql.SQLException: login of a:");
        assertThat(json.has("run")).isFalse();
    }
}
