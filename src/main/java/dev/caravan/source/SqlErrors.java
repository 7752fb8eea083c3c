package dev.caravan.source;

import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.camel.RuntimeExchangeException;

/**
 * Tells failures of one data source that another try may mend from those that it cannot, by the SQLSTATE.
 *
 * @param dataSource its name in the routes
 */
public record SqlErrors(String dataSource) {

    /** Feature, data, constraint, credentials, database, schema, and the large class of syntax, names and rights. */
    private static final Set<String> PERMANENT_CLASSES = Set.of("0A", "22", "23", "28", "3D", "3F", "42");

    /** The server wants a password and got none; a write in a read-only transaction. */
    private static final Set<String> PERMANENT_STATES = Set.of("08004", "25006");

    private static final Pattern SECRET =
            Pattern.compile("(?i)((?:password|pwd|secret|token)=|(?<=//)[^/@\\s:]*:)[^&;,\\s@]*");

    /** What to throw for a failure. */
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
            } else if (t instanceof ConnectException) {
                cause = t.getMessage();
            }
        }
        if (sql == null) {
            return failure instanceof RuntimeExchangeException // a parameter of the query is missing
                    ? new PermanentException(name() + ": " + failure.getMessage(), failure)
                    : failure;
        }
        if (isUnknownAddress(sql)) {
            // without a cause, which quotes it
            return new PermanentException(name() + " has an address that no JDBC driver here knows");
        }
        String state = sql.getSQLState() == null ? "" : sql.getSQLState();
        String message = message(sql, state, cause);
        return isPermanent(state) ? new PermanentException(message, failure) : new TransientException(message, failure);
    }

    String name() {
        return "Data source '" + dataSource + "'";
    }

    private String message(SQLException sql, String state, String cause) {
        String text = masked(String.valueOf(sql.getMessage()));
        text = text.strip().replaceAll("\\.?\\s*\\R\\s*", "; ");
        if (cause != null && !text.contains(cause)) {
            text += " (" + cause + ")";
        }
        String what = name() + " ";
        if (state.startsWith("28") || state.equals("08004")) {
            return what + "refuses the login, check its user name and password: " + text;
        }
        if (state.startsWith("08")) {
            return what + "cannot be reached, check its address and whether it runs: " + text;
        }
        return what + "failed: " + text + (state.isEmpty() ? "" : " [SQLSTATE " + state + "]");
    }

    /** A message without the passwords that it quotes. */
    public static String masked(String message) {
        return SECRET.matcher(message).replaceAll("$1xxxxxx");
    }

    /** Whether no driver can read the address, which the message quotes as a whole, maybe with a password. */
    public static boolean isUnknownAddress(SQLException failure) {
        String message = String.valueOf(failure.getMessage());
        return message.startsWith("No suitable driver") || message.startsWith("Unable to parse URL");
    }

    private static boolean isPermanent(String state) {
        return PERMANENT_STATES.contains(state)
                || (state.length() == 5 && PERMANENT_CLASSES.contains(state.substring(0, 2)));
    }

    private static List<Throwable> chain(Throwable failure) {
        List<Throwable> chain = new ArrayList<>();
        for (Throwable t = failure; t != null && !chain.contains(t); t = t.getCause()) {
            chain.add(t);
        }
        return chain;
    }
}
