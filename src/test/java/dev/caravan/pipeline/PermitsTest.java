package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PermitsTest {

    private final Permits permits = new Permits(1);
    private final Permits.Permit caller = permits.acquire(due("caller"), () -> {});
    private Permits.Permit other;
    /** A part of the caller's attempt, which waits for the permit that another run has. */
    private Thread part;

    private static Permits.Due due(String run) {
        return new Permits.Due(Instant.EPOCH, run, run);
    }

    @BeforeEach
    void resumeWhileAnotherRunHasThePermit() {
        caller.suspend();
        other = permits.acquire(due("other"), () -> {});
        part = new Thread(() -> caller.resume().join());
        part.start();
        await().until(() -> part.getState() == Thread.State.WAITING);
    }

    /** The end of an attempt does not interrupt the parts of a split. */
    @Test
    void aCallerStopsWaitingForItsPermitWhenItsAttemptEnds() throws Exception {
        caller.release();
        part.join(10_000);
        assertThat(part.isAlive()).isFalse();
        other.release();
        assertThat(permits.acquire(due("next"), () -> {}).waits()).isFalse();
    }

    @Test
    void aCallerContinuesWithoutPermitWhenAnotherPartOfItsAttemptMakesACall() throws Exception {
        caller.suspend();
        part.join(10_000);
        assertThat(part.isAlive()).isFalse();
        other.release();
        caller.resume().join();
        Permits.Permit next = permits.acquire(due("next"), () -> {});
        assertThat(next.waits()).isTrue();
        caller.release();
        assertThat(next.waits()).isFalse();
    }

    /** The called run's end is known to the caller before the called run releases its permit. */
    @Test
    void aCallerHasThePermitNextWhenTheRunThatItHasCalledEnds() {
        Permits permits = new Permits(1);
        Permits.Permit first = permits.acquire(due("a"), () -> {});
        Permits.Permit called = permits.acquire(due("a").calls("child"), () -> {});
        first.suspend();
        Permits.Permit next = permits.acquire(due("b"), () -> {});
        CompletableFuture<Void> resumed = first.resume();
        called.release();
        assertThat(resumed).isCompleted();
        assertThat(next.waits()).isTrue();
        first.release();
        assertThat(next.waits()).isFalse();
    }

    @Test
    void aCalledRunThatEndsAtOnceLeavesTheCallerItsPermit() {
        Permits permits = new Permits(1);
        Permits.Permit first = permits.acquire(due("a"), () -> {});
        assertThat(first.resume()).isCompleted();
        first.suspend();
        Permits.Permit next = permits.acquire(due("b"), () -> {});
        assertThat(next.waits()).isTrue();
        first.release();
        assertThat(next.waits()).isFalse();
    }
}
