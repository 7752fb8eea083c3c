package dev.caravan.exchangerates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.local.ExchangeRateServer;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.camel.Exchange;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

class ExchangeRateBackfillTest {

    private static S3Server s3;
    private static ExchangeRateServer server;

    private final Queue<String> requests = new ConcurrentLinkedQueue<>();
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
        bucket = test.getTestMethod()
                .orElseThrow()
                .getName()
                .toLowerCase(java.util.Locale.ROOT)
                .replace('_', '-');
        server.misbehave("");
        server.quota(1_000);
        server.listen(request -> requests.add(request.getRequestURI().getPath()));
        app = new App(server, s3.bucket(bucket));
    }

    @AfterEach
    void stopApp() {
        app.close();
    }

    @Test
    void fetches_each_day_into_its_object() {
        Exchange run = backfill("2026-08-09", "2026-08-15", false);

        assertThat(run.getException()).isNull();
        assertThat(s3.keys(bucket)).hasSize(7).startsWith("exchange-rates/2026-08-09.json");
        assertThat(s3.read(bucket, "exchange-rates/2026-08-15.json"))
                .startsWith(
                        "{\"date\":\"2026-08-15\",\"timestamp\":1786838399,\"base\":\"USD\",\"rates\":{\"AED\":3.6725,");
        assertThat(requests).hasSize(8).contains("/api/usage.json", "/api/historical/2026-08-12.json");
        assertThat(app.arrivals).hasValue(1);
    }

    private Exchange backfill(String start, String end, boolean force) {
        Map<String, Object> parameters = new HashMap<>();
        parameters.put("start_date", LocalDate.parse(start));
        parameters.put("end_date", LocalDate.parse(end));
        parameters.put("force", force);
        return app.send("pipeline:exchange-rates-backfill", parameters);
    }
}
