package dev.caravan.warehouse.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.caravan.run.FakeRun;
import dev.caravan.run.Load;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.RunEndedException;
import dev.caravan.snowflake.fake.FakeSnowflake;
import dev.caravan.snowflake.fake.ReceivedStatement;
import dev.caravan.snowflake.fake.Reply;
import dev.caravan.snowflake.fake.StatementCatalog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.apache.camel.builder.ExchangeBuilder;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The route of production that waits for Snowpipe, with the official driver. */
class ArrivalTest {

    private static final String FIRST = "exchange-rates/2026-08-08.json";
    private static final String SECOND = "exchange-rates/2026-08-09.json";

    private final FakeSnowflake snowflake = FakeSnowflake.start();
    private final List<String> asked = new ArrayList<>();
    private final AtomicInteger polls = new AtomicInteger();
    private final AtomicLong rows = new AtomicLong();
    private final List<Load> loads = new CopyOnWriteArrayList<>();
    private Main main;
    private Runnable ensureActive = () -> {};
    /** The history as each poll sees it: stage, file, status, rows, error, line. */
    private IntFunction<List<List<Object>>> history = poll -> List.of();

    private List<String> written;
    private String table = "SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES";
    private String status = "{\"executionState\":\"RUNNING\",\"pendingFileCount\":1}";

    @BeforeEach
    void startUp() {
        snowflake.user("SVC_DLT", TestAccount.KEY.getPublic());
        snowflake.allowOnly(StatementCatalog.read(StatementCatalog.PAGE));
        snowflake.handle((session, sql) -> {
            if (sql.contains("SYSTEM$PIPE_STATUS")) {
                asked.add(sql);
                return Optional.of(Reply.table(Reply.SELECT, List.of("STATUS"), List.of(List.of(status))));
            }
            if (sql.contains("COPY_HISTORY")) {
                asked.add(sql);
                return Optional.of(Reply.table(
                        Reply.SELECT,
                        List.of("STAGE_LOCATION", "FILE_NAME", "STATUS", "ROW_COUNT", "ERROR", "LINE"),
                        history.apply(polls.incrementAndGet())));
            }
            return Optional.empty();
        });
        main = start("60000");
    }

    private Main start(String timeout) {
        Main camel = new Main();
        camel.setPropertyPlaceholderLocations("false");
        camel.configure().withRoutesIncludePattern("file:routes/prod/snowpipe.yaml");
        camel.addInitialProperty("camel.component.warehouse.engine", "snowflake");
        camel.addInitialProperty("camel.beans.snowflake", "#class:" + Snowflake.class.getName());
        camel.addInitialProperty("camel.beans.snowflake.host", snowflake.url());
        camel.addInitialProperty("camel.beans.snowflake.username", "SVC_DLT");
        camel.addInitialProperty("camel.beans.snowflake.privateKey", TestAccount.pem(TestAccount.KEY.getPrivate()));
        camel.addInitialProperty("camel.beans.snowpipe", "#class:dev.caravan.snowpipe.Snowpipe");
        camel.addInitialProperty("camel.beans.snowpipe.table", table);
        camel.addInitialProperty("camel.beans.snowpipe.pipe", "EXCHANGE_RATES_PIPE");
        camel.addInitialProperty("camel.beans.snowpipe.timeout", timeout);
        camel.addInitialProperty("camel.beans.snowpipe.interval", "20");
        camel.start();
        return camel;
    }

    private void restart(String timeout) {
        main.stop();
        main = start(timeout);
    }

    @AfterEach
    void shutDown() {
        main.stop();
        snowflake.close();
    }

    @Test
    void waitsUntilEachFileIsLoaded() {
        history = poll -> switch (poll) {
            case 1 -> List.of();
            case 2 ->
                List.of(
                        row("s3://rates/exchange-rates/", "2026-08-08.json", "Load in progress", null, null, null),
                        row("s3://rates/other/", "2026-08-09.json", "Loaded", 7, null, null));
            case 3 -> List.of(row("s3://rates/exchange-rates/", "2026-08-08.json", "Loaded", 1, null, null));
            default -> List.of(row("s3://rates/", "exchange-rates/2026-08-09.json", "LOADED", 2, null, null));
        };
        assertThat(wait(List.of(FIRST, SECOND))).isNull();
        assertThat(polls).hasValue(4);
        assertThat(rows).hasValue(3);
        assertThat(loads)
                .extracting(Load::table, Load::mode, Load::inserted)
                .containsExactly(tuple("SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES", "snowpipe", 3L));
        assertThat(asked.subList(0, 2))
                .containsExactly(
                        "SELECT STAGE_LOCATION, FILE_NAME, STATUS, ROW_COUNT, FIRST_ERROR_MESSAGE, FIRST_ERROR_LINE_NUMBER"
                                + " FROM TABLE(SNOWPIPE.INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME =>"
                                + " 'SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES',"
                                + " START_TIME => DATEADD('day', -13, CURRENT_TIMESTAMP())))"
                                + " WHERE SPLIT_PART(FILE_NAME, '/', -1) IN ('2026-08-08.json', '2026-08-09.json')"
                                + " ORDER BY LAST_LOAD_TIME",
                        "SELECT SYSTEM$PIPE_STATUS('SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES_PIPE')");
        assertThat(snowflake.statements())
                .filteredOn(statement -> statement.sql().startsWith("SELECT"))
                .extracting(ReceivedStatement::queryTag)
                .isNotEmpty()
                .containsOnly("caravan:test/R1");
    }

