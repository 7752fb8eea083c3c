package dev.caravan.warehouse.snowflake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.snowflake.fake.FakeSession;
import dev.caravan.snowflake.fake.FakeSnowflake;
import dev.caravan.snowflake.fake.ReceivedStatement;
import dev.caravan.snowflake.fake.Reply;
import dev.caravan.snowflake.fake.StatementError;
import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.Warehouse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each query of docs/monitoring.md, as it stands there and as {@code caravan sql} runs it, against tables that have the
 * columns which Snowflake's documentation lists for its histories.
 */
class MonitoringTest {

    private static final Path PAGE = Path.of("docs/monitoring.md");
    private static final Pattern QUERY = Pattern.compile("^```sql\\n(.*?)\\n```$", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern FUNCTION =
            Pattern.compile("TABLE\\(\\w+\\.INFORMATION_SCHEMA\\.(\\w+)\\((.*?)\\)\\)\\s", Pattern.DOTALL);
    private static final Pattern VIEW = Pattern.compile("SNOWFLAKE\\.ACCOUNT_USAGE\\.(\\w+)");

    private static final Map<String, String> HISTORIES = Map.of(
            "QUERY_HISTORY",
            "QUERY_ID VARCHAR, QUERY_TEXT VARCHAR, QUERY_TYPE VARCHAR, WAREHOUSE_NAME VARCHAR, QUERY_TAG VARCHAR,"
                    + " EXECUTION_STATUS VARCHAR, ERROR_CODE NUMBER, ERROR_MESSAGE VARCHAR, START_TIME TIMESTAMP_TZ, END_TIME"
                    + " TIMESTAMP_TZ, TOTAL_ELAPSED_TIME NUMBER, ROWS_INSERTED NUMBER",
            "COPY_HISTORY",
            "FILE_NAME VARCHAR, STAGE_LOCATION VARCHAR, LAST_LOAD_TIME TIMESTAMP_TZ, ROW_COUNT NUMBER, ROW_PARSED NUMBER,"
                    + " FILE_SIZE NUMBER, FIRST_ERROR_MESSAGE VARCHAR, FIRST_ERROR_LINE_NUMBER NUMBER, FIRST_ERROR_CHARACTER_POS"
                    + " NUMBER, FIRST_ERROR_COLUMN_NAME VARCHAR, ERROR_COUNT NUMBER, ERROR_LIMIT NUMBER, STATUS VARCHAR,"
                    + " TABLE_NAME VARCHAR, PIPE_NAME VARCHAR, PIPE_RECEIVED_TIME TIMESTAMP_TZ",
            "PIPE_USAGE_HISTORY",
            "PIPE_ID NUMBER, PIPE_NAME VARCHAR, START_TIME TIMESTAMP_TZ, END_TIME TIMESTAMP_TZ, CREDITS_USED FLOAT,"
                    + " BYTES_INSERTED FLOAT, FILES_INSERTED NUMBER, BYTES_BILLED NUMBER",
            "WAREHOUSE_METERING_HISTORY",
            "START_TIME TIMESTAMP_TZ, END_TIME TIMESTAMP_TZ, WAREHOUSE_ID NUMBER, WAREHOUSE_NAME VARCHAR, CREDITS_USED FLOAT,"
                    + " CREDITS_USED_COMPUTE FLOAT, CREDITS_USED_CLOUD_SERVICES FLOAT");

    /** The arguments that the functions have. */
    private static final Map<String, List<String>> ARGUMENTS = Map.of(
            "QUERY_HISTORY", List.of("END_TIME_RANGE_START", "RESULT_LIMIT"),
            "COPY_HISTORY", List.of("TABLE_NAME", "START_TIME"));

    private static FakeSnowflake server;
    private static Warehouse warehouse;

    @BeforeAll
    static void histories(@TempDir Path home) {
        server = FakeSnowflake.start();
        server.user("SVC_DLT").programmaticToken("token");
        server.execute("CREATE DATABASE DLT");
        server.execute("CREATE SCHEMA DLT.APPLICATION_DATA");
        server.execute(
                "CREATE TABLE DLT.APPLICATION_DATA._CARAVAN_LOADS (RUN_ID VARCHAR, TABLE_NAME VARCHAR, MODE VARCHAR,"
                        + " ROWS_STAGED NUMBER, ROWS_INSERTED NUMBER, ROWS_UPDATED NUMBER, ROWS_DELETED NUMBER, COMMITTED_AT"
                        + " TIMESTAMP_TZ)");
        server.execute("INSERT INTO DLT.APPLICATION_DATA._CARAVAN_LOADS SELECT 'r1', 'PRODUCTS', 'merge', 9, 9, 0, 0,"
                + " CURRENT_TIMESTAMP()");
        server.execute("CREATE DATABASE SNOWFLAKE");
        server.execute("CREATE SCHEMA SNOWFLAKE.HISTORIES");
        HISTORIES.forEach(
                (name, columns) -> server.execute("CREATE TABLE SNOWFLAKE.HISTORIES." + name + " (" + columns + ")"));
        fill(
                "QUERY_HISTORY",
                "'q1', 'COPY INTO X', 'COPY', 'LOADING', 'caravan:products-daily/r1', 'SUCCESS', NULL, NULL, now(), now(), 3000,"
                        + " 9",
                "'q2', 'INSERT INTO X', 'INSERT', 'LOADING', 'caravan:products-daily/r2', 'FAIL', 100038, 'Numeric value',"
                        + " now(), now(), 1000, 0",
                "'q3', 'SELECT 1', 'SELECT', 'LOADING', 'somebody', 'FAIL', 1003, 'syntax', now(), now(), 5, 0");
        fill(
                "COPY_HISTORY",
                "'2026-11-22.json', 's3://b/', now(), 1, 1, 3000, NULL, NULL, NULL, NULL, 0, 1, 'Loaded', 'EXCHANGE_RATES',"
                        + " 'EXCHANGE_RATES_PIPE', now()",
                "'2026-11-23.json', 's3://b/', now(), 0, 1, 30, 'Error parsing JSON', 7, 1, NULL, 1, 1, 'Load failed',"
                        + " 'EXCHANGE_RATES', 'EXCHANGE_RATES_PIPE', now()");
        fill(
                "PIPE_USAGE_HISTORY",
                "1, 'EXCHANGE_RATES_PIPE', now(), now(), 0.5, 10, 2, 2000",
                "1," + " 'EXCHANGE_RATES_PIPE', now(), now(), 0.25, 10, 1, 1000");
        fill(
                "WAREHOUSE_METERING_HISTORY",
                "now(), now(), 1, 'LOADING', 1.1, 1.0, 0.1",
                "now(), now(), 2, 'OTHER', 5, 5, 0");
        server.handle(MonitoringTest::answer);
        Snowflake account = new Snowflake();
        account.setHost(server.url());
        account.setUsername("SVC_DLT");
        account.setAuthenticator("access-token");
        account.setToken("token");
        account.setWarehouse("LOADING");
        warehouse = new Warehouse(new SnowflakeEngine(account, home));
    }

    private static void fill(String history, String... rows) {
        for (String row : rows) {
            server.execute("INSERT INTO SNOWFLAKE.HISTORIES." + history + " SELECT "
                    + row.replace("now()", "CURRENT_TIMESTAMP()"));
        }
    }

    /** Runs a query of a history on the table that has its columns. */
    private static Optional<Reply> answer(FakeSession session, String sql) {
        if (sql.equals("SELECT SYSTEM$PIPE_STATUS('SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES_PIPE')")) {
            return Optional.of(Reply.table(
                    Reply.SELECT,
                    List.of("SYSTEM$PIPE_STATUS"),
                    List.of(List.of("{\"executionState\":\"RUNNING\",\"pendingFileCount\":0}"))));
        }
        Matcher function = FUNCTION.matcher(sql);
        if (function.find()) {
            List<String> named = Pattern.compile("(\\w+) =>")
                    .matcher(function.group(2))
                    .results()
                    .map(argument -> argument.group(1))
                    .toList();
            if (!named.equals(ARGUMENTS.get(function.group(1)))) {
                throw new StatementError(939, "22023", "invalid arguments " + named);
            }
            return Optional.of(session.execute(
                    function.replaceFirst("SNOWFLAKE.HISTORIES." + function.group(1) + " "), List.of()));
        }
        // the fake knows no DATEADD
        Matcher view =
                VIEW.matcher(sql.replaceAll("DATEADD\\('day', -(\\d+), CURRENT_DATE\\(\\)\\)", "CURRENT_DATE() - $1"));
        return view.find()
                ? Optional.of(session.execute(view.replaceFirst("SNOWFLAKE.HISTORIES." + view.group(1)), List.of()))
                : Optional.empty();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static List<String> queries() throws IOException {
        return QUERY.matcher(Files.readString(PAGE))
                .results()
                .map(MatchResult::group)
                .map(block -> block.replaceAll("```(sql)?", "").strip())
                .toList();
    }

    /** The query of the page under a heading, or the one after so many others. */
    private static String query(String heading, int number) throws IOException {
        String page = Files.readString(PAGE);
        Matcher matcher = QUERY.matcher(page.substring(page.indexOf("### " + heading)));
        for (int i = 0; i <= number; i++) {
            assertThat(matcher.find()).as(heading).isTrue();
        }
        return matcher.group(1);
    }

    private static List<Map<String, Object>> run(String sql) {
        List<Map<String, Object>> rows = new ArrayList<>();
        try (QueryResult result = warehouse.query(sql)) {
            result.forEachRemaining(values -> {
                Map<String, Object> row = new LinkedHashMap<>();
                for (int i = 0; i < values.size(); i++) {
                    row.put(result.columns().get(i), values.get(i));
                }
                rows.add(row);
            });
        }
        return rows;
    }

    @TestFactory
    List<DynamicTest> eachQueryOfThePageRuns() throws IOException {
        List<String> queries = queries();
        assertThat(queries).hasSize(9);
        return queries.stream()
                .map(sql -> DynamicTest.dynamicTest(sql.lines().findFirst().orElseThrow(), () -> {
                    assertThat(run(sql)).isNotEmpty();
                    ReceivedStatement last =
                            server.statements().get(server.statements().size() - 1);
                    assertThat(last.sql()).isEqualTo(sql);
                    assertThat(last.queryTag()).isEqualTo("caravan:sql");
                }))
                .toList();
    }

    @Test
    void onlyWhatCaravanDid() throws IOException {
        assertThat(run(query("What the runs did", 0)))
                .extracting(row -> row.get("QUERY_TAG"))
                .containsExactlyInAnyOrder("caravan:products-daily/r1", "caravan:products-daily/r2");
        assertThat(run(query("Statements that failed", 0)))
                .extracting(row -> row.get("QUERY_ID"))
                .containsExactly("q2");
    }

    @Test
    void theTimeOfAPipelineIsThatOfAllItsRuns() throws IOException {
        assertThat(run(query("Which pipeline", 0))).singleElement().satisfies(row -> {
            assertThat(row).containsEntry("PIPELINE", "caravan:products-daily").containsEntry("STATEMENTS", 2L);
            assertThat(((Number) row.get("SECONDS")).doubleValue()).isEqualTo(4);
        });
    }

    @Test
    void aRefusedFileAndItsError() throws IOException {
        assertThat(run(query("The files that Snowpipe has rejected", 0)))
                .singleElement()
                .satisfies(row -> assertThat(row)
                        .containsEntry("FILE_NAME", "2026-11-23.json")
                        .containsEntry("FIRST_ERROR_MESSAGE", "Error parsing JSON"));
    }

    @Test
    void creditsOfThePipeAndTheWarehouse() throws IOException {
        assertThat(run(query("What Snowpipe and the warehouse have cost", 0)))
                .singleElement()
                .satisfies(row ->
                        assertThat(((Number) row.get("CREDITS")).doubleValue()).isEqualTo(0.75));
        assertThat(run(query("What Snowpipe and the warehouse have cost", 1)))
                .singleElement()
                .satisfies(row ->
                        assertThat(((Number) row.get("CREDITS")).doubleValue()).isEqualTo(1.0));
    }
}
