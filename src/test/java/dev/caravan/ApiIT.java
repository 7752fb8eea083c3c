package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Installation.LedgerRun;
import dev.caravan.Installation.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An API that does not do its part, as whoever runs the pipelines sees it. */
class ApiIT {

    private static final String CANARY = "canary-7f3a91";
    private static final String LOADED =
            "SELECT CAST(date AS VARCHAR) FROM OPEN_EXCHANGE_RATES.EXCHANGE_RATES ORDER BY 1";

    private Installation caravan;

    @BeforeEach
    void install(@TempDir Path home) throws IOException {
        caravan = Installation.in(home).set(Map.of("exchange-rates.timeout", "1000"));
        for (String pipeline : List.of("currencies-weekly", "exchange-rates-daily")) {
            caravan.option(pipeline, "retries", "1")
                    .option(pipeline, "retryDelay", "50ms")
                    .option(pipeline, "maxRetryDelay", "50ms");
        }
    }

    /** What lasts fails the run, after as many attempts as make sense. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "401        | 1 | check exchange-rates.api-key",
                "403        | 1 | check exchange-rates.api-key",
                "404        | 1 | check exchange-rates.url",
                "429        | 2 | too many requests",
                "500        | 2 | the service is unavailable",
                "slow:3s    | 2 | check exchange-rates.url, exchange-rates.timeout and the network",
                "cut-body   | 2 | did not answer /latest.json",
                "truncated  | 2 | not a complete JSON object; nothing was written",
                "incomplete | 2 | lacks timestamp, base or rates; nothing was written",
            })
    void fails(String trouble, int attempts, String sentence) throws Exception {
        Result result = with(trouble).run("run", "exchange-rates-daily");
        assertThat(result.exit()).as(result.err()).isEqualTo(1);
        assertThat(result.err()).contains(sentence).doesNotContain("\tat ");
        LedgerRun run = caravan.lastRun();
        assertThat(run.state()).isEqualTo("failed");
        assertThat(run.attempts()).isEqualTo(attempts);
        assertThat(run.error()).contains(sentence);
        assertThat(caravan.home().resolve("data/warehouse")).doesNotExist();
        assertThat(objects()).isEmpty();
    }

    /** What passes costs an attempt. */
    @ParameterizedTest
    @CsvSource({"429:2*1, 2", "500*1, 0", "cut*1, 0", "html*1, 0", "incomplete*1, 0"})
    void recovers(String trouble, int seconds) throws Exception {
        Result result = with(trouble).run("run", "currencies-weekly", "--output", "json");
        assertThat(result.exit()).as(result.err()).isZero();
        Result shown = caravan.run("runs", "show", result.json().get("run").asText(), "--output", "json");
        assertThat(shown.json().get("state").asText()).isEqualTo("completed");
        assertThat(shown.json().get("attempts").asInt()).isEqualTo(2);
        assertThat(shown.json().get("duration").asDouble()).isGreaterThanOrEqualTo(seconds);
        assertThat(caravan.warehouse("DLT", "SELECT count(*) > 150 FROM OPEN_EXCHANGE_RATES.CURRENCIES"))
                .containsExactly(List.of(true));
    }

    /** A backfill keeps what it has, says what is missing, and goes on from there, as does a retry of its run. */
    @Test
    void backfillStopsInOrderAndGoesOn() throws Exception {
        String[] backfill = {
            "run", "exchange-rates-backfill", "-p", "start_date=2026-09-01", "-p", "end_date=2026-09-05"
        };
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        int kept = today.lengthOfMonth() - today.getDayOfMonth() + 1;
        Result stopped = with("quota:" + (2 + kept)).run(backfill);
        assertThat(stopped.exit()).as(stopped.err()).isEqualTo(1);
        assertThat(stopped.err())
                .contains("3 days remain", "Run the same command again to continue from there")
                .doesNotContain("\tat ");
        String run = caravan.lastRun().id();
        assertThat(caravan.lastRun().attempts()).isEqualTo(1);
        assertThat(objects()).hasSize(2);
        assertThat(caravan.warehouse("SNOWPIPE", LOADED)).hasSize(2);

        Result refused = with("401@/historical").run(backfill);
        assertThat(refused.exit()).as(refused.err()).isEqualTo(1);
        assertThat(refused.err()).contains("check exchange-rates.api-key").contains("3 days remain");
        assertThat(objects()).hasSize(2);

        Result done = caravan.run("runs", "retry", run);
        assertThat(done.exit()).as(done.err()).isZero();
        assertThat(objects()).hasSize(5);
        assertThat(caravan.warehouse("SNOWPIPE", LOADED))
                .extracting(row -> row.get(0))
                .containsExactly("2026-09-01", "2026-09-02", "2026-09-03", "2026-09-04", "2026-09-05");
    }

    /** The server repeats the wrong key in its answer, and PostgreSQL refuses the password. */
    @Test
    void secretsAreNotRepeated() throws Exception {
        caravan.set(Map.of("exchange-rates.api-key", CANARY, "postgres.password", CANARY))
                .option("products-daily", "retries", "0");
        Result key = caravan.run("run", "exchange-rates-daily");
        assertThat(key.exit()).isEqualTo(1);
        assertThat(key.err()).contains("set exchange-rates.api-key to the App ID of your account");
        assertThat(caravan.lastRun().attempts()).isEqualTo(1);
        Result password = caravan.withJava("-Dcaravan.debug=true").run("run", "products-daily");
        assertThat(password.exit()).isEqualTo(1);
        assertThat(password.err()).contains("rejected the login; check its user name and password");
        assertThat(caravan.lastRun().attempts()).isEqualTo(1);
        for (Result result : List.of(
                key,
                password,
                caravan.run("runs", "logs", caravan.lastRun().id()),
                caravan.run("runs", "ls", "--output", "json"),
                caravan.run("inspect", "products-daily"))) {
            assertThat(result.out() + result.err()).isNotBlank().doesNotContain(CANARY);
        }
        try (Stream<Path> files = Files.walk(caravan.home().resolve("data"))) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain(CANARY);
            }
        }
    }

    private Installation with(String trouble) {
        return caravan.withJava("-Dcaravan.local.exchange-rates=" + trouble);
    }

    private List<Path> objects() throws IOException {
        Path bucket = caravan.home().resolve("data/s3");
        if (!Files.exists(bucket)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(bucket)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }
}
