package dev.caravan.pipeline.ledger;

import dev.caravan.run.PermanentException;
import java.io.IOException;
import java.util.Optional;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.Jdbi;

/** Migrates the ledger's tables to the version of this program. */
final class Schema {

    /** The version of the last file in {@code db/ledger}. Known here, because starting Flyway takes half a second. */
    static final int VERSION = 15;

    private static final String HISTORY = "ledger_schema";

    /** The version of an existing ledger. */
    static final String VERSION_QUERY =
            "SELECT MAX(CAST(version AS INTEGER)) FROM " + HISTORY + " WHERE success AND type <> 'BASELINE'";

    private final Jdbi jdbi;
    private final DataSource dataSource;
    private final String name;

    Schema(Jdbi jdbi, DataSource dataSource, String name) {
        this.jdbi = jdbi;
        this.dataSource = dataSource;
        this.name = name;
    }

    /**
     * @param file the SQLite file; null for PostgreSQL, which locks by itself
     */
    void migrate(SqliteFile file) throws IOException {
        int version = version().orElse(0);
        if (version > VERSION) {
            throw new PermanentException("The ledger " + name
                    + " was written by a newer version of Caravan: use that version, or another ledger");
        }
        if (version == VERSION) {
            return;
        }
        if (file != null && file.isReadOnly()) {
            throw new PermanentException("The ledger " + name
                    + " was written by an older version of Caravan, and this user can only read it: run caravan ls once as"
                    + " its owner");
        }
        if (file == null) {
            flyway();
        } else {
            file.exclusively(() -> {
                if (version().orElse(0) < VERSION) {
                    // a property of the file; readers and the writer do not block each other
                    jdbi.useHandle(h -> h.createQuery("PRAGMA journal_mode = WAL")
                            .mapTo(String.class)
                            .one());
                    flyway();
                }
            });
        }
    }

    private void flyway() {
        Flyway.configure()
                .dataSource(dataSource)
                .locations("classpath:db/ledger")
                .table(HISTORY)
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .load()
                .migrate();
    }

    /** Returns the version; empty if the ledger does not exist yet. */
    Optional<Integer> version() {
        return jdbi.withHandle(h -> {
            boolean known = h.queryMetadata(
                            db -> db.getTables(null, db.getConnection().getSchema(), HISTORY, null))
                    .mapToMap()
                    .findFirst()
                    .isPresent();
            return known ? h.createQuery(VERSION_QUERY).mapTo(Integer.class).findOne() : Optional.empty();
        });
    }
}
