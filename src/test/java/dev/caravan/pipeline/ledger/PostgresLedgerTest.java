package dev.caravan.pipeline.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.run.PermanentException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
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
        return database();
    }

    @Override
    DataSource database() {
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
                .useHandle(h ->
                        h.execute("UPDATE ledger_schema SET version = '999' WHERE version = '" + Schema.VERSION + "'"));
    }

    @Override
    List<String> wholeReads(String statement) throws Exception {
        Jdbi jdbi = Jdbi.create(url() + "?preferQueryMode=simple", "postgres", "postgres");
        return jdbi.withHandle(h -> {
            h.execute("SET enable_seqscan = off");
            AtomicInteger parameters = new AtomicInteger();
            String numbered =
                    Pattern.compile("\\?").matcher(statement).replaceAll(p -> "\\$" + parameters.incrementAndGet());
            try (Statement explain = h.getConnection().createStatement();
                    ResultSet plan = explain.executeQuery("EXPLAIN (GENERIC_PLAN, FORMAT JSON) " + numbered)) {
                plan.next();
                List<String> found = new ArrayList<>();
                collect(new ObjectMapper().readTree(plan.getString(1)).get(0).get("Plan"), false, found);
                return found;
            }
        });
    }

    /**
     * @param limited whether the node above ends when it has enough rows
     */
    private static void collect(JsonNode node, boolean limited, List<String> found) {
        String type = node.get("Node Type").asText();
        String index = node.path("Index Name").asText();
        boolean wholeTable = type.equals("Seq Scan")
                && LARGE.contains(node.get("Relation Name").asText());
        boolean wholeIndex = type.matches("(Bitmap )?Index (Only )?Scan")
                && node.path("Index Cond").isMissingNode()
                && LARGE.stream().anyMatch(index::startsWith)
                && !FEW.contains(index);
        if (wholeTable || (wholeIndex && !limited)) {
            found.add(node.toString());
        }
        for (JsonNode child : node.path("Plans")) {
            collect(child, type.equals("Limit"), found);
        }
    }

    @Test
    void aMigrationTakesItsTime() throws Exception {
        emptied();
        try (Connection other = server.getPostgresDatabase().getConnection();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("CREATE TABLE runs (id TEXT)"); // in the way until it is rolled back
            CompletableFuture<Void> opened =
                    CompletableFuture.runAsync(() -> Ledger.open(url() + "?socketTimeout=1", "postgres", "postgres")
                            .close());
            Thread.sleep(2_500);
            assertThat(opened).isNotDone();
            other.rollback();
            opened.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void aRefusedLogInIsSaidWithoutThePassword() {
        assertThatThrownBy(() -> Ledger.open(url(), "nobody", "geheim"))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("nobody")
                .hasMessageNotContaining("geheim");
    }
}
