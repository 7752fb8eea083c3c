package bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.PGConnection;

/** The local PostgreSQL, which runs as long as this is open. */
final class Source implements AutoCloseable {

    private static final Path DIRECTORY = Home.PATH.resolve("data/postgres");

    final Connection connection;
    final String user = "shop";
    final String database = "shop";

    Source() throws SQLException {
        connection = DriverManager.getConnection(
                "jdbc:local:postgresql:" + DIRECTORY + "?user=" + user + "&options=-c%20synchronous_commit=off");
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

    int port() throws IOException {
        return Integer.parseInt(service("port"));
    }

    String password() throws IOException {
        return service("password");
    }

    private String service(String key) throws IOException {
        Matcher value = Pattern.compile("\\[" + user + "][^\\[]*\\n" + key + "=(\\S+)")
                .matcher(Files.readString(DIRECTORY.resolve("pg_service.conf")));
        Bench.expect(value.find(), "no " + key);
        return value.group(1);
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
