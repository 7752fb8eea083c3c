package dev.caravan.operations.infra;

import dev.caravan.run.PermanentException;
import dev.caravan.run.SqlState;
import dev.caravan.run.TransientException;
import dev.caravan.warehouse.snowflake.Snowflake;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** A connection for reading and changing the objects of a Snowflake account. */
public final class AccountConnection {

    /** The object does not exist or is not visible to this role; Snowflake does not say which. */
    private static final Set<Integer> NOT_FOUND = Set.of(2003, 2043);

    private static final int NO_PRIVILEGE = 3001;
    private static final int ROLE_NOT_ASSUMED = 3167;

    private final Connection connection;
    /** The rows of each statement since the last change; many resources are in the same lists. */
    private final Map<String, List<Map<String, String>>> cache = new HashMap<>();

    /**
     * Creates it for a session.
     *
     * @param connection the session, or null for an empty account
     */
    public AccountConnection(Connection connection) {
        this.connection = connection;
    }

    /** Logs in with the administrator's credentials. */
    static Connection connect(Snowflake snowflake) {
        try {
            return snowflake.connect("caravan:infra");
        } catch (SQLException e) {
            throw new PermanentException(
                    snowflake + " cannot connect: " + reason(e) + " (" + e.getErrorCode()
                            + "); run caravan doctor for the cause",
                    e);
        }
    }

    /** Closes a session. */
    public static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            // the session ends by itself
        }
    }

    private static String reason(SQLException e) {
        return String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
    }

    /** Returns the rows of SHOW or DESC, by column name in lower case; empty if the object does not exist. */
    public List<Map<String, String>> rows(String sql) {
        return connection == null ? List.of() : cache.computeIfAbsent(sql, this::query);
    }

    private List<Map<String, String>> query(String sql) {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            List<Map<String, String>> rows = new ArrayList<>();
            while (result.next()) {
                Map<String, String> row = new LinkedHashMap<>();
                for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                    String value = result.getString(i);
                    row.put(
                            result.getMetaData().getColumnLabel(i).toLowerCase(Locale.ROOT),
                            value == null || value.equals("null") ? "" : value);
                }
                rows.add(row);
            }
            return rows;
        } catch (SQLException e) {
            if (NOT_FOUND.contains(e.getErrorCode())) {
                return List.of();
            }
            throw failure(sql, "", e);
        }
    }

    /** Returns the properties of DESC USER or DESC INTEGRATION, by name; empty if the object does not exist. */
    public Map<String, String> properties(String sql) {
        Map<String, String> properties = new LinkedHashMap<>();
        for (Map<String, String> row : rows(sql)) {
            // the column is value in DESC USER, property_value in DESC INTEGRATION
            properties.put(row.get("property"), row.getOrDefault("value", row.getOrDefault("property_value", "")));
        }
        return properties;
    }

    /**
     * Returns a statement that changes the account.
     *
     * @param privileges the privileges that it needs
     */
    Change statement(String sql, String privileges) {
        return new Change() {
            @Override
            public String description() {
                return sql;
            }

            @Override
            public void apply() {
                cache.clear();
                try (Statement statement = connection.createStatement()) {
                    statement.execute(sql);
                } catch (SQLException e) {
                    throw failure(sql, privileges, e);
                }
            }
        };
    }

    private RuntimeException failure(String sql, String privileges, SQLException e) {
        String reason = reason(e);
        int code = e.getErrorCode();
        if (code == NO_PRIVILEGE || (NOT_FOUND.contains(code) && !privileges.isEmpty())) {
            return new PermanentException(
                    "The role " + role() + " lacks the privilege for: " + sql
                            + (privileges.isEmpty() ? "" : "; it needs " + privileges)
                            + ". Connect with such a role (SNOWFLAKE_ROLE), or have an administrator run the statement ("
                            + reason + ")",
                    e);
        }
        if (code == ROLE_NOT_ASSUMED || reason.contains("Error assuming AWS_ROLE")) {
            return new PermanentException(
                    "Snowflake cannot assume the IAM role of the storage integration: attach the two policies of"
                            + " caravan infra plan --iam to that role, then apply again (" + reason + ")",
                    e);
        }
        String sentence = "Snowflake rejected: " + sql + " (" + code + ": " + reason + ")";
        return SqlState.isConnection(e) || code == 200015 || code == 200016
                ? new TransientException("Snowflake did not respond: " + sql + " (" + reason + ")", e)
                : new PermanentException(sentence, e);
    }

    private String role() {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT CURRENT_ROLE()")) {
            return row.next() ? row.getString(1) : "?";
        } catch (SQLException e) {
            return "of this connection";
        }
    }
}
