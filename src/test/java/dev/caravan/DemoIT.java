package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.Installation.Result;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tour of a newcomer, and what can be looked at afterwards. */
class DemoIT {

    @TempDir
    private static Path home;

    private static Installation caravan;
    private static Result demo;
    private static Duration took;

    /** What the user had made before, by path: content and time. */
    private static Map<Path, String> before;

    private static Map<Path, String> after;

    private static Installation users;

    @BeforeAll
    static void demo() throws IOException {
        users = Installation.in(home);
        caravan = users.withEnvironment(Map.of("CARAVAN_PROFILE", "demo"));
        // what an earlier demo has left
        caravan.run("run", "currencies-weekly");
        caravan.run("pause", "currencies-weekly");
        // and what is the user's own
        users.run("run", "currencies-weekly");
        users.run("run", "exchange-rates-daily");
        users.run("pause", "products-daily");
        Files.writeString(home.resolve("data/notes.txt"), "mine");
        before = filesOfTheUser();
        long start = System.nanoTime();
        demo = users.withEnvironment(Map.of(
                        "CARAVAN_PROFILE", "local",
                        "WAREHOUSE_DIRECTORY", home.resolve("data/warehouse").toString(),
                        "LEDGER_URL", "jdbc:sqlite:" + home.resolve("data/ledger.db"),
                        "POSTGRES_URL", "jdbc:postgresql://127.0.0.1:1/shop",
                        "EXCHANGE_RATES_URL", "http://127.0.0.1:1",
                        "EXCHANGE_RATES_API_KEY", "mine",
                        "S3_BUCKET", "mine"))
                .run("demo", "--output", "json");
        took = Duration.ofNanos(System.nanoTime() - start);
        after = filesOfTheUser();
    }