    @Test
    void failsWithTheReasonForWhichAFileWasRefused() {
        history = poll -> List.of(
                row("s3://rates/", FIRST, "Loaded", 1, null, null),
                row("s3://rates/", SECOND, "Load failed", 0, "Error parsing JSON:\n more characters", 3));
        assertThat(wait(List.of(FIRST, SECOND)))
                .isInstanceOf(PermanentException.class)
                .hasMessageStartingWith(
                        "Snowpipe rejected " + SECOND + " (Load failed, line 3: Error parsing JSON: more characters).")
                .hasMessageContaining("COPY INTO SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES");
        assertThat(rows).hasValue(1);

        history = poll -> List.of(row("s3://rates/", FIRST, "Partially loaded", 1, "Numeric value 'x'", 1));
        assertThat(wait(List.of(FIRST)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("Partially loaded, line 1: Numeric value 'x'");
    }

    @Test
    void reportsTheRowsOfItsOwnFilesOnly() {
        history = poll -> List.of(
                row("s3://rates/", FIRST, "Loaded", 1, null, null),
                row("s3://rates/", SECOND, "Loaded", 2, null, null));
        written = List.of(SECOND);
        assertThat(wait(List.of(FIRST, SECOND))).isNull();
        assertThat(rows).hasValue(2);
        written = List.of();
        assertThat(wait(List.of(FIRST))).isNull();
        assertThat(rows).hasValue(2);
    }

    @Test
    void takesNamesInQuotes() {
        main.stop();
        table = "\"Snow pipe\".RATES.\"It's\"";
        main = start("60000");
        history = poll -> List.of(row("s3://rates/", FIRST, "Loaded", 1, null, null));
        assertThat(wait(List.of(FIRST))).isNull();
        assertThat(asked.get(0))
                .contains("TABLE(\"Snow pipe\".INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME =>"
                        + " '\"Snow pipe\".RATES.\"It''s\"'");
    }

    @Test
    void takesAFileForLoadedThatWasMendedByHand() {
        history = poll -> List.of(
                row("s3://rates/", FIRST, "Load failed", 0, "Error parsing JSON", 1),
                row("s3://rates/", FIRST, "Loaded", 1, null, null));
        assertThat(wait(List.of(FIRST))).isNull();
    }

    @Test
    void failsAtOnceIfThePipeDoesNotRun() {
        status = "{\"executionState\":\"PAUSED\",\"pendingFileCount\":4}";
        assertThat(wait(List.of(FIRST, SECOND)))
                .isInstanceOf(PermanentException.class)
                .hasMessage(FIRST + " and 1 other files cannot be loaded: the pipe"
                        + " SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES_PIPE is PAUSED. Resume it with ALTER PIPE"
                        + " SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES_PIPE SET PIPE_EXECUTION_PAUSED = FALSE."
                        + " No data is lost: caravan runs retry waits again.");
        status = "{\"executionState\":\"STALLED_COMPILATION_ERROR\",\"error\":\"Table X does not exist\"}";
        assertThat(wait(List.of(FIRST)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("is STALLED_COMPILATION_ERROR (Table X does not exist). Restore what is missing");
        assertThat(polls).hasValue(2);

        history = poll -> List.of(row("s3://rates/", FIRST, "Loaded", 1, null, null));
        assertThat(wait(List.of(FIRST))).isNull();
    }

    @Test
    void failsWhenTheTimeIsUp() {
        restart("1000");
        assertThat(wait(List.of(FIRST)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(
                        FIRST + " was not loaded into SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES within 1 s;"
                                + " the pipe is RUNNING with 1 files pending");
        assertThat(polls).hasValueGreaterThan(1);
    }

    @Test
    void doesNotAskIfItIsNotToWait() {
        assertThat(wait(List.of())).isNull();
        restart("0");
        assertThat(wait(List.of(FIRST))).isNull();
        assertThat(snowflake.statements()).isEmpty();
    }

    @Test
    void asksForAThousandFilesAtOnce() {
        List<String> files = IntStream.range(0, 2500)
                .mapToObj(i -> String.format(Locale.ROOT, "exchange-rates/%04d.json", i))
                .toList();
        history = poll -> files.stream()
                .filter(file -> asked.get(asked.size() - 1).contains("'" + file.substring(file.indexOf('/') + 1) + "'"))
                .map(file -> row("s3://rates/", file, "Loaded", 1, null, null))
                .toList();
        assertThat(wait(files)).isNull();
        assertThat(asked).hasSize(3);
        assertThat(rows).hasValue(2500);
    }

    @Test
    void endsWithItsRun() {
        ensureActive = () -> {
            throw new RunEndedException("cancelled");
        };
        long start = System.nanoTime();
        assertThat(wait(List.of(FIRST))).isInstanceOf(RunEndedException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
    }

    private static List<Object> row(Object... values) {
        return Arrays.asList(values);
    }

    private Exception wait(List<String> files) {
        Exchange exchange = ExchangeBuilder.anExchange(main.getCamelContext())
                .withProperty(Run.PROPERTY, new RunOne())
                .build();
        exchange.setVariable("files", files);
        if (written != null) {
            exchange.setVariable("filesWritten", written);
        }
        return main.getCamelContext()
                .createProducerTemplate()
                .send("direct:snowpipe", exchange)
                .getException();
    }

    private final class RunOne extends FakeRun {

        RunOne() {
            super("R1");
        }

        @Override
        public void addProgress(Exchange exchange, long more, long bytes) {
            rows.addAndGet(more);
        }

        @Override
        public void loaded(Load load) {
            loads.add(load);
        }

        @Override
        public void ensureActive() {
            ensureActive.run();
        }
    }
}
