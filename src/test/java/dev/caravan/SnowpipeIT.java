package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Installation.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the files in the bucket of the local profile. */
class SnowpipeIT {

    private static final String RATES = "SELECT currency, rate FROM OPEN_EXCHANGE_RATES.EXCHANGE_RATES_DAILY"
            + " WHERE date = '2026-09-01' AND currency IN ('EUR', 'XXX') ORDER BY 1";

    private static final String[] DAY = {
        "run", "exchange-rates-backfill", "-p", "start_date=2026-09-01", "-p", "end_date=2026-09-01"
    };

    @Test
    void viewShowsTheLatestLoadOfADay(@TempDir Path home) throws Exception {
        Installation caravan = Installation.in(home);
        Result killed =
                caravan.withJava("-Dcaravan.failpoint=warehouse.committed").run(DAY);
        assertThat(killed.exit()).as(killed.err()).isEqualTo(137);
        completes(caravan, DAY);
        List<Object> recorded = caravan.warehouse("SNOWPIPE", RATES).get(0);
        assertThat(recorded.get(0)).isEqualTo("EUR");

        // whoever copies a file may keep its time, and what is no number is none
        Path file = caravan.home().resolve("data/s3/caravan/exchange-rates/2026-09-01.corrected.json");
        Files.writeString(
                file,
                "{\"date\":\"2026-09-01\",\"timestamp\":1788307199,\"base\":\"USD\","
                        + "\"rates\":{\"EUR\":0.5,\"XXX\":\"n/a\"}}");
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        completes(caravan, DAY);
        assertThat(caravan.warehouse("SNOWPIPE", RATES))
                .containsExactly(List.of("EUR", 0.5), Arrays.asList("XXX", null));

        String[] forced = Arrays.copyOf(DAY, DAY.length + 2);
        forced[DAY.length] = "-p";
        forced[DAY.length + 1] = "force=true";
        completes(caravan, forced);
        assertThat(caravan.warehouse("SNOWPIPE", RATES)).containsExactly(recorded);
        assertThat(caravan.warehouse("SNOWPIPE", "SELECT count(*) FROM OPEN_EXCHANGE_RATES.EXCHANGE_RATES"))
                .containsExactly(List.of(3L));
    }

    private static void completes(Installation caravan, String... command) {
        Result result = caravan.run(command);
        assertThat(result.exit()).as(result.err()).isZero();
    }
}
