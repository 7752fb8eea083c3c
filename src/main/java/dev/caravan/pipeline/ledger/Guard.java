package dev.caravan.pipeline.ledger;

import dev.caravan.run.PermanentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.jdbi.v3.core.ConnectionFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Provides connections while the ledger's file is the one that was opened. Continuing with another file would lose pauses
 * and run slots twice, so all access stops.
 */
final class Guard implements ConnectionFactory {

    private static final Logger LOG = LoggerFactory.getLogger(Guard.class);

    private final Set<String> told = ConcurrentHashMap.newKeySet();
    private final DataSource pool;
    private final String name;
    private final Path file;
    private final Object key;
    private volatile long size;

    /**
     * @param file the SQLite file, or null
     */
    Guard(DataSource pool, String name, SqliteFile file) throws IOException {
        this.pool = pool;
        this.name = name;
        this.file = file == null ? null : file.path();
        BasicFileAttributes opened = file == null ? null : attributes();
        this.key = opened == null ? null : opened.fileKey();
        this.size = opened == null ? 0 : opened.size();
    }

    @Override
    public Connection openConnection() throws SQLException {
        boolean shrunk = file != null && shrunk();
        Connection connection = pool.getConnection();
        try {
            if (shrunk) {
                ensureWhole(connection);
            }
            ensureVersion(connection);
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private void ensureVersion(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet version = statement.executeQuery(Schema.VERSION_QUERY)) {
            if (version.next() && version.getInt(1) > Schema.VERSION) {
                throw refusal("was migrated by a newer version of Caravan", "use that version");
            }
        }
    }

    private BasicFileAttributes attributes() throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class);
    }

    /** Checks the file without opening it: closing it would release SQLite's locks. */
    private boolean shrunk() {
        BasicFileAttributes now;
        try {
            now = attributes();
        } catch (IOException e) {
            throw refusal("was deleted", "restore its file");
        }
        if (!Objects.equals(now.fileKey(), key)) {
            throw refusal("was replaced by another file", "decide which of the two is the right one");
        }
        long before = size;
        if (now.size() == 0) {
            throw refusal("was truncated", "restore its file");
        }
        size = now.size();
        return now.size() < before;
    }

    /** A smaller file may also be the result of VACUUM. */
    private void ensureWhole(Connection connection) {
        String found;
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("PRAGMA quick_check(1)")) {
            found = result.next() ? result.getString(1) : "no answer";
        } catch (SQLException e) {
            found = e.getMessage();
        }
        if (!found.equals("ok")) {
            size = Long.MAX_VALUE; // check again next time
            throw refusal(
                    "was truncated or damaged (" + found.lines().findFirst().orElse("") + ")", "restore its file");
        }
    }

    /** Logs the reason once. */
    private PermanentException refusal(String what, String fix) {
        String sentence =
                "The ledger " + name + " " + what + " while this process ran, which neither reads nor writes it"
                        + " any more: stop it, " + fix + ", and start again";
        if (told.add(sentence)) {
            LOG.error("{}", sentence);
        }
        return new PermanentException(sentence);
    }
}
