package dev.caravan.operations.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.exchangerates.OpenExchangeRates;
import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.WarehouseComponent;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Estimates whose numbers were worked out by hand, from a ledger that was written by hand. */
class CostEstimateTest {

    /** A Sunday: the 31 days from here on have five of them. */
    private static final LocalDate FROM = LocalDate.of(2026, 11, 1);

    private static final Map<String, String> PRICES = Map.ofEntries(
            Map.entry("cost.currency", "USD"),
            Map.entry("cost.as-of", "2026-11-23"),
            Map.entry("cost.source", "a price list"),
            Map.entry("cost.snowflake.credit", "2.00"),
            Map.entry("cost.snowflake.credits-per-hour", "1"),
            Map.entry("cost.snowflake.auto-suspend", "60"),
            Map.entry("cost.snowpipe.credits-per-gb", "0.0037"),
            Map.entry("cost.s3.gb-month", "0.023"),
            Map.entry("cost.s3.put", "0.005"),
            Map.entry("cost.s3.get", "0.0004"),
            Map.entry("cost.exchange-rates.quota", "1000"),
            Map.entry("cost.exchange-rates.month", "12"));

    @TempDir
    private Path home;

    private DefaultCamelContext camel;
    private int runs;

    @BeforeEach
    void start() throws Exception {
        camel = new DefaultCamelContext();
        PipelineComponent pipeline = new PipelineComponent();
        pipeline.setLedgerUrl(ledger());
        camel.addComponent("pipeline", pipeline);
        WarehouseComponent warehouse = new WarehouseComponent();
        warehouse.setDirectory(home.resolve("warehouse").toString());
        camel.addComponent("warehouse", warehouse);
        camel.getRegistry().bind("openexchangerates", new OpenExchangeRates());
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:rates?cron=0 9 * * *")
                        .routeId("rates")
                        .step("extract")
                        .to("api:openexchangerates/latest.json")
                        .end()
                        .to("direct:exchange-rates-put")
                        .to("{{exchange-rates.arrival}}");
                from("direct:snowpipe").routeId("snowpipe").log("waits");
                from("pipeline:products?cron=0 6 * * *")
                        .routeId("products")
                        .to("warehouse:DLT.SHOP.PRODUCTS?operation=readCursor&cursor=day")
                        .step("load")
                        .to("warehouse:DLT.SHOP.PRODUCTS?mode=append");
                from("pipeline:names?cron=1 6 * * *").routeId("names").to("warehouse:DLT.SHOP.NAMES?mode=append");
                from("pipeline:currencies?cron=0 0 * * 0")
                        .routeId("currencies")
                        .to("warehouse:DLT.SHOP.CURRENCIES?mode=append");
                from("pipeline:by-hand").routeId("by-hand").to("warehouse:DLT.SHOP.REST?mode=append");
            }
        });
        camel.getPropertiesComponent().addInitialProperty("exchange-rates.arrival", "direct:snowpipe");
        camel.start();
        PRICES.forEach(camel.getPropertiesComponent()::addInitialProperty);
    }

    @AfterEach
    void stop() {
        camel.stop();
    }

    private String ledger() {
        return "jdbc:sqlite:" + home.resolve("ledger.db");
    }

    /** A completed run of attempts that took so many seconds and moved so many bytes each, a minute apart. */
    private void ran(String pipeline, long bytes, int... seconds) throws Exception {
        String id = "run" + ++runs;
        try (Connection connection = DriverManager.getConnection(ledger());
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "INSERT INTO runs (id, pipeline, trigger, parameters, state, attempts, created, started, bytes)"
                            + " VALUES ('%s', '%s', 'schedule', '{}', 'completed', %d, 0, 0, %d)"
                                    .formatted(id, pipeline, seconds.length, bytes * seconds.length));
            long at = 0;
            for (int i = 0; i < seconds.length; i++) {
                statement.execute("INSERT INTO attempts (run, attempt, state, bytes, started, finished)"
                        + " VALUES ('%s', %d, 'completed', %d, %d, %d)"
                                .formatted(id, i + 1, bytes, at, at + seconds[i] * 1000L));
                at += seconds[i] * 1000L + 60_000;
            }
        }
    }

    private CostEstimate estimate() {
        return CostEstimate.of(camel, FROM);
    }

    private static CostLine line(CostEstimate estimate, String component) {
        return estimate.lines().stream()
                .filter(line -> line.component().equals(component))
                .findFirst()
                .orElseThrow();
    }

    private static void holds(CostEstimate estimate, String component, String quantity, String price, String amount) {
        CostLine line = line(estimate, component);
        assertThat(line.quantity()).as(line.toString()).isEqualByComparingTo(quantity);
        assertThat(line.amount()).as(line.toString()).isEqualByComparingTo(amount);
        if (price == null) {
            assertThat(line.price()).isNull();
        } else {
            assertThat(line.price()).as(line.toString()).isEqualByComparingTo(price);
        }
    }

    @Test
    void aMonthOfFourPipelines() throws Exception {
        ran("rates", 1_000_000, 5);
        ran("rates", 1_500_000, 5, 5);
        ran("products", 10, 30, 10);
        ran("names", 10, 20);
        ran("currencies", 10, 10);
        CostEstimate estimate = estimate();

        // 31 runs, (1 + 2) / 2 attempts each
        holds(estimate, "Open Exchange Rates", "46.5", null, "12");
        assertThat(line(estimate, "Open Exchange Rates").basis())
                .isEqualTo("4.7 % of the plan's 1,000; 31 runs of rates, 1.50 attempts each (average of 2 runs);"
                        + " one request per attempt");
        // 31 runs, (1 + 3) / 2 MB each; 0.0037 credits at 2.00
        holds(estimate, "Snowpipe", "0.062", "0.0074", "0.000459");
        // 31 mornings: products from 06:00:00 for 40 s, names from 06:01:00 for 20 s, before the minute of idling is
        // over,
        // so on from 06:00:00 to 06:02:20, 140 s; 5 Sundays of 10 s and 60 s of idling; rates (5 + 10) / 2 s, and a
        // minute
        // for Snowpipe, since the ledger knows DuckDB's time only: 31 * 140 + 5 * 70 + 31 * (7.5 + 60 + 60)
        holds(estimate, "Snowflake warehouse", "8642.5", "0.00055556", "4.801389");
        assertThat(line(estimate, "Snowflake warehouse").basis())
                .startsWith("67 resumes")
                .contains("31 runs of rates, 67.5 s each (average of 2 runs, plus 60 s assumed for Snowpipe)")
                .contains("31 runs of products, 40.0 s each", "5 runs of currencies, 10.0 s each (from its only run)")
                .doesNotContain("by-hand");
        // 12 months of 0.062 GB
        holds(estimate, "S3 storage", "0.744", "0.023", "0.017112");
        holds(estimate, "S3 writes", "46.5", "0.000005", "0.000233");
        holds(estimate, "S3 reads", "31", "0.0000004", "0.000012");
        assertThat(estimate.total()).isEqualByComparingTo("16.82");
        assertThat(estimate).returns("USD", CostEstimate::currency).returns("2026-11-23", CostEstimate::asOf);
    }

    @Test
    void whatIsNotKnownIsAssumedAndSaid() {
        CostEstimate estimate = estimate();
        // 31 runs of 5,000 bytes
        holds(estimate, "Snowpipe", "0.000155", "0.0074", "0.000001");
        assertThat(line(estimate, "Snowpipe").basis()).contains("5,000 bytes each (assumed: it has not run yet)");
        // 30 s each: products and names share 06:00:00 to 06:02:30, 150 s; Sundays 90 s; rates 30 s, and a minute for
        // Snowpipe: 31 * 150 + 5 * 90 + 31 * 150
        holds(estimate, "Snowflake warehouse", "9750", "0.00055556", "5.416667");
    }

    @Test
    void onlyTheLastThirtyRunsCount() throws Exception {
        ran("rates", 90_000_000, 5);
        for (int i = 0; i < 30; i++) {
            ran("rates", 1_000_000, 5);
        }
        // 31 runs of 1 MB
        holds(estimate(), "Snowpipe", "0.031", "0.0074", "0.000229");
    }

    @Test
    void moreRequestsThanThePlanHas() {
        camel.getPropertiesComponent().addInitialProperty("cost.exchange-rates.quota", "20");
        assertThat(line(estimate(), "Open Exchange Rates").basis())
                .startsWith("155.0 % of the plan's 20, exceeds the plan");
    }

    @Test
    void aResumeIsBilledForAMinuteAtLeast() throws Exception {
        ran("products", 10, 4);
        ran("names", 10, 4);
        ran("currencies", 10, 4);
        ran("rates", 10, 4);
        camel.getPropertiesComponent().addInitialProperty("cost.snowflake.auto-suspend", "5");
        // 9 s on, 60 s billed; products and names do not meet any more: 31 + 31 + 5 resumes; rates 4 + 60 + 5 s
        holds(estimate(), "Snowflake warehouse", "6159", "0.00055556", "3.421667");
    }

    @Test
    void aWaitForSnowpipeIsKnownWhereRunsHaveWaitedForIt() throws Exception {
        camel.getComponent("warehouse", WarehouseComponent.class).setEngine("snowflake");
        ran("rates", 10, 100);
        CostLine line = line(estimate(), "Snowflake warehouse");
        assertThat(line.basis()).contains("31 runs of rates, 100.0 s each (from its only run)");
    }

    @Test
    void whatNoPipelineUsesNeedsNoPrice() throws Exception {
        PRICES.keySet().stream()
                .filter(price -> price.matches("cost\\.(s3|snowpipe|exchange-rates)\\..*"))
                .forEach(price -> camel.getPropertiesComponent().addInitialProperty(price, ""));
        camel.getRouteController().stopRoute("rates");
        camel.removeRoute("rates");

        CostEstimate estimate = estimate();

        assertThat(line(estimate, "S3 writes").amount()).isZero();
        assertThat(line(estimate, "Open Exchange Rates").basis()).contains("no scheduled pipeline uses it");
        assertThat(line(estimate, "Snowflake warehouse").amount()).isPositive();
    }

    @Test
    void aPriceThatIsMissingOrNone() {
        for (String wrong : List.of("", "two", "-1")) {
            camel.getPropertiesComponent().addInitialProperty("cost.s3.put", wrong);
            assertThatThrownBy(this::estimate)
                    .isInstanceOf(UsageException.class)
                    .hasMessageContaining("cost.s3.put is ");
        }
    }

    @Test
    void aCronOfSecondsIsEstimatedFromItsFirstSlots() throws Exception {
        camel.getRegistry().bind("openexchangerates", new OpenExchangeRates());
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:often?cron=*/5 * * * * ?").routeId("often").to("warehouse:DLT.SHOP.OFTEN?mode=append");
            }
        });
        CostLine warehouse = line(estimate(), "Snowflake warehouse");
        assertThat(warehouse.basis()).contains("535680 runs of often", "1 resumes");
        assertThat(warehouse.quantity().doubleValue()).isBetween(31 * 86400.0 - 60, 31 * 86400.0 + 200);
    }
}
