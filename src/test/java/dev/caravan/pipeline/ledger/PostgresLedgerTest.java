package dev.caravan.pipeline.ledger;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.run.PermanentException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresLedgerTest extends LedgerContract {

    private static EmbeddedPostgres server;

    @BeforeAll
    static void startServer() throws IOException {
        server = EmbeddedPostgres.start();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    @BeforeEach
    @Override
    void openLedger() {
        emptied();
        super.openLedger();
    }

    @Override
    DataSource emptied() {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP SCHEMA public CASCADE");
            statement.execute("CREATE SCHEMA public");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return server.getPostgresDatabase();
    }

    private static String url() {
        return "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/postgres";
    }

    @Override
    Ledger open() {
        return Ledger.open(url(), "postgres", "postgres");
    }

    @Override
    void migrateToNewerVersion() {
        Jdbi.create(url(), "postgres", "postgres")
                .useHandle(h -> h.execute("UPDATE ledger_schema SET version = '999' WHERE version = '3'"));
    }

    @Test
    void aRefusedLogInIsSaidWithoutThePassword() {
        assertThatThrownBy(() -> Ledger.open(url(), "nobody", "geheim"))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("nobody")
                .hasMessageNotContaining("geheim");
    }
}
