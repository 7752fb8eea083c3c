package dev.caravan.source;

import dev.caravan.data.Column;
import dev.caravan.data.Rows;
import dev.caravan.run.PermanentException;
import java.util.List;
import org.slf4j.LoggerFactory;

/** The rows of one query. */
interface SourceRows extends Rows {

    /** Closes without failing: the rows have been read or are no longer needed. */
    default void closeQuietly() {
        try {
            close();
        } catch (RuntimeException e) {
            LoggerFactory.getLogger(getClass()).debug("Closing failed", e);
        }
    }

    /** Returns the header of the rows; their names must be unique. */
    static Row.Header header(List<Column> columns) {
        List<String> names = columns.stream().map(Column::name).toList();
        Row.Header header = new Row.Header(names);
        if (header.size() < names.size()) {
            throw new PermanentException(
                    "The query has duplicate column names in " + names + ": rename one of them with AS");
        }
        return header;
    }

    /** Returns the failure of a value that this program or the driver cannot represent. */
    static PermanentException unreadable(SqlErrors errors, Column column, RuntimeException failure) {
        return new PermanentException(
                errors.name() + ": the driver cannot read a value of column '" + column.name() + "' ("
                        + failure.getMessage() + "): CAST it to text in the query",
                failure);
    }
}
