package dev.caravan.exchangerates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.caravan.local.ExchangeRateServer;
import dev.caravan.run.Day;
import dev.caravan.run.PermanentException;
import dev.caravan.run.RunEndedException;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Exchange;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

class ExchangeRateBackfillTest {

    private static S3Server s3;
    private static ExchangeRateServer server;

    /** The days that the API was asked for. */
    private final List<String> asked = new CopyOnWriteArrayList<>();

    private Map<String, String> properties;
    private String bucket;
    private App app;

    @BeforeAll
    static void startServers() throws Exception {
        s3 = new S3Server();
        server = ExchangeRateServer.start();
    }

    @AfterAll
    static void stopServers() {
        server.close();
        s3.close();
    }

    @BeforeEach
    void startApp(TestInfo test) {
        bucket = test.getTestMethod().orElseThrow().getName().toLowerCase(Locale.ROOT);
        server.inject("");
        server.quota(1_000);
        server.listen(request -> {
            String path = request.getRequestURI().getPath();
            if (path.startsWith("/api/historical/")) {
                asked.add(path.substring("/api/historical/".length()).replace(".json", ""));
            }
        });
        properties = s3.bucket(bucket);
        app = new App(server, properties);
    }

    @AfterEach
    void stopApp() {
        app.close();
    }

    @Test
    void fetchesEachDayIntoItsObject() {
        Exchange run = backfill("2026-08-09", "2026-08-15", false);

        assertThat(run.getException()).isNull();
        assertThat(run.getMessage().getBody(String.class))
                .isEqualTo("7 days were put into the bucket, 0 existed already");
        assertThat(s3.keys(bucket))
                .containsExactlyElementsOf(LocalDate.parse("2026-08-09")
                        .datesUntil(LocalDate.parse("2026-08-16"))
                        .map(day -> "exchange-rates/" + day + ".json")
                        .toList());
        assertThat(s3.read(bucket, "exchange-rates/2026-08-15.json"))
                .startsWith(
                        "{\"date\":\"2026-08-15\",\"timestamp\":1786838399,\"base\":\"USD\",\"rates\":{\"AED\":3.6725,")
                .doesNotContain("\n");
        assertThat(asked).hasSize(7);
        assertThat(app.bytes)
                .hasValue(s3.keys(bucket).stream()
                        .mapToLong(key -> s3.read(bucket, key).length())
                        .sum());
        assertThat(app.arrivals).hasValue(1);
        assertThat(app.days).hasSize(7).allSatisfy((day, state) -> assertThat(state)
                .isEqualTo(Day.State.PRESENT));
    }

    @Test
    void spendsNoRequestOnDaysThatAreInTheBucket() {
        backfill("2026-08-09", "2026-08-15", false);
        asked.clear();
        app.days.clear();
        app.bytes.set(0);
        server.quota(0);
        Exchange again = backfill("2026-08-09", "2026-08-15", false);

        assertThat(again.getException()).isNull();
        assertThat(app.days).hasSize(7).allSatisfy((day, state) -> assertThat(state)
                .isEqualTo(Day.State.PRESENT));
        assertThat(again.getMessage().getBody(String.class))
                .isEqualTo("0 days were put into the bucket, 7 existed already");
        assertThat(asked).isEmpty();
        assertThat(app.bytes).hasValue(0);
    }

    @Test
    void givesObjectsOfAForcedRunNamesOfTheirOwn() {
        backfill("2026-08-09", "2026-08-10", false);
        String before = s3.read(bucket, "exchange-rates/2026-08-09.json");
        Exchange forced = backfill("2026-08-09", "2026-08-10", true);
        Exchange secondAttempt = backfill("2026-08-09", "2026-08-10", true);

        assertThat(forced.getException()).isNull();
        assertThat(secondAttempt.getException()).isNull();
        assertThat(s3.keys(bucket))
                .containsExactly(
                        "exchange-rates/2026-08-09.R1.json",
                        "exchange-rates/2026-08-09.json",
                        "exchange-rates/2026-08-10.R1.json",
                        "exchange-rates/2026-08-10.json");
        assertThat(s3.read(bucket, "exchange-rates/2026-08-09.json")).isEqualTo(before);
        assertThat(asked).hasSize(4);
    }

