package bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import org.postgresql.PGConnection;

/** The local PostgreSQL, which runs as long as this is open. */
final class Source implements AutoCloseable {

    private static final Path DIRECTORY = Home.PATH.resolve("data/postgres");

    final Connection connection;
    /** Who reads the tables. */
    final String user = "bench";

    final String password = UUID.randomUUID().toString();
    final String database = "shop";

    Source() throws SQLException {
        connection = connect("shop");
        try (Connection superuser = connect("postgres");
                Statement statement = superuser.createStatement()) {
            ResultSet role = statement.executeQuery("SELECT FROM pg_roles WHERE rolname = '" + user + "'");
            if (!role.next()) {
                statement.execute("CREATE ROLE " + user + " LOGIN IN ROLE pg_read_all_data");
                statement.execute("GRANT CONNECT, TEMPORARY ON DATABASE " + database + " TO " + user);
            }
            // as servers have it; the local one has fewer, which some drivers refuse
            statement.execute("SET scram_iterations = 4096");
            statement.execute("ALTER ROLE " + user + " PASSWORD '" + password + "'");
        }
    }

    private static Connection connect(String role) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:local:postgresql:" + DIRECTORY + "?user=" + role + "&options=-c%20synchronous_commit=off");
    }

    /** Makes a table, unless it is as it should be. */
    void make(SourceTable table) throws SQLException {
        String how = String.join(";\n", table.statements());
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE SCHEMA IF NOT EXISTS bench");
            ResultSet made = statement.executeQuery("SELECT obj_description(to_regclass('bench." + table.name() + "'))");
            made.next();
            if (how.equals(made.getString(1))) {
                return;
            }
            Bench.say("generating %s: %,d rows of %d columns", table.name(), table.rows(), table.columns().size());
            for (String each : table.statements()) {
                statement.execute(each);
            }
            statement.execute("COMMENT ON TABLE bench." + table.name() + " IS '" + how.replace("'", "''") + "'");
        }
    }

    /** Seconds for what PostgreSQL's driver hands on at its fastest: the bytes of a COPY, which nobody reads. */
    double copy(String query, String format, long rows) throws SQLException, IOException {
        long begin = System.nanoTime();
        long copied = copy(query, format, OutputStream.nullOutputStream());
        Bench.expect(copied == rows, "rows " + copied);
        return (System.nanoTime() - begin) / 1e9;
    }

    long copy(String query, String options, OutputStream to) throws SQLException, IOException {
        return connection
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyOut("COPY (" + query + ") TO STDOUT (" + options + ")", to);
    }

    int port() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet port = statement.executeQuery("SHOW port")) {
            port.next();
            return port.getInt(1);
        }
    }

    /** For programs that take a URL; with the password. */
    String url() throws SQLException {
        return "postgresql://" + user + ":" + password + "@127.0.0.1:" + port() + "/" + database;
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
