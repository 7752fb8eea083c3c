package dev.caravan.warehouse.postgresql;

import dev.caravan.run.PermanentException;
import dev.caravan.run.Secrets;
import dev.caravan.run.SqlState;
import dev.caravan.run.TransientException;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;

/** The errors of PostgreSQL: whether a retry can help, and how to fix them. */
final class PostgreSqlErrors {

    /** A statement writes in a read-only transaction. */
    private static final String READ_ONLY = "25006";
    /** A statement would change what a transaction may do, after its first query. */
    private static final String ACTIVE = "25001";

    private static final String STALE_PLAN = "cached plan must not change result type";

    /** Fixes by SQLSTATE, or by its class. */
    private static final Map<String, String> FIXES = Map.of(
            "28",
            "check the user name and the password of the data source",
            "3D000",
            "check the database in the URL of the data source",
            "08",
            "check the URL of the data source, and whether the server runs",
            "42501",
            "grant the role what it lacks: docs/warehouse.md lists the rights that loads need",
            READ_ONLY,
            "let the data source connect to the primary server, such as by targetServerType=primary in its URL",
            "55P03",
            "something else uses the table; end it, or raise camel.component.warehouse.lockTimeout",
            "53100",
            "the server's disk is full; free some space",
            "53300",
            "the server has no connection left; lower maximumPoolSize of the data sources, or raise its"
                    + " max_connections",
            "0A000",
            "drop what depends on the column, such as a view, and create it again after the load");

    private PostgreSqlErrors() {}

    /** Returns whether a read-only transaction has rejected a statement. */
    static boolean isReadOnly(SQLException failure) {
        return Set.of(READ_ONLY, ACTIVE).contains(SqlState.of(failure));
    }

    static RuntimeException explain(String action, SQLException failure) {
        String state = SqlState.of(failure);
        String reason =
                Secrets.mask(String.valueOf(failure.getMessage())).strip().replaceAll("\\s*\\R\\s*", "; ");
        String kind = state.length() == 5 ? state.substring(0, 2) : "";
        boolean isStale = reason.contains(STALE_PLAN);
        String fix = isStale ? null : FIXES.getOrDefault(state, FIXES.get(kind));
        String message = action + " failed: " + (fix == null ? reason : fix + " (" + reason + ")");
        return SqlState.isPermanent(failure) && !isStale
                ? new PermanentException(message, failure)
                : new TransientException(message, failure);
    }
}