    @Test
    void stopsInOrderWhenTheQuotaIsTooSmallAndGoesOnFromThere() {
        int days = daysRemaining();
        server.quota(10 + days);
        Exchange stopped = backfill("2026-09-01", "2026-09-15", false);

        assertThat(stopped.getException())
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("Open Exchange Rates has too few requests left: 15 are needed, and the quota has "
                        + (10 + days) + " requests left, of which " + days
                        + " are reserved for the daily runs until it is reset.")
                .hasMessageContaining("10 days were put into the bucket, 0 existed already; 5 days remain: 2026-09-11"
                        + " to 2026-09-15. Run the same command again to continue from there.");
        assertThat(s3.keys(bucket)).hasSize(10).endsWith("exchange-rates/2026-09-10.json");
        assertThat(app.arrivals).hasValue(1);
        assertThat(app.ask("/latest.json").getException()).isNull();

        server.quota(1_000);
        asked.clear();
        Exchange resumed = backfill("2026-09-01", "2026-09-15", false);

        assertThat(resumed.getException()).isNull();
        assertThat(asked).hasSize(5).doesNotContain("2026-09-10");
        assertThat(s3.keys(bucket)).hasSize(15);
    }

    @Test
    void asksForNothingWithoutQuotaAndForEverythingWithoutLimit() {
        for (int quota : List.of(0, 1, daysRemaining())) {
            server.quota(quota);
            assertThat(backfill("2026-09-01", "2026-09-02", false).getException())
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("2 days remain: 2026-09-01 to 2026-09-02");
        }
        assertThat(asked).isEmpty();

        server.quota(-1);
        assertThat(backfill("2026-09-01", "2026-09-02", false).getException()).isNull();
        assertThat(asked).hasSize(2);
    }

    @Test
    void tellsWhatItNeedsAndWhatIsLeftBeforeItAsksForADay() {
        List<String> before = new CopyOnWriteArrayList<>();
        try (CapturedLog log = new CapturedLog()) {
            server.listen(request -> {
                if (request.getRequestURI().getPath().startsWith("/api/historical/")) {
                    before.add(log.text());
                }
            });
            backfill("2026-09-01", "2026-09-03", false);
        }

        assertThat(before).hasSize(3);
        assertThat(before.get(0))
                .contains(
                        "0 of 3 days are in the bucket; the rest needs 3 requests, and the quota has 1000 requests left");
    }

    @Test
    void reportsDaysWithoutRates() {
        Exchange run = backfill("2026-07-03", "2026-07-12", false);

        assertThat(run.getProperty(Exchange.EXCEPTION_CAUGHT)).isNull();
        assertThat(run.getException()).isNull();
        assertThat(run.getMessage().getBody(String.class))
                .isEqualTo("5 days were put into the bucket, 0 existed already, 2026-07-06 to 2026-07-09, 2026-07-11"
                        + " have no rates");
        assertThat(app.days)
                .hasSize(10)
                .containsEntry(LocalDate.parse("2026-07-09"), Day.State.NOT_AVAILABLE)
                .containsEntry(LocalDate.parse("2026-07-10"), Day.State.PRESENT);
        assertThat(s3.keys(bucket)).hasSize(5);
    }

