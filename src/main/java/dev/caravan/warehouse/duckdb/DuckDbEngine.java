package dev.caravan.warehouse.duckdb;

import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.TransientException;
import dev.caravan.warehouse.Dialect;
import dev.caravan.warehouse.Engine;
import dev.caravan.warehouse.LoadSession;
import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.TableName;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * A directory of DuckDB files, one per database. Rows are staged in a private DuckDB in memory, which spills to
 * {@code .staging} in that directory; the file of a database is open only while it is read or written.
 */
public final class DuckDbEngine implements Engine {

    private static final Pattern FULL = Pattern.compile("(?i)no space left|disk full|file too large|quota exceeded");
    private static final Pattern UNWRITABLE =
            Pattern.compile("(?i)permission denied|read-only file system|not a directory|is a directory");
    private static final Pattern CORRUPT =
            Pattern.compile("(?i)not a valid DuckDB database|corrupt|checksum|FATAL Error|INTERNAL Error");
    private static final Pattern MEMORY =
            Pattern.compile("Out of Memory Error|failed to (allocate|pin)|could not allocate");
    private static final Pattern WRONG = Pattern.compile(
            "^(Conversion|Out of Range|Catalog|Binder|Parser|Not implemented|Constraint|Invalid Input|Dependency|Permission)"
                    + " Error.*",
            Pattern.DOTALL);

    private final DatabaseFiles files;

    /**
     * @param directory the directory of the files, created when needed
     * @param lockTimeout how long to wait for a file that another process has open
     * @param memory the bytes of memory of a load or query
     */
    public DuckDbEngine(Path directory, Duration lockTimeout, long memory) {
        this.files = new DatabaseFiles(directory, lockTimeout, memory);
    }

    @Override
    public Dialect dialect() {
        return DuckDbDialect.INSTANCE;
    }

    @Override
    public LoadSession connect(TableName table, Run run) throws SQLException {
        return new DuckDbSession(files, table, run);
    }

    @Override
    public QueryResult query(String sql, Run run) throws SQLException {
        return DuckDbQuery.run(files, sql, run, failure -> explain("The query", failure));
    }

    @Override
    public String namespace() {
        return "duckdb://" + files.directory().toAbsolutePath().normalize();
    }

    @Override
    public RuntimeException explain(String action, SQLException failure) {
        String reason = String.valueOf(failure.getMessage());
        String place = files.directory().toString();
        if (FULL.matcher(reason).find()) {
            return new TransientException(
                    action + " failed: the disk of " + place + " is full; free some space (" + reason + ")", failure);
        } else if (UNWRITABLE.matcher(reason).find()) {
            return new PermanentException(
                    action + " failed: " + place
                            + " cannot be written; make it a directory that this user can write to (" + reason + ")",
                    failure);
        } else if (CORRUPT.matcher(reason).find()) {
            return new PermanentException(
                    action + " failed: a file in " + place + " is damaged or not a DuckDB database; restore it from a"
                            + " copy, or move it away to start with an empty one (" + reason + ")",
                    failure);
        } else if (MEMORY.matcher(reason).find()) {
            return new TransientException(
                    action
                            + " failed: the rows are too large for the memory of a load; load smaller values, or raise"
                            + " camel.component.warehouse.memory (" + reason + ")",
                    failure);
        } else if (WRONG.matcher(reason).matches()) {
            return new PermanentException(action + " failed: " + reason, failure);
        }
        return new TransientException(action + " failed: " + reason, failure);
    }
}
