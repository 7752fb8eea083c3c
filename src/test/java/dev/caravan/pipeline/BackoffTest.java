package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.LongSummaryStatistics;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BackoffTest {

    private final Backoff backoff = new Backoff(Duration.ofSeconds(10), 10, Duration.ofMinutes(10), 0.5);

    @Test
    void theDelayGrowsToItsCap() {
        Backoff steady = new Backoff(Duration.ofSeconds(10), 10, Duration.ofMinutes(10), 0);
        assertThat(IntStream.range(0, 5).mapToObj(retry -> steady.before(retry, null)))
                .containsExactly(
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(100),
                        Duration.ofMinutes(10),
                        Duration.ofMinutes(10),
                        Duration.ofMinutes(10));
    }

    @Test
    void theJitterReallySpreadsTheDelay() {
        LongSummaryStatistics millis = IntStream.range(0, 10_000)
                .mapToLong(i -> backoff.before(0, null).toMillis())
                .summaryStatistics();
        assertThat(millis.getMin()).isBetween(5_000L, 5_100L);
        assertThat(millis.getMax()).isBetween(14_900L, 15_000L);
        assertThat(millis.getAverage()).isBetween(9_800.0, 10_200.0);
    }

    @Test
    void whatTheOtherSideAsksForIsObeyed() {
        assertThat(backoff.before(0, Duration.ofSeconds(2))).isEqualTo(Duration.ofSeconds(2));
        assertThat(backoff.before(0, Duration.ofHours(1))).isEqualTo(Duration.ofHours(1));
        assertThat(backoff.before(0, Duration.ofDays(400))).isEqualTo(Duration.ofDays(1));
    }
}