    /** 2012-03-01 has a timestamp of the day before at Open Exchange Rates, and 2013-01-01 one of the day after. */
    @Test
    void takesADayWhoseTimestampIsOfTheNeighbourDayForTheDayAskedFor() throws Exception {
        Map<String, String> timestamps = Map.of(
                "2012-02-29", "2012-02-29T23:00:00Z",
                "2012-03-01", "2012-02-29T19:58:42Z",
                "2012-03-02", "2012-03-03T00:00:09Z",
                "2012-03-03", "2012-03-03T23:00:00Z");
        try (CapturedLog log = new CapturedLog()) {
            Exchange run = backfill(timestamps, "2012-02-29", "2012-03-03");
            assertThat(run.getException()).isNull();
            assertThat(log.text()).contains("dates its rates of 2012-03-01 at 2012-02-29T19:58:42Z");
        }
        assertThat(s3.keys(bucket)).hasSize(4);
        assertThat(s3.read(bucket, "exchange-rates/2012-03-01.json"))
                .startsWith("{\"date\":\"2012-03-01\",\"timestamp\":1330545522,");
        assertThat(s3.read(bucket, "exchange-rates/2012-03-02.json")).startsWith("{\"date\":\"2012-03-02\",");
    }

    @Test
    void goesOnWithTheOtherDaysWhenTheAnswerOfOneIsOdd() throws Exception {
        Map<String, String> timestamps = Map.of(
                "2012-02-29", "2012-05-29T23:00:00Z",
                "2012-03-01", "2012-03-01T19:58:42Z",
                "2012-03-02", "1970-01-01T00:00:01Z",
                "2012-03-03", "2012-03-03T23:00:00Z");
        Exchange run = backfill(timestamps, "2012-02-29", "2012-03-03");
        assertThat(run.getException())
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("/historical/2012-02-29.json has rates of 2012-05-29")
                .hasMessageContaining("/historical/2012-03-02.json has the timestamp 1,")
                .hasMessageContaining("2 days were put into the bucket, 0 existed already; 2 days remain: 2012-02-29,"
                        + " 2012-03-02");
        assertThat(s3.keys(bucket)).containsExactly("exchange-rates/2012-03-01.json", "exchange-rates/2012-03-03.json");
        assertThat(app.arrivals).as("what was put is waited for").hasValue(1);
    }

    /** A backfill from a server whose answers for historical days have these timestamps. */
    private Exchange backfill(Map<String, String> timestamps, String start, String end) throws IOException {
        HttpServer api = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        api.createContext("/", request -> {
            String day = request.getRequestURI().getPath().replaceAll(".*/|\\.json", "");
            String answer = day.equals("usage")
                    ? "{\"data\":{\"usage\":{\"requests_remaining\":900,\"days_remaining\":3}}}"
                    : "{\"timestamp\":" + Instant.parse(timestamps.get(day)).getEpochSecond()
                            + ",\"base\":\"USD\",\"rates\":{\"EUR\":0.75}}";
            byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
            request.sendResponseHeaders(200, bytes.length);
            request.getResponseBody().write(bytes);
            request.close();
        });
        api.start();
        app.close();
        Map<String, String> there = new HashMap<>(properties);
        there.put("exchange-rates.url", "http://127.0.0.1:" + api.getAddress().getPort());
        app = new App(server, there);
        try {
            return backfill(start, end, false);
        } finally {
            api.stop(0);
        }
    }

    @Test
    void fetchesOnASecondAttemptOnlyWhatIsMissing() {
        server.inject("500@2026-08-12*1");
        Exchange first = backfill("2026-08-09", "2026-08-28", false);
        assertThat(first.getException())
                .isInstanceOf(TransientException.class)
                .hasMessageContaining("/historical/2026-08-12.json with HTTP status 500");
        assertThat(app.arrivals).hasValue(0);

        Exchange second = backfill("2026-08-09", "2026-08-28", false);
        assertThat(second.getException()).isNull();
        assertThat(s3.keys(bucket)).hasSize(20);
        assertThat(asked).hasSize(21);
        assertThat(asked).filteredOn("2026-08-12"::equals).hasSize(2);
        assertThat(app.arrivals).hasValue(1);
        // those of the first attempt have to arrive as well
        assertThat(app.files).isEqualTo(s3.keys(bucket));
    }

