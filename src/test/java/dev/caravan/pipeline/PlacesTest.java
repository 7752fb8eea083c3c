package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PlacesTest {

    private static Places.Due due(String run) {
        return new Places.Due(Instant.EPOCH, run, run);
    }

    /** As a part of a split does, which the end of its attempt does not interrupt. */
    @Test
    void whoWaitsForItsPlaceBackWaitsNoMoreWhenItsAttemptHasLeft() throws Exception {
        Places places = new Places(1);
        Places.Place caller = places.enter(due("caller"), () -> {});
        caller.callBegins();
        Places.Place other = places.enter(due("other"), () -> {});
        Thread part = new Thread(caller::callEnds);
        part.start();
        await().until(() -> part.getState() == Thread.State.WAITING);
        caller.leave();
        part.join(10_000);
        assertThat(part.isAlive()).isFalse();
        other.leave();
        assertThat(places.enter(due("next"), () -> {}).waits()).isFalse();
    }

    @Test
    void whoWaitsForItsPlaceBackGoesOnWithoutWhenAnotherPartOfItsAttemptCalls() throws Exception {
        Places places = new Places(1);
        Places.Place caller = places.enter(due("caller"), () -> {});
        caller.callBegins();
        Places.Place other = places.enter(due("other"), () -> {});
        Thread part = new Thread(caller::callEnds);
        part.start();
        await().until(() -> part.getState() == Thread.State.WAITING);
        caller.callBegins();
        part.join(10_000);
        assertThat(part.isAlive()).isFalse();
        other.leave();
        caller.callEnds();
        Places.Place next = places.enter(due("next"), () -> {});
        assertThat(next.waits()).isTrue();
        caller.leave();
        assertThat(next.waits()).isFalse();
    }
}
