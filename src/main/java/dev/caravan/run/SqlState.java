package dev.caravan.run;

import java.sql.SQLException;
import java.util.Set;

/**
 * The SQLSTATEs of databases, by what they mean for a retry. The first two characters are the class; states of a class that
 * mean something else are listed one by one. Vendors' own error numbers are not here.
 */
public final class SqlState {

    /**
     * No data, unsupported feature, cardinality, data, constraint, login, database, schema, limit, and the large class of
     * syntax, names and privileges: the same statement fails again.
     */
    private static final Set<String> PERMANENT_CLASSES =
            Set.of("02", "0A", "21", "22", "23", "28", "3D", "3F", "42", "54");

    /** The server requires a password and got none; a write in a read-only transaction. */
    private static final Set<String> PERMANENT_STATES = Set.of("08004", "25006");

    /** A prepared statement whose name is in use or unknown, as behind a pooler. */
    private static final Set<String> STATEMENT_NAMES = Set.of("42P05", "26000");

    private SqlState() {}

    /** Returns the SQLSTATE of a failure; an empty text if it has none. */
    public static String of(SQLException failure) {
        return failure.getSQLState() == null ? "" : failure.getSQLState();
    }

    /** Returns whether a retry cannot help. */
    public static boolean isPermanent(SQLException failure) {
        String state = of(failure);
        return PERMANENT_STATES.contains(state)
                || (state.length() == 5
                        && PERMANENT_CLASSES.contains(state.substring(0, 2))
                        && !isStatementName(failure));
    }

    /** Returns whether the database cannot be reached, or the connection is broken. */
    public static boolean isConnection(SQLException failure) {
        return of(failure).startsWith("08") && !isLogin(failure);
    }

    /** Returns whether the database rejects the login. */
    public static boolean isLogin(SQLException failure) {
        String state = of(failure);
        return state.startsWith("28") || state.equals("08004");
    }

    /** Returns whether a prepared statement has a name that is in use or unknown. */
    public static boolean isStatementName(SQLException failure) {
        return STATEMENT_NAMES.contains(of(failure));
    }
}
