package dev.caravan.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.data.Column;
import dev.caravan.data.Rows;
import dev.caravan.exchangerates.S3Server;
import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.main.Main;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

class LocalSnowpipeTest {

    private static final String DAY =
            "{\"date\":\"2026-08-09\",\"timestamp\":1786319999,\"base\":\"USD\",\"rates\":{\"EUR\":0.870000001,\"XAU\":0.00025}}";

    private static final String TABLE = "SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES";

    private static S3Server s3;

    @TempDir
    private Path warehouse;

    private final Main main = new Main();
    private final LocalSnowpipe snowpipe = new LocalSnowpipe();
    private String bucket;

    @BeforeAll
    static void startServer() throws Exception {
        s3 = new S3Server();
    }

    @AfterAll
    static void stopServer() {
        s3.close();
    }

    @BeforeEach
    void start(TestInfo test) {
        bucket = test.getTestMethod().orElseThrow().getName().toLowerCase(Locale.ROOT);
        s3.bucket(bucket).forEach(main::addInitialProperty);
        main.addInitialProperty("camel.component.warehouse.directory", warehouse.toString());
        main.setPropertyPlaceholderLocations("false");
        main.start();
        snowpipe.setCamelContext(main.getCamelContext());
    }

    @AfterEach
    void stop() {
        main.stop();
    }

    @Test
    void makesARowOfEachObject() {
        s3.write(bucket, "exchange-rates/2026-08-09.json", DAY);
        s3.write(bucket, "elsewhere/2026-08-10.json", DAY);
        LocalDateTime before = LocalDateTime.now(ZoneOffset.UTC).minusSeconds(2);

        List<Map<String, Object>> rows = read();

        assertThat(rows).hasSize(1);
        assertThat(rows.get(0))
                .containsEntry("date", LocalDate.parse("2026-08-09"))
                .containsEntry("timestamp", LocalDateTime.parse("2026-08-09T23:59:59"))
                .containsEntry("base", "USD")
                .containsEntry("rates", "{\"EUR\":0.870000001,\"XAU\":0.00025}")
                .containsEntry("_file", "exchange-rates/2026-08-09.json");
        assertThat((LocalDateTime) rows.get(0).get("_loaded_at")).isBetween(before, LocalDateTime.now(ZoneOffset.UTC));
        assertThat((LocalDateTime) rows.get(0).get("_modified")).isAfter(before);
        assertThat(rows.get(0).keySet())
                .containsExactlyElementsOf(snowpipe.newRows("exchange-rates/", TABLE).columns().stream()
                        .map(Column::name)
                        .toList());
    }

    /** Whatever time a file has: one that was copied keeps that of the original. */
    @Test
    void givesWhatTheTableDoesNotHave() {
        s3.write(bucket, "exchange-rates/2026-08-08.json", DAY);
        s3.write(bucket, "exchange-rates/2026-08-10.json", DAY);
        load();
        assertThat(read()).isEmpty();

        s3.write(bucket, "exchange-rates/2026-08-09.json", DAY);
        assertThat(read()).extracting(row -> row.get("_file")).containsExactly("exchange-rates/2026-08-09.json");
    }

    @Test
    void skipsWhatIsNoExchangeRatesAndReadsOn() {
        s3.write(bucket, "exchange-rates/2026-08-01.json", "{\"date\":\"2026-08-01\",\"timest");
        s3.write(bucket, "exchange-rates/2026-08-02.json", "<html>");
        s3.write(bucket, "exchange-rates/2026-08-03.json", "");
        s3.write(bucket, "exchange-rates/2026-08-04.json", "{\"date\":\"2026-08-04\"}");
        s3.write(bucket, "exchange-rates/2026-08-05.json", "[]");
        s3.write(bucket, "exchange-rates/2026-08-06.json", DAY.replace("2026-08-09", "yesterday"));
        s3.write(bucket, "exchange-rates/2026-08-07.json", DAY.replace("1786319999", "\"soon\""));
        s3.write(bucket, "exchange-rates/2026-08-08.json", DAY + DAY);
        s3.write(bucket, "exchange-rates/2026-08-09.json", DAY);

        assertThat(read()).extracting(row -> row.get("_file")).containsExactly("exchange-rates/2026-08-09.json");

        s3.write(bucket, "exchange-rates/2026-08-01.json", DAY + " ");
        assertThat(read()).hasSize(2);
    }

    @Test
    void failsARunWhoseFileItRefuses() {
        s3.write(bucket, "exchange-rates/2026-08-08.json", "<html>");
        s3.write(bucket, "exchange-rates/2026-08-09.json", DAY);
        Exchange run = new DefaultExchange(main.getCamelContext());
        snowpipe.check(run, TABLE);
        run.setVariable("files", List.of("exchange-rates/2026-08-09.json"));
        assertThatThrownBy(() -> snowpipe.check(run, TABLE))
                .isInstanceOf(TransientException.class)
                .hasMessageContaining("2026-08-09.json is in the bucket, but not in " + TABLE);
        load();
        snowpipe.check(run, TABLE);

        run.setVariable("files", List.of("exchange-rates/2026-08-09.json", "exchange-rates/2026-08-08.json"));
        assertThatThrownBy(() -> snowpipe.check(run, TABLE))
                .isInstanceOf(PermanentException.class)
                .hasMessageStartingWith("Snowpipe rejected exchange-rates/2026-08-08.json: Unexpected character ('<'");
        run.setVariable("files", List.of("exchange-rates/2026-08-07.json"));
        assertThatThrownBy(() -> snowpipe.check(run, TABLE)).hasMessageContaining("2026-08-07.json: it does not exist");
    }

    @Test
    void declaresItsColumnsWhenNothingHasArrived() {
        try (Rows rows = snowpipe.newRows("exchange-rates/", TABLE)) {
            assertThat(rows.hasNext()).isFalse();
            assertThat(rows.columns()).hasSize(7);
        }
    }

    @Test
    void readsAnObjectOnlyWhenItsRowIsAskedFor() {
        s3.write(bucket, "exchange-rates/2026-08-08.json", DAY);
        s3.write(bucket, "exchange-rates/2026-08-09.json", DAY);
        try (Rows rows = snowpipe.newRows("exchange-rates/", TABLE)) {
            rows.next();
            s3.client().deleteObject(request -> request.bucket(bucket).key("exchange-rates/2026-08-09.json"));
            assertThat(rows.hasNext()).isFalse();
        }
    }

    private void load() {
        main.getCamelContext()
                .createProducerTemplate()
                .sendBody("warehouse:" + TABLE + "?mode=append&key=_file", snowpipe.newRows("exchange-rates/", TABLE));
    }

    private List<Map<String, Object>> read() {
        List<Map<String, Object>> all = new ArrayList<>();
        try (Rows rows = snowpipe.newRows("exchange-rates/", TABLE)) {
            rows.forEachRemaining(all::add);
        }
        return all;
    }
}
