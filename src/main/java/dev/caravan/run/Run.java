package dev.caravan.run;

import java.util.Optional;
import org.apache.camel.Exchange;

/**
 * The run that an exchange works for. Whoever starts the run puts it on the exchange; the parts of a split inherit it.
 * Parts of a route that move data report to it, and ask it whether they may go on.
 */
public interface Run {

    /** The exchange property that holds the run. */
    String PROPERTY = "CaravanRun";

    /** Identifies the run in the ledger, and stays the same over all its attempts. */
    String id();

    /** The name of the pipeline that runs. */
    String pipeline();

    /** Counts from 1. */
    int attempt();

    /**
     * The step that the exchange is in, by names that the routes' author has chosen, so that it is the same at each
     * attempt; empty outside of any step.
     */
    Optional<String> step(Exchange exchange);

    /**
     * Adds to what the run, and the step that the exchange is in, have moved.
     *
     * @param rows rows written to their destination
     * @param bytes bytes written on the way there
     */
    void moved(Exchange exchange, long rows, long bytes);

    /**
     * Whether the rows of a load that has been committed for this run still have to be added to what the run has moved.
     *
     * @param load names the load
     * @param earlier whether an earlier attempt has committed it, which may or may not have got to know
     */
    default boolean counts(String load, boolean earlier) {
        return !earlier;
    }

    /**
     * Asks whether this attempt may go on. Cheap enough to be called for every batch of rows.
     *
     * @throws RunEndedException if the attempt was cancelled, has timed out or has lost its lease
     */
    void ensureActive();

    /**
     * Renews the lease in the ledger. To be called right before a commit, so that a process that was thought dead
     * commits nothing.
     *
     * @throws RunEndedException if another process has taken the run over, or declared it crashed
     */
    void renewLease();

    /**
     * Says that this attempt holds something outside of this process that has to be broken off if the attempt ends while
     * it is held: because it was cancelled, has timed out, or has lost its lease. Closing the answer says that it is held
     * no more.
     *
     * @param abort breaks it off. Called on a thread of its own, while others may work with what is held; called again,
     *     a few times, as long as it is held all the same
     */
    default Held onEnd(AutoCloseable abort) {
        return () -> {};
    }

    /** What is held until this is closed. */
    interface Held extends AutoCloseable {
        @Override
        void close();
    }

    /** The run of an exchange, if it has one. */
    static Optional<Run> of(Exchange exchange) {
        return Optional.ofNullable(exchange.getProperty(PROPERTY, Run.class));
    }
}