    private static Map<Path, String> filesOfTheUser() throws IOException {
        Map<Path, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(home)) {
            for (Path file : all.filter(Files::isRegularFile)
                    .filter(path -> !path.startsWith(home.resolve("data/demo")))
                    .toList()) {
                files.put(
                        home.relativize(file),
                        Files.getLastModifiedTime(file) + " " + Arrays.hashCode(Files.readAllBytes(file)));
            }
        }
        return files;
    }

    @Test
    void touchesNothingButItsOwnPlace() {
        assertThat(before).containsKeys(Path.of("data/ledger.db"), Path.of("data/warehouse/DLT.duckdb"));
        assertThat(after).isEqualTo(before);
        assertThat(users.run("inspect", "products-daily", "--output", "json")
                        .json()
                        .get("paused")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void hasAProfileOfItsOwn() {
        Result other = users.run("demo", "--profile", "prod");
        assertThat(other.exit()).isEqualTo(2);
        assertThat(other.err()).contains("remove --profile prod");
    }

    @Test
    void runsEverythingAndEveryCheckHolds() {
        assertThat(demo.exit()).as(demo.err()).isZero();
        assertThat(demo.json().get("runs"))
                .extracting(run -> run.get("pipeline").asText())
                .containsExactly(
                        "currencies-weekly",
                        "exchange-rates-daily",
                        "exchange-rates-backfill",
                        "products-daily",
                        "hubspot-daily",
                        "products-daily",
                        "hubspot-daily",
                        "exchange-rates-backfill");
        assertThat(demo.json().get("runs"))
                .allSatisfy(run -> assertThat(run.get("state").asText()).isEqualTo("completed"));
        assertThat(demo.json().get("checks")).hasSize(7).allSatisfy(check -> assertThat(
                        check.get("result").asText().equals("pass"))
                .as("%s", check)
                .isTrue());
    }

    @Test
    void takesLessThanAMinute() {
        assertThat(took).isLessThan(Duration.ofMinutes(1));
    }

    @Test
    void startsClean() {
        assertThat(caravan.run("ls", "--output", "json").json())
                .allSatisfy(pipeline ->
                        assertThat(pipeline.get("paused").asBoolean()).isFalse());
        assertThat(caravan.run("sql", "SELECT load_id FROM DLT.OPEN_EXCHANGE_RATES._caravan_loads", "--output", "json")
                        .json())
                .hasSize(1);
    }

    /** The route that the README prints, as it prints it. */
    @Test
    void theReadmesPipelineRuns() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        Matcher route = Pattern.compile("```yaml\n(- route:\n    id: suppliers-weekly.*?)```", Pattern.DOTALL)
                .matcher(readme);
        assertThat(route.find()).isTrue();
        caravan.route("suppliers-weekly", route.group(1));
        try {
            Result run = users.run("run", "suppliers-weekly");
            assertThat(run.exit()).as(run.err()).isZero();
            Result rows =
                    users.run("sql", "SELECT name, country, since, rating FROM DLT.APPLICATION_DATA.SUPPLIERS LIMIT 2");
            rows.out().lines().forEach(line -> assertThat(readme).contains(line.stripTrailing()));
            assertThat(rows.out()).contains("Café Copper");
        } finally {
            Files.delete(home.resolve("routes/suppliers-weekly.yaml"));
        }
    }

    @Test
    void onlyTheChangesMoveTheSecondTime() {
        List<String> rows = Stream.of(3, 4, 5, 6, 7)
                .map(i -> demo.json().get("runs").get(i))
                .map(run -> run.get("pipeline").asText() + " " + run.get("rows").asLong())
                .toList();
        assertThat(rows)
                .containsExactly(
                        "products-daily 1000",
                        "hubspot-daily 343",
                        "products-daily 9",
                        "hubspot-daily 5",
                        "exchange-rates-backfill 0");
    }

    @Test
    void theCheckOfTheReadmeCountsTheRates() {
        JsonNode row = query("SELECT COUNT(*), MIN(date), MAX(date) FROM SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES")
                .get(0);
        assertThat(row).extracting(JsonNode::asText).containsExactly("8", "2026-09-01", "2026-09-29");
    }

    @Test
    void theViewHasOneRateForEachDayAndCurrency() {
        assertThat(query(
                        "SELECT COUNT(*) AS n, COUNT(DISTINCT (date, base, currency)) AS d, COUNT(DISTINCT date) AS days"
                                + " FROM SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES_DAILY"))
                .allSatisfy(row -> {
                    assertThat(row.get("n").asLong()).isGreaterThan(8 * 150);
                    assertThat(row.get("d")).isEqualTo(row.get("n"));
                    assertThat(row.get("days").asInt()).isEqualTo(8);
                });
    }

    @Test
    void theColumnsHaveTheirTypes() {
        assertThat(query("SELECT column_name AS name, data_type AS type FROM information_schema.columns"
                        + " WHERE table_catalog = 'SNOWPIPE' AND table_name = 'EXCHANGE_RATES'"))
                .extracting(column ->
                        column.get("name").asText() + " " + column.get("type").asText())
                .contains("date DATE", "timestamp TIMESTAMP", "base VARCHAR", "rates JSON", "_loaded_at TIMESTAMP");
    }

    @Test
    void theFilesOfTheBucketArePlainJson() throws IOException {
        Path file = home.resolve("data/demo/s3/caravan/exchange-rates/2026-09-03.json");
        assertThat(Files.readString(file)).startsWith("{").contains("\"date\":\"2026-09-03\"", "\"EUR\":");
    }

    @Test
    void theRunsAndTheirLogsAreThere() {
        Result list = caravan.run("runs", "ls", "--output", "json");
        assertThat(list.json()).hasSize(8);
        String backfill = list.json().get(0).get("run").asText();
        assertThat(caravan.run("runs", "logs", backfill).out()).contains("attempt 1 started", "7 existed already");
        JsonNode shown =
                caravan.run("runs", "show", backfill, "--output", "json").json();
        assertThat(shown.get("parameters").get("start_date").asText()).isEqualTo("2026-09-01");
        assertThat(shown.get("steps"))
                .extracting(step -> step.get("step").asText("whole"))
                .contains("plan", "arrive");
    }

    @Test
    void verifyPassesUntilSomethingIsWrong() {
        Result sound = caravan.run("verify", "--output", "json");
        assertThat(sound.exit()).as(sound.out()).isZero();
        assertThat(sound.json())
                .extracting(line ->
                        line.get("check").asText() + ": " + line.get("result").asText())
                .contains(
                        "database SNOWPIPE: pass",
                        "schema DLT.APPLICATION_DATA: pass",
                        "role: not_applicable",
                        "rows of DLT.APPLICATION_DATA.PRODUCTS: pass",
                        "freshness of SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES: pass",
                        "schedule of products-daily: pass",
                        "last run of exchange-rates-backfill: pass");
        assertThat(sound.json())
                .filteredOn(line -> line.get("check").asText().endsWith(".EXCHANGE_RATES"))
                .extracting(line -> line.get("found").asText())
                .contains("8 rows, date from 2026-09-01 to 2026-09-29");

        caravan.run("pause", "products-daily");
        Result paused = caravan.run("verify");
        caravan.run("resume", "products-daily");
        assertThat(paused.exit()).isEqualTo(1);
        assertThat(paused.out()).contains("is paused", "caravan resume products-daily");
        assertThat(paused.err()).isEmpty();
    }

    @Test
    void costNeedsNeitherSecretsNorNetwork() throws IOException {
        Files.writeString(
                home.resolve("application-elsewhere.properties"),
                """
                camel.main.routesIncludePattern = file:routes/*.yaml
                ledger.url = jdbc:sqlite:data/demo/ledger.db
                aws.region = eu-central-1
                aws.endpoint = http://127.0.0.1:1
                postgres.password = {{aws:dlt/clever-cloud-postgres#password}}
                exchange-rates.url = https://openexchangerates.org/api
                exchange-rates.api-key = {{aws:dlt/open-exchange-rates#api_key}}
                exchange-rates.arrival = log:arrived
                """);
        Result elsewhere = users.run("cost", "--profile", "elsewhere", "--output", "json");
        assertThat(elsewhere.exit()).as(elsewhere.err()).isZero();
        assertThat(elsewhere.json().get("lines"))
                .extracting(line -> line.get("component").asText())
                .containsExactly(
                        "Open Exchange Rates",
                        "Snowpipe",
                        "Snowflake warehouse",
                        "S3 storage",
                        "S3 writes",
                        "S3 reads");
        assertThat(elsewhere.json().get("lines").get(2).get("basis").asText())
                .contains("31 runs of products-daily", "(average of 2 runs)");
        assertThat(elsewhere.json().get("total").decimalValue())
                .isBetween(new BigDecimal("1.00"), new BigDecimal("3.00"));
        assertThat(caravan.run("sql", "SELECT 1", "--profile", "elsewhere").err())
                .contains("cannot be read");
        assertThat(caravan.run("cost").out()).contains("prices_as_of", "S3 storage");
    }

    @Test
    void tablesGoToStdoutAndProgressToStderr() {
        assertThat(demo.err()).contains("Running products-daily", "All checks passed");
        assertThat(caravan.run("ls").out()).contains("at 00:00 on Sunday", "2026-", "on demand");
        assertThat(caravan.run("ls").err())
                .isEqualToIgnoringNewLines("At most 8 runs execute at once in a process; the others wait"
                        + " (camel.component.pipeline.maxConcurrentRuns).");
    }

    private static JsonNode query(String sql) {
        Result result = caravan.run("sql", sql, "--output", "json");
        assertThat(result.exit()).as(result.err()).isZero();
        return result.json();
    }
}
