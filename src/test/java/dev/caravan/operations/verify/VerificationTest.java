package dev.caravan.operations.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.Finding.Result;
import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.run.PermanentException;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.WarehouseComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Year;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The checklist in a sound installation, and with one thing broken at a time. */
class VerificationTest {

    private static final String TABLES = "DLT.SHOP.PRODUCTS(day) by products, DLT.SHOP.NAMES by names";
    private static final String LONG_AGO = "TIMESTAMPTZ '2020-01-01 00:00:00+00'";

    @TempDir
    private Path home;

    private DefaultCamelContext camel;
    private Pipelines pipelines;
    private volatile boolean broken;
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private volatile boolean waiting;

    @BeforeEach
    void runOnce() throws Exception {
        camel = new DefaultCamelContext();
        PipelineComponent pipeline = new PipelineComponent();
        pipeline.setLedgerUrl("jdbc:sqlite:" + home.resolve("ledger.db"));
        camel.addComponent("pipeline", pipeline);
        WarehouseComponent warehouse = new WarehouseComponent();
        warehouse.setDirectory(home.resolve("warehouse").toString());
        camel.addComponent("warehouse", warehouse);
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                // a schedule whose last slot was this year, and whose next one is far
                from("pipeline:products?cron=0 0 1 1 *")
                        .routeId("products")
                        .process(exchange -> comply())
                        .setBody(constant("[{\"id\":1,\"day\":\"2026-01-31\"},{\"id\":2,\"day\":\"2026-03-01\"}]"))
                        .to("warehouse:DLT.SHOP.PRODUCTS?mode=replace&type.day=DATE");
                from("pipeline:names?cron=0 0 1 1 *")
                        .routeId("names")
                        .setBody(constant("[{\"name\":\"Oak\"}]"))
                        .to("warehouse:DLT.SHOP.NAMES?mode=replace");
                from("pipeline:by-hand").routeId("by-hand").log("done");
            }
        });
        camel.start();
        camel.getPropertiesComponent().addInitialProperty(ExpectedTable.PROPERTY, TABLES);
        pipelines = pipeline.pipelines();
        pipelines.run("products", Map.of());
        pipelines.run("names", Map.of());
    }

    private void comply() throws InterruptedException {
        if (broken) {
            throw new PermanentException("The shop is closed");
        }
        if (waiting) {
            reached.countDown();
            assertThat(goOn.await(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @AfterEach
    void stop() {
        camel.stop();
    }

    private List<Finding> findings() {
        return Verification.checks(camel).stream().map(Check::finding).toList();
    }

    private Finding finding(String check) {
        return findings().stream()
                .filter(finding -> finding.check().equals(check))
                .findFirst()
                .orElseThrow();
    }

    private List<String> failed() {
        return findings().stream().filter(Finding::failed).map(Finding::check).toList();
    }

    private void warehouse(String sql) throws Exception {
        execute("jdbc:duckdb:" + home.resolve("warehouse/DLT.duckdb"), sql);
    }

    private void ledger(String sql) throws Exception {
        execute("jdbc:sqlite:" + home.resolve("ledger.db"), sql);
    }

    private static void execute(String url, String sql) throws Exception {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Such a pipeline completes run by run, and loads nothing. */
    @Test
    void aCursorInTheFutureFails() throws Exception {
        warehouse(
                "UPDATE SHOP._caravan_state SET cursor_column = 'day', cursor_type = 'DATE', cursor_value = '2026-03-01'"
                        + " WHERE table_name = 'PRODUCTS'");
        assertThat(finding("cursors").toString()).contains("DLT.SHOP.PRODUCTS by day at 2026-03-01");
        assertThat(failed()).doesNotContain("cursors");

        warehouse("UPDATE SHOP._caravan_state SET cursor_value = '2999-12-31' WHERE table_name = 'PRODUCTS'");
        assertThat(failed()).containsExactly("cursors");
        assertThat(finding("cursors").toString())
                .contains("in the future", "DLT.SHOP.PRODUCTS by day at 2999-12-31", "maxCursor: now");
    }

    @Test
    void aSoundInstallationPassesLineByLine() {
        assertThat(findings())
                .extracting(finding -> finding.check() + ": " + finding.result())
                .containsExactly(
                        "database DLT: pass",
                        "schema DLT.SHOP: pass",
                        "role: not_applicable",
                        "user: not_applicable",
                        "pipe: not_applicable",
                        "rows of DLT.SHOP.PRODUCTS: pass",
                        "rows of DLT.SHOP.NAMES: pass",
                        "freshness of DLT.SHOP.PRODUCTS: pass",
                        "freshness of DLT.SHOP.NAMES: pass",
                        "cursors: not_applicable",
                        "service: not_applicable",
                        "route files: pass",
                        "schedule of by-hand: not_applicable",
                        "schedule of names: pass",
                        "schedule of products: pass",
                        "last run of by-hand: not_applicable",
                        "last run of names: pass",
                        "last run of products: pass");
        assertThat(finding("rows of DLT.SHOP.PRODUCTS").found()).isEqualTo("2 rows, day from 2026-01-31 to 2026-03-01");
        assertThat(finding("rows of DLT.SHOP.NAMES").found()).isEqualTo("1 rows");
        assertThat(finding("freshness of DLT.SHOP.PRODUCTS").found())
                .contains("last loaded " + Year.now(ZoneOffset.UTC), "slot of products was " + slot());
        assertThat(finding("schedule of products").found()).contains(", next ");
    }

    private static String slot() {
        return Year.now(ZoneOffset.UTC) + "-01-01T00:00:00Z";
    }

    @Test
    void everyTableThatAPipelineWithAScheduleFeedsIsCheckedForFreshness() throws Exception {
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:orders?cron=0 0 1 1 *")
                        .routeId("orders")
                        .choice()
                        .when(constant(true))
                        .to("direct:load-orders")
                        .end();
                from("direct:load-orders")
                        .routeId("load-orders")
                        .to("warehouse:DLT.SHOP.ORDERS?operation=readCursor&initialValue=0")
                        .setBody(constant("[{\"id\":1}]"))
                        .to("warehouse:DLT.SHOP.ORDERS?mode=append");
            }
        });
        assertThat(finding("freshness of DLT.SHOP.ORDERS").result()).isEqualTo(Result.FAIL);
        pipelines.run("orders", Map.of());
        assertThat(finding("freshness of DLT.SHOP.ORDERS")).returns(Result.PASS, Finding::result);
        assertThat(findings())
                .filteredOn(finding -> finding.check().contains("SHOP.ORDERS"))
                .hasSize(1);
    }

    @Test
    void slotsThatNobodyRanAreFoundWhetherOrNotTheTableIsListed() throws Exception {
        // as if its last run had been half an hour ago
        ledger("UPDATE runs SET created = created - 1800000 WHERE pipeline = 'names'");
        camel.getRouteController().stopRoute("names");
        camel.removeRoute("names");
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:names?cron=*/5 * * * *").routeId("names").log("done");
            }
        });
        Finding finding = finding("last run of names");
        assertThat(finding.result()).isEqualTo(Result.FAIL);
        assertThat(finding.found()).containsPattern("completed; since then [56] slots were missed, the last at 20");
        assertThat(finding.fix()).contains("caravan run names", "keep caravan serve running");

        pipelines.pause("names");
        assertThat(finding("last run of names").result()).isEqualTo(Result.PASS);
        pipelines.resume("names");
        assertThat(finding("last run of names").result()).isEqualTo(Result.PASS);
        ledger("UPDATE pipelines SET resumed = NULL");
        assertThat(finding("last run of names").result()).isEqualTo(Result.FAIL);
        pipelines.run("names", Map.of());
        assertThat(finding("last run of names").result()).isEqualTo(Result.PASS);
    }

    @Test
    void aServiceThatIsGoneIsMissed() throws Exception {
        try (DefaultCamelContext service = service("pipeline:products?cron=0 0 1 1 *")) {
            assertThat(service.isStarted()).isTrue();
            assertThat(finding("service").result()).isEqualTo(Result.FAIL);
            assertThat(finding("service").found())
                    .contains("changed: products", "added: by-hand, names", "since it started");
        }
        assertThat(finding("service").result()).isEqualTo(Result.FAIL);
        assertThat(finding("service").found()).startsWith("no service has been running since 20");
        assertThat(finding("service").fix()).isEqualTo("start caravan serve");
    }

    /** Another process, as it were, that serves a route of its own. */
    private DefaultCamelContext service(String pipeline) throws Exception {
        DefaultCamelContext service = new DefaultCamelContext();
        PipelineComponent component = new PipelineComponent();
        component.setLedgerUrl("jdbc:sqlite:" + home.resolve("ledger.db"));
        component.setSchedule(true);
        service.addComponent("pipeline", component);
        service.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from(pipeline).routeId("other").log("done");
            }
        });
        service.start();
        return service;
    }

    @Test
    void aTableThatIsGone() throws Exception {
        warehouse("DROP TABLE SHOP.PRODUCTS");
        assertThat(failed()).containsExactly("rows of DLT.SHOP.PRODUCTS");
        Finding finding = finding("rows of DLT.SHOP.PRODUCTS");
        assertThat(finding.found()).contains("PRODUCTS does not exist").doesNotContain("\n");
        assertThat(finding.fix()).contains("run a pipeline", "products");
    }

    @Test
    void aTableThatIsEmpty() throws Exception {
        warehouse("DELETE FROM SHOP.NAMES");
        assertThat(failed()).containsExactly("rows of DLT.SHOP.NAMES");
        assertThat(finding("rows of DLT.SHOP.NAMES").fix()).isEqualTo("caravan run names");
    }

    @Test
    void aSchemaThatIsGone() throws Exception {
        warehouse("DROP SCHEMA SHOP CASCADE");
        assertThat(failed())
                .containsExactly(
                        "schema DLT.SHOP",
                        "rows of DLT.SHOP.PRODUCTS",
                        "rows of DLT.SHOP.NAMES",
                        "freshness of DLT.SHOP.PRODUCTS",
                        "freshness of DLT.SHOP.NAMES");
    }

    @Test
    void aDatabaseThatIsGone() throws Exception {
        Files.delete(home.resolve("warehouse/DLT.duckdb"));
        assertThat(failed())
                .startsWith("database DLT", "schema DLT.SHOP")
                .contains("rows of DLT.SHOP.PRODUCTS")
                .doesNotContain("last run of products");
    }

    @Test
    void dataThatAreStale() throws Exception {
        warehouse("UPDATE SHOP._caravan_loads SET committed_at = " + LONG_AGO + " WHERE table_name = 'PRODUCTS'");
        ledger("UPDATE runs SET started = 1577836800000 WHERE pipeline = 'products'");
        assertThat(failed()).containsExactly("freshness of DLT.SHOP.PRODUCTS");
        assertThat(finding("freshness of DLT.SHOP.PRODUCTS"))
                .returns("last loaded 2020-01-01T00:00:00Z; the last slot of products was " + slot(), Finding::found)
                .returns("caravan run products; for future slots, keep caravan serve running", Finding::fix);
    }

    @Test
    void dataThatHaveBeenSetBack() throws Exception {
        warehouse("UPDATE SHOP._caravan_loads SET committed_at = " + LONG_AGO + " WHERE table_name = 'PRODUCTS'");
        assertThat(failed()).containsExactly("freshness of DLT.SHOP.PRODUCTS");
        assertThat(finding("freshness of DLT.SHOP.PRODUCTS").found()).contains("the rows of run ", " are missing");
    }

    @Test
    void aRunThatFoundNothingNewIsFreshEnough() throws Exception {
        warehouse("UPDATE SHOP._caravan_loads SET committed_at = " + LONG_AGO + " WHERE table_name = 'PRODUCTS'");
        ledger("UPDATE runs SET rows = 0, bytes = 0");
        assertThat(failed()).isEmpty();
        assertThat(finding("freshness of DLT.SHOP.PRODUCTS").found()).contains("found nothing new");
    }

    @Test
    void aRunThatIsUnderWayHasTheBenefitOfTheDoubt() throws Exception {
        warehouse("UPDATE SHOP._caravan_loads SET committed_at = " + LONG_AGO + " WHERE table_name = 'PRODUCTS'");
        waiting = true;
        CompletableFuture<?> run = CompletableFuture.supplyAsync(() -> pipelines.run("products", Map.of()));
        try {
            assertThat(reached.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(failed()).isEmpty();
            assertThat(finding("freshness of DLT.SHOP.PRODUCTS").found()).contains("is in progress");
            assertThat(finding("last run of products").found()).contains(": running");
        } finally {
            goOn.countDown();
            run.join();
        }
    }

    @Test
    void aRunThatWaitsHasTheBenefitOfTheDoubt() throws Exception {
        warehouse("UPDATE SHOP._caravan_loads SET committed_at = " + LONG_AGO + " WHERE table_name = 'PRODUCTS'");
        pipelines.ledger().runs().create("products", null, Trigger.MANUAL, Map.of(), Duration.ofMinutes(5));
        assertThat(failed()).isEmpty();
        assertThat(finding("freshness of DLT.SHOP.PRODUCTS").found()).contains("is in progress");
    }

    @Test
    void rowsThatAPipeLoadsTellThemselvesWhenTheyCame() throws Exception {
        warehouse("DELETE FROM SHOP._caravan_loads WHERE table_name = 'PRODUCTS'");
        assertThat(failed()).containsExactly("freshness of DLT.SHOP.PRODUCTS");
        warehouse("ALTER TABLE SHOP.PRODUCTS ADD COLUMN _loaded_at TIMESTAMP");
        warehouse("UPDATE SHOP.PRODUCTS SET _loaded_at = TIMESTAMP '" + slot().replace("Z", "") + "'");
        assertThat(failed()).isEmpty();
        assertThat(finding("freshness of DLT.SHOP.PRODUCTS").found()).startsWith("last loaded " + slot());
    }

    @Test
    void aPipelineThatIsPaused() {
        pipelines.pause("products");
        assertThat(failed()).containsExactly("schedule of products");
        assertThat(finding("schedule of products").fix()).isEqualTo("caravan resume products");
    }

    @Test
    void aLastRunThatHasFailed() {
        broken = true;
        String run = pipelines.run("products", Map.of()).id();
        assertThat(failed()).containsExactly("last run of products");
        assertThat(finding("last run of products").found()).contains(run, "failed: The shop is closed");
        assertThat(finding("last run of products").fix()).contains("caravan runs logs " + run);
        broken = false;
        pipelines.run("products", Map.of());
        assertThat(failed()).isEmpty();
    }

    @Test
    void runsThatWereSkippedHideNothing() throws Exception {
        warehouse("UPDATE SHOP._caravan_loads SET committed_at = " + LONG_AGO + " WHERE table_name = 'PRODUCTS'");
        ledger("UPDATE runs SET rows = 0, bytes = 0");
        for (int i = 0; i < 60; i++) {
            ledger("INSERT INTO runs (id, pipeline, trigger, parameters, state, attempts, created)"
                    + " VALUES ('z%02d', 'products', 'schedule', '{}', 'skipped', 0, 4102444800000)".formatted(i));
        }
        assertThat(failed()).isEmpty();
        assertThat(finding("last run of products").found()).endsWith(": completed");
        assertThat(finding("freshness of DLT.SHOP.PRODUCTS").found()).contains("found nothing new");
    }

    @Test
    void aScheduledPipelineThatHasNeverRun() throws Exception {
        ledger("DELETE FROM runs WHERE pipeline = 'names'");
        assertThat(failed()).containsExactly("last run of names");
        assertThat(finding("last run of names").fix()).isEqualTo("caravan run names");
    }

    @Test
    void aPipelineThatThereIsNot() {
        camel.getPropertiesComponent().addInitialProperty(ExpectedTable.PROPERTY, "DLT.SHOP.PRODUCTS by nobody");
        assertThat(finding("freshness of DLT.SHOP.PRODUCTS"))
                .returns(Result.FAIL, Finding::result)
                .extracting(Finding::found)
                .asString()
                .contains("Unknown pipeline nobody");
    }

    @Test
    void aListOfTablesThatCannotBeRead() {
        for (String wrong : List.of("DLT.SHOP.PRODUCTS", "DLT.PRODUCTS by products", "DLT.SHOP.X(a b) by names")) {
            camel.getPropertiesComponent().addInitialProperty(ExpectedTable.PROPERTY, wrong);
            assertThatThrownBy(this::findings)
                    .as(wrong)
                    .isInstanceOf(UsageException.class)
                    .hasMessageContaining("DATABASE.SCHEMA.TABLE");
        }
    }
}
