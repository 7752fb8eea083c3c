package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.AccessDeniedException;
import java.nio.file.ReadOnlyFileSystemException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FailureTest {

    static Stream<Throwable> permanent() {
        return Stream.of(
                new PermanentException("no such table"),
                new UsageException("no such date"),
                new RuntimeCamelException(new IOException("outer", new PermanentException("inner"))),
                new SQLException("password authentication failed", "28P01"),
                new SQLException("relation does not exist", "42P01"),
                new SQLException("database does not exist", "3D000"),
                new SQLException("invalid input syntax", "22P02"),
                new AccessDeniedException("/data"),
                new ReadOnlyFileSystemException(),
                http(401, null),
                http(404, null));
    }

    static Stream<Throwable> passing() {
        return Stream.of(
                new TransientException("busy"),
                new ConnectException("Connection refused"),
                new SQLException("connection lost", "08006"),
                new SQLException("deadlock", "40P01"),
                new SQLException("too many connections", "53300"),
                new SQLException("disk full", "53100"),
                new SQLException("no state at all"),
                new IOException("No space left on device"),
                new NullPointerException(),
                http(429, null),
                http(408, null),
                http(503, null));
    }

    private static HttpOperationFailedException http(int code, String retryAfter) {
        return new HttpOperationFailedException(
                "http://127.0.0.1/x",
                code,
                "",
                null,
                retryAfter == null ? Map.of() : Map.of("retry-after", retryAfter),
                "");
    }

    @ParameterizedTest
    @MethodSource
    void permanent(Throwable error) {
        assertThat(Failure.of(error).permanent()).isTrue();
    }

    @ParameterizedTest
    @MethodSource
    void passing(Throwable error) {
        assertThat(Failure.of(error).permanent()).isFalse();
    }

    @Test
    void theMessageIsThatOfWhoeverKnows() {
        assertThat(Failure.of(new RuntimeCamelException(
                                new IOException("wrapped", new PermanentException("The key is wrong"))))
                        .message())
                .isEqualTo("The key is wrong");
        assertThat(Failure.of(new RuntimeCamelException(new IOException("Connection reset")))
                        .message())
                .isEqualTo("Connection reset");
        assertThat(Failure.of(new IllegalStateException()).message()).isEqualTo("IllegalStateException");
    }

    @Test
    void whatTheOtherSideAsksForIsFound() {
        assertThat(Failure.of(new RuntimeCamelException(new TransientException("busy", Duration.ofSeconds(3), null)))
                        .retryAfter())
                .isEqualTo(Duration.ofSeconds(3));
        assertThat(Failure.of(http(429, "7")).retryAfter()).isEqualTo(Duration.ofSeconds(7));
        String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).plusMinutes(10));
        assertThat(Failure.of(http(503, date)).retryAfter()).isBetween(Duration.ofMinutes(9), Duration.ofMinutes(10));
        assertThat(Failure.of(http(429, "soon")).retryAfter()).isNull();
        assertThat(Failure.of(http(429, null)).retryAfter()).isNull();
    }

    @Test
    void aMessageHoldsNothingThatADatabaseRefuses() {
        assertThat(Failure.of(new IllegalStateException("bro\0ken")).message()).isEqualTo("broken");
    }
}
