package dev.caravan.operations.infra;

import dev.caravan.run.PermanentException;
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

/** An account of Snowflake, as the one sees it who set it up. */
public final class AccountConnection {

    /** Missing, or not to be seen by this role: Snowflake does not say which. */
    private static final Set<Integer> NOT_THERE = Set.of(2003, 2043);

    private static final int NO_PRIVILEGE = 3001;
    private static final int ROLE_NOT_ASSUMED = 3167;

    private final Connection connection;
    /** What was asked since the last change: many objects are found in the same lists. */
    private final Map<String, List<Map<String, String>>> known = new HashMap<>();

    /**
     * An account that is asked through a session.
     *
     * @param connection the session, or null for an account that has nothing yet
     */
    public AccountConnection(Connection connection) {
        this.connection = connection;
    }

    /** Connects with the administrator's credentials. */
    static Connection connect(Snowflake snowflake) {
        try {
            return snowflake.connect("caravan:infra");
        } catch (SQLException e) {
            throw new PermanentException(
                    snowflake + " cannot connect: " + reason(e) + " (" + e.getErrorCode()
                            + "); `caravan doctor` says why",
                    e);
        }
    }

    /** Ends a session. */
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

    /** The rows of SHOW or DESC, with the columns' names in lower case; none if what is asked about is not there. */
    public List<Map<String, String>> rows(String sql) {
        return connection == null ? List.of() : known.computeIfAbsent(sql, this::ask);
    }

    private List<Map<String, String>> ask(String sql) {
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
            if (NOT_THERE.contains(e.getErrorCode())) {
                return List.of();
            }
            throw refused(sql, "", e);
        }
    }

    /** The properties that DESC of a user or an integration gives, by name; empty if it is not there. */
    public Map<String, String> properties(String sql) {
        Map<String, String> properties = new LinkedHashMap<>();
        for (Map<String, String> row : rows(sql)) {
            // DESC USER says value, DESC INTEGRATION property_value
            properties.put(row.get("property"), row.getOrDefault("value", row.getOrDefault("property_value", "")));
        }
        return properties;
    }

    /**
     * A statement that changes the account.
     *
     * @param takes who may do that, as the end of a sentence
     */
    Change statement(String sql, String takes) {
        return new Change() {
            @Override
            public String description() {
                return sql;
            }

            @Override
            public void apply() {
                known.clear();
                try (Statement statement = connection.createStatement()) {
                    statement.execute(sql);
                } catch (SQLException e) {
                    throw refused(sql, takes, e);
                }
            }
        };
    }

    private RuntimeException refused(String sql, String takes, SQLException e) {
        String reason = reason(e);
        int code = e.getErrorCode();
        if (code == NO_PRIVILEGE || (NOT_THERE.contains(code) && !takes.isEmpty())) {
            return new PermanentException(
                    "The role " + role() + " may not run this: " + sql + (takes.isEmpty() ? "" : "; it takes " + takes)
                            + ". Connect with such a role (SNOWFLAKE_ROLE), or hand the statement to somebody who has it ("
                            + reason + ")",
                    e);
        }
        if (code == ROLE_NOT_ASSUMED || reason.contains("Error assuming AWS_ROLE")) {
            return new PermanentException(
                    "Snowflake may not yet act as the IAM role of the storage integration: give that role the two"
                            + " policies that `caravan infra plan --iam` prints for it, then apply again (" + reason
                            + ")",
                    e);
        }
        String sentence = "Snowflake refused: " + sql + " (" + code + ": " + reason + ")";
        return String.valueOf(e.getSQLState()).startsWith("08") || code == 200015 || code == 200016
                ? new TransientException("Snowflake did not answer: " + sql + " (" + reason + ")", e)
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