    @Test
    void asksForNothingMoreAfterAFailure() {
        server.inject("403@/historical/");
        assertThat(backfill("2026-08-09", "2026-09-20", false).getException())
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("with HTTP status 403: check exchange-rates.api-key")
                .hasMessageContaining("43 days remain: 2026-08-09 to 2026-09-20");
        // those that were under way
        assertThat(asked).hasSizeLessThanOrEqualTo(16);
        assertThat(s3.keys(bucket)).isEmpty();
    }

    @Test
    void leavesNothingHalfWrittenWhenAnswersAreBroken() {
        for (String trouble : List.of("cut-body", "truncated", "html", "incomplete")) {
            server.inject(trouble + "@2026-08-09");
            assertThat(backfill("2026-08-09", "2026-08-09", false).getException())
                    .isInstanceOf(TransientException.class)
                    .hasMessageContaining("nothing was written");
            assertThat(s3.keys(bucket)).isEmpty();
        }
    }

    @Test
    void stopsWhenItsRunHasEnded() {
        app.ensureActive = () -> {
            throw new RunEndedException("cancelled");
        };
        assertThat(backfill("2026-08-09", "2026-08-15", false).getException()).isInstanceOf(RunEndedException.class);
        assertThat(asked).isEmpty();
    }

    @Test
    void asksForDaysInParallel() {
        AtomicInteger underWay = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        // each waits for the others that come with it
        server.listen(request -> {
            if (request.getRequestURI().getPath().startsWith("/api/historical/")) {
                most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                await().until(() -> most.get() >= 8);
                underWay.decrementAndGet();
            }
        });
        Exchange run = backfill("2026-08-11", "2026-09-19", false);

        assertThat(run.getException()).isNull();
        assertThat(s3.keys(bucket)).hasSize(40);
        assertThat(most).hasValue(8);
    }

    @Tag("slow")
    @Test
    void obeysTheLimitOfRequestsPerSecond() {
        Map<String, String> limited = new HashMap<>(properties);
        limited.put("exchange-rates.requests-per-second", "5");
        try (App slow = new App(server, limited)) {
            long start = System.nanoTime();
            assertThat(slow.send("pipeline:exchange-rates-backfill", parameters("2026-08-09", "2026-08-18", false))
                            .getException())
                    .isNull();
            // 11 requests, the one for the usage included
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(1_900));
        }
    }

    @Tag("slow")
    @Test
    void knowsMoreThanAThousandObjects() {
        LocalDate.parse("2023-11-10")
                .datesUntil(LocalDate.parse("2026-08-09"))
                .parallel()
                .forEach(day -> s3.write(bucket, "exchange-rates/" + day + ".json", "{}"));
        s3.write(bucket, "exchange-rates/2026-08-10.R0.json", "{}");
        assertThat(s3.keys(bucket)).hasSize(1_004);
        Exchange run = backfill("2023-11-10", "2026-08-10", false);

        assertThat(run.getException()).isNull();
        assertThat(asked).containsExactlyInAnyOrder("2026-08-09", "2026-08-10");
    }

    @Test
    void refusesDaysThatCannotHaveRates() {
        String tomorrow = LocalDate.now(ZoneOffset.UTC).plusDays(1).toString();
        assertThat(backfill("2026-08-09", tomorrow, false).getException())
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("end_date " + tomorrow + " is in the future");
        assertThat(backfill("1998-12-31", "1999-01-02", false).getException())
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("the rates start on 1999-01-01");
        assertThat(asked).isEmpty();
    }

    /** For each of them the daily run keeps a request. */
    private static int daysRemaining() {
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        return today.lengthOfMonth() - today.getDayOfMonth() + 1;
    }

    private Exchange backfill(String start, String end, boolean force) {
        return app.send("pipeline:exchange-rates-backfill", parameters(start, end, force));
    }

    private static Map<String, Object> parameters(String start, String end, boolean force) {
        return Map.of("start_date", LocalDate.parse(start), "end_date", LocalDate.parse(end), "force", force);
    }
}
