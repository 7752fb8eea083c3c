package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.caravan.SilentNetwork;
import dev.caravan.data.Rows;
import dev.caravan.local.TestPostgres;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.source.TypedJdbcComponent;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run does at a database ends with the run, whatever the server and the network do. */
class EndedQueryTest {

    /** Reads row by row through a cursor instead of COPY. */
    private static final String FETCHED = "&statement.fetchSize=1";

    @TempDir
    Path directory;

    private final HikariDataSource pool = new HikariDataSource();
    private SilentNetwork network;
    private PipelineContext context;

    @BeforeEach
    void start() throws Exception {
        network = new SilentNetwork(0);
        SilentNetwork.Factory.use(network);
        pool.setJdbcUrl(TestPostgres.url() + "&socketFactory=" + SilentNetwork.Factory.class.getName());
        pool.setMinimumIdle(0);
        pool.setMaximumPoolSize(4);
        pool.setConnectionTimeout(10_000);
    }

    @AfterEach
    void stop() throws Exception {
        context.close();
        pool.close();
        network.close();
    }

    private void pipeline(String name, String options, String sql) throws Exception {
        pipeline(name, options, sql, "");
    }

    private void pipeline(String name, String options, String sql, String more) throws Exception {
        context = new PipelineContext(directory);
        context.camel.addComponent("jdbc", new TypedJdbcComponent());
        context.camel.getRegistry().bind("shop", pool);
        context.start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:" + name + "?" + options)
                        .routeId(name)
                        .setBody(constant(sql))
                        .to("jdbc:shop?resetAutoCommit=true" + more)
                        .process(EndedQueryTest::read);
            }
        });
    }

    private static void read(Exchange exchange) {
        if (exchange.getMessage().getBody() instanceof Rows rows) {
            rows.forEachRemaining(row -> {});
        }
    }

    /** What the server does for a pipeline right now. */
    private static List<Long> active(String pipeline) {
        try (Connection connection = DriverManager.getConnection(TestPostgres.url());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT pid FROM pg_stat_activity WHERE state = 'active'"
                        + " AND pid <> pg_backend_pid() AND query LIKE '%" + pipeline + "%'")) {
            List<Long> pids = new ArrayList<>();
            while (rows.next()) {
                pids.add(rows.getLong(1));
            }
            return pids;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private RunRecord cancelWhenActive(String name) throws Exception {
        CompletableFuture<RunRecord> running =
                CompletableFuture.supplyAsync(() -> context.pipelines().run(name, Map.of()));
        await().atMost(Duration.ofSeconds(60)).until(() -> !active(name).isEmpty());
        try (Ledger other = PipelineContext.ledger(directory)) {
            other.runs().cancel(other.history().last(name).orElseThrow().id());
        }
        return running.get(60, TimeUnit.SECONDS);
    }

    private void nothingIsLeft(String name) {
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            assertThat(active(name)).isEmpty();
            assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isZero();
            assertThat(Thread.getAllStackTraces().keySet())
                    .extracting(Thread::getName)
                    .doesNotContain("caravan-abort", "caravan-cancel");
            assertThat(context.camel.getInflightRepository().size()).isZero();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", FETCHED})
    void aCancelledRunLeavesNoQueryThatComputes(String way) throws Exception {
        pipeline("computes", "", "SELECT pg_sleep(600), 'computes' AS p", way);

        assertThat(cancelWhenActive("computes").state()).isEqualTo(RunState.CANCELLED);

        nothingIsLeft("computes");
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"", FETCHED})
    void aCancelledRunLeavesNoQueryThatSendsRows(String way) throws Exception {
        pipeline(
                "sends",
                "",
                "SELECT n, pg_sleep(CASE WHEN n > 3 THEN 600 END), 'sends' AS p FROM generate_series(1, 9) n",
                way);

        assertThat(cancelWhenActive("sends").state()).isEqualTo(RunState.CANCELLED);

        nothingIsLeft("sends");
    }

    @Test
    void theAdministratorOfTheServerSeesWhichPipelineReads() throws Exception {
        pipeline("named", "", "SELECT 1");
        context.camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:it's me")
                        .routeId("me")
                        .setBody(constant("SELECT current_setting('application_name') AS name"))
                        .to("jdbc:shop")
                        .process(exchange -> exchange.setVariable(
                                "global:name",
                                exchange.getMessage().getBody(Rows.class).next().get("name")));
            }
        });

        assertThat(context.pipelines().run("it's me", Map.of()).state()).isEqualTo(RunState.COMPLETED);

        assertThat(context.camel.getVariable("name")).isEqualTo("caravan it's me");
    }

    @Tag("slow")
    @Test
    void aCancelledRunLeavesNoQueryThatIsReadAsAWhole() throws Exception {
        pipeline("whole", "", "SELECT pg_sleep(600), 'whole' AS p", "&outputType=SelectList");

        assertThat(cancelWhenActive("whole").state()).isEqualTo(RunState.CANCELLED);

        nothingIsLeft("whole");
    }

    @Tag("slow")
    @Test
    void aPoolWhoseConnectionsAllDiedSilentlyWorksWhenTheNetworkDoes() throws Exception {
        pipeline(
                "dies",
                "timeout=1500&retries=0",
                "SELECT n, pg_sleep(0.1), 'dies' AS p FROM generate_series(1, 100000) n",
                FETCHED);
        for (int i = 0; i < 4; i++) {
            CompletableFuture<RunRecord> running =
                    CompletableFuture.supplyAsync(() -> context.pipelines().run("dies", Map.of()));
            await().atMost(Duration.ofSeconds(60)).until(() -> !active("dies").isEmpty());
            network.fallSilent();
            assertThat(running.get(60, TimeUnit.SECONDS).error()).contains("longer than its timeout");
            network.heal();
        }
        nothingIsLeft("dies");
        try (Connection connection = pool.getConnection()) {
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    @Tag("slow")
    @Test
    void aServerProcessThatIsFrozenHoldsNothing() throws Exception {
        pipeline(
                "freezes",
                "timeout=3000&retries=0",
                "SELECT n, pg_sleep(0.1), 'freezes' AS p FROM generate_series(1, 100000) n");
        CompletableFuture<RunRecord> running =
                CompletableFuture.supplyAsync(() -> context.pipelines().run("freezes", Map.of()));
        await().atMost(Duration.ofSeconds(60)).until(() -> !active("freezes").isEmpty());
        String pid = active("freezes").get(0).toString();
        new ProcessBuilder("kill", "-STOP", pid).start().waitFor();
        try {
            assertThat(running.get(60, TimeUnit.SECONDS).error()).contains("longer than its timeout");
            await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isZero();
                assertThat(context.camel.getInflightRepository().size()).isZero();
            });
        } finally {
            new ProcessBuilder("kill", "-CONT", pid).start().waitFor();
        }
        nothingIsLeft("freezes");
    }

    @Test
    void withoutATimeoutOfTheRunTheSocketsTimeoutEndsIt() throws Exception {
        pool.addDataSourceProperty("socketTimeout", "2");
        pipeline("waits", "retries=0", "SELECT n, pg_sleep(0.1), 'waits' AS p FROM generate_series(1, 100000) n");
        CompletableFuture<RunRecord> running =
                CompletableFuture.supplyAsync(() -> context.pipelines().run("waits", Map.of()));
        await().atMost(Duration.ofSeconds(60)).until(() -> !active("waits").isEmpty());
        network.fallSilent();

        assertThat(running.get(60, TimeUnit.SECONDS).error()).contains("socketTimeout");

        network.heal();
        assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isZero();
    }
}
