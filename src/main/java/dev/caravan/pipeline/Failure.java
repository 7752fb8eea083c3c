package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.run.PermanentException;
import dev.caravan.run.RetryAfter;
import dev.caravan.run.RunEndedException;
import dev.caravan.run.SqlState;
import dev.caravan.run.TransientException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.ReadOnlyFileSystemException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.NoSuchBeanException;
import org.apache.camel.NoSuchEndpointException;
import org.apache.camel.ResolveEndpointFailedException;
import org.apache.camel.component.direct.DirectConsumerNotAvailableException;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * Why an attempt failed, and whether another one could fare better. Retryable is what is not known to be permanent.
 *
 * @param message one sentence for the ledger
 * @param retryAfter how long the other side asks to be left alone, or null
 */
record Failure(String message, boolean permanent, Duration retryAfter) {

    private static final Set<Integer> TRANSIENT_CLIENT_ERRORS = Set.of(408, 425, 429);

    static Failure of(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof PermanentException) {
                return new Failure(Errors.describe(cause), true, null);
            }
            if (cause instanceof TransientException known) {
                return new Failure(
                        Errors.describe(cause), false, known.retryAfter().orElse(null));
            }
            if (cause instanceof HttpOperationFailedException http) {
                return http(http);
            }
            if ((cause instanceof SQLException sql && SqlState.isPermanent(sql))
                    || cause instanceof AccessDeniedException
                    || cause instanceof ReadOnlyFileSystemException
                    // the route names what is not there
                    || cause instanceof ResolveEndpointFailedException
                    || cause instanceof NoSuchEndpointException
                    || cause instanceof NoSuchBeanException
                    || cause instanceof DirectConsumerNotAvailableException
                    // a library is missing, or one of the wrong version
                    || cause instanceof LinkageError) {
                return new Failure(Errors.describe(error), true, null);
            }
        }
        return new Failure(Errors.describe(error), false, null);
    }

    static Failure ended(String reason) {
        return new Failure("The attempt was ended, because " + reason, false, null);
    }

    /** Whether the message suffices without a stack trace: a failure of another system, or one with its own message. */
    static boolean isExpected(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof PermanentException
                    || cause instanceof TransientException
                    || cause instanceof RunEndedException
                    || cause instanceof HttpOperationFailedException
                    || cause instanceof IOException
                    || cause instanceof SQLException) {
                return true;
            }
        }
        return false;
    }

    private static Failure http(HttpOperationFailedException error) {
        int code = error.getHttpResponseCode();
        boolean permanent = code >= 400 && code < 500 && !TRANSIENT_CLIENT_ERRORS.contains(code);
        Duration retryAfter = Optional.ofNullable(error.getResponseHeaders()).orElse(Map.of()).entrySet().stream()
                .filter(header -> header.getKey().equalsIgnoreCase("Retry-After"))
                .findFirst()
                .map(header -> RetryAfter.parse(header.getValue()))
                .orElse(null);
        return new Failure(Errors.describe(error), permanent, retryAfter);
    }
}
