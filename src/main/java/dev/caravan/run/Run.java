package dev.caravan.run;

import java.util.Collection;
import java.util.Optional;
import org.apache.camel.Exchange;

/**
 * The run that an exchange works for, as an exchange property; the parts of a split inherit it. Route components report
 * progress to it and check that they may continue.
 */
public interface Run {

    /** The exchange property that holds the run. */
    String PROPERTY = "CaravanRun";

    /** The run's id in the ledger, the same in all its attempts. */
    String id();

    /** The name of the pipeline. */
    String pipeline();

    /** The number of the attempt, from 1. */
    int attempt();

    /**
     * The path of the step that the exchange is in, made of names that the routes' author has chosen, so that it is the
     * same in each attempt; empty outside of any step.
     */
    Optional<String> step(Exchange exchange);

    /**
     * Adds to the progress of the run and of the step that the exchange is in.
     *
     * @param rows rows written to their destination
     * @param bytes bytes written on the way there
     */
    void addProgress(Exchange exchange, long rows, long bytes);

    /**
     * Records what is known of days, for calendars. If that fails, the run goes on.
     */
    default void report(Collection<Day> days) {}

    /**
     * Marks the rows of a committed load as counted.
     *
     * @param load names the load
     * @param committedEarlier whether an earlier attempt committed it, perhaps without learning so
     * @return whether the caller must add them to the progress: false if that has been done
     */
    default boolean markCounted(String load, boolean committedEarlier) {
        return !committedEarlier;
    }

    /** Takes note of what an API says about its quota, for whoever watches it. Cheap enough to be called for every answer. */
    default void heard(Quota quota) {}

    /** Reports a load that is committed. One that an earlier attempt has committed is reported again. */
    default void loaded(Load load) {}

    /**
     * Checks that this attempt may continue. Cheap enough to be called for every batch of rows.
     *
     * @throws RunEndedException if the attempt was cancelled, has timed out or has lost its lease
     */
    void ensureActive();

    /**
     * Renews the lease in the ledger. Call it right before a commit, so that a process whose run was taken over commits
     * nothing.
     *
     * @throws RunEndedException if another process has taken over the run, or declared it crashed
     */
    void renewLease();

    /**
     * Registers how to abort something outside of this process if the attempt ends while it is in use: on cancellation,
     * timeout or a lost lease. Close the registration when it is no longer in use.
     *
     * @param abort called on a separate thread, possibly while other threads use the resource, and repeated a few times
     *     until the registration is closed
     */
    default Registration onEnd(AutoCloseable abort) {
        return () -> {};
    }

    /** A registered abort action, until it is closed. */
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }

    /** Returns the run of an exchange, if it has one. */
    static Optional<Run> of(Exchange exchange) {
        return Optional.ofNullable(exchange.getProperty(PROPERTY, Run.class));
    }
}
