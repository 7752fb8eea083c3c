package dev.caravan.source;

import dev.caravan.run.PermanentException;
import dev.caravan.run.Secrets;
import dev.caravan.run.SqlState;
import dev.caravan.run.TransientException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.apache.camel.RuntimeExchangeException;

/**
 * Classifies failures of a data source as transient or permanent, by SQLSTATE.
 *
 * @param dataSource the name of the data source in the routes
 */
public record SqlErrors(String dataSource) {

    /** Problems with certificates or sslmode, which a retry does not fix. */
    private static final Pattern UNTRUSTED = Pattern.compile(
            "(?i)certificate|sslmode|PKIX|host ?name .* could not be verified|does not support SSL|no name matching");

    /** Returns the exception to throw for a failure. */
    Exception translate(Exception failure) {
        SQLException sql = null;
        String cause = null;
        for (Throwable t : chain(failure)) {
            if (t instanceof PermanentException || t instanceof TransientException) {
                return (RuntimeException) t;
            }
            if (t instanceof SQLException e && (sql == null || e.getSQLState() != null)) {
                sql = e;
            }
            if (t instanceof UnknownHostException) {
                cause = "unknown host " + t.getMessage();
            } else if (t instanceof ConnectException || t instanceof SSLException) {
                cause = t.getMessage();
            } else if (t instanceof SocketTimeoutException && "Read timed out".equals(t.getMessage())) {
                cause =
                        "no data within the data source's socketTimeout; raise it if the query needs longer before its first"
                                + " row";
            }
        }
        if (sql == null) {
            return failure instanceof RuntimeExchangeException // a parameter of the query is missing
                    ? new PermanentException(name() + ": " + failure.getMessage(), failure)
                    : failure;
        }
        if (isUnknownAddress(sql)) {
            // without the cause, which quotes the address
            return new PermanentException(name() + " has an address that no installed JDBC driver accepts");
        }
        String text = text(sql, cause);
        boolean untrusted =
                SqlState.of(sql).startsWith("08") && UNTRUSTED.matcher(text).find();
        String message = name() + " " + message(sql, text, untrusted);
        return untrusted || SqlState.isPermanent(sql) || isTooSlow(sql, text)
                ? new PermanentException(message, failure)
                : new TransientException(message, failure);
    }

    String name() {
        return "Data source '" + dataSource + "'";
    }

    private static String text(SQLException sql, String cause) {
        String text = Secrets.mask(String.valueOf(sql.getMessage()));
        text = text.strip().replaceAll("\\.?\\s*\\R\\s*", "; ");
        return cause == null || text.contains(cause) ? text : text + " (" + cause + ")";
    }

    private static String message(SQLException sql, String text, boolean untrusted) {
        if (untrusted) {
            return "cannot establish a trusted TLS connection; check sslmode, the host name and the root certificate"
                    + " (sslrootcert, by default ~/.postgresql/root.crt): " + text;
        }
        if (SqlState.isLogin(sql)) {
            return "rejected the login; check its user name and password: " + text;
        }
        if (SqlState.isConnection(sql)) {
            return "cannot be reached; check its address and whether it runs: " + text;
        }
        String state = SqlState.of(sql);
        return "failed: " + text + (state.isEmpty() ? "" : " [SQLSTATE " + state + "]") + advice(sql, text);
    }

    private static String advice(SQLException sql, String text) {
        if (isTooSlow(sql, text)) {
            return "; begin the query with SET LOCAL statement_timeout = '30min'; or read less at a time";
        }
        if (SqlState.of(sql).equals("25006")) {
            return "; for a statement that writes set outputType: SelectList";
        }
        return SqlState.isStatementName(sql)
                ? "; behind a pooler such as PgBouncer set prepareThreshold=0 in the data source"
                : "";
    }

    /** Returns whether the server's statement timeout expired; a manual cancel has the same state. */
    private static boolean isTooSlow(SQLException sql, String text) {
        return SqlState.of(sql).equals("57014") && text.contains("statement timeout");
    }

    /** Returns whether no driver accepts the address, which the message quotes, possibly with a password. */
    public static boolean isUnknownAddress(SQLException failure) {
        String message = String.valueOf(failure.getMessage());
        return message.startsWith("No suitable driver") || message.startsWith("Unable to parse URL");
    }

    private static List<Throwable> chain(Throwable failure) {
        List<Throwable> chain = new ArrayList<>();
        for (Throwable t = failure; t != null && !chain.contains(t); t = t.getCause()) {
            chain.add(t);
        }
        return chain;
    }
}
