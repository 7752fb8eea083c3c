package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PermitsTest {

    private static Permits.Due due(String run) {
        return new Permits.Due(Instant.EPOCH, run, run);
    }

    /** The end of an attempt does not interrupt the parts of a split. */
    @Test
    void aCallerStopsWaitingForItsPermitWhenItsAttemptEnds() throws Exception {
        Permits permits = new Permits(1);
        Permits.Permit caller = permits.acquire(due("caller"), () -> {});
        caller.suspend();
        Permits.Permit other = permits.acquire(due("other"), () -> {});
        Thread part = new Thread(caller::resume);
        part.start();
        await().until(() -> part.getState() == Thread.State.WAITING);
        caller.release();
        part.join(10_000);
        assertThat(part.isAlive()).isFalse();
        other.release();
        assertThat(permits.acquire(due("next"), () -> {}).waits()).isFalse();
    }

    @Test
    void aCallerContinuesWithoutPermitWhenAnotherPartOfItsAttemptMakesACall() throws Exception {
        Permits permits = new Permits(1);
        Permits.Permit caller = permits.acquire(due("caller"), () -> {});
        caller.suspend();
        Permits.Permit other = permits.acquire(due("other"), () -> {});
        Thread part = new Thread(caller::resume);
        part.start();
        await().until(() -> part.getState() == Thread.State.WAITING);
        caller.suspend();
        part.join(10_000);
        assertThat(part.isAlive()).isFalse();
        other.release();
        caller.resume();
        Permits.Permit next = permits.acquire(due("next"), () -> {});
        assertThat(next.waits()).isTrue();
        caller.release();
        assertThat(next.waits()).isFalse();
    }
}
