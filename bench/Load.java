package bench;

import java.nio.file.Path;

/**
 * One thing to load.
 *
 * @param name as in the results
 * @param table what is read
 * @param target the table of the target, in its schema {@code bench}
 * @param merge whether the rows are merged by {@code id} into a table that is there, or replace it
 */
record Load(String name, SourceTable table, String target, boolean merge) {

    static final Load NARROW = new Load("narrow", SourceTable.NARROW, "narrow", false);
    static final Load WIDE = new Load("wide", SourceTable.WIDE, "wide", false);
    /** Goes into what {@link #NARROW} has loaded. */
    static final Load MERGE = new Load("merge", SourceTable.CHANGED, "narrow", true);

    static final Load SMALL = new Load("small", SourceTable.SMALL, "small", false);

    /** The DuckDB file of the target. */
    Path file(Path directory) {
        return directory.resolve(target + ".duckdb");
    }

    String query() {
        return "SELECT * FROM bench." + table.name();
    }

    String description() {
        return merge
                ? "merge of %,d rows into %,d".formatted(table.rows(), SourceTable.NARROW.rows())
                : "%s: %,d x %d".formatted(name, table.rows(), table.columns().size());
    }
}
