package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.WaitingRuns.Claimed;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes runs that wait for any node, or for a free place on another one, while this node has free places: so nodes share the
 * work, and none takes more than it can do.
 */
final class RunClaims {

    private static final Logger LOG = LoggerFactory.getLogger(RunClaims.class);

    /** How often to look, as long as there is something to take. */
    static final Duration INTERVAL = Duration.ofMillis(250);

    /** How often to look otherwise, in intervals. */
    private static final int IDLE_INTERVALS = 4;

    private final RunServices services;
    private final PipelineRegistry pipelines;
    private final PipelineRunner runner;
    /** Taken, but not begun: they need a place each, unless they wait for other runs of their pipelines. */
    private final Set<String> claimed = new HashSet<>();

    private int intervals;

    RunClaims(RunServices services, PipelineRegistry pipelines, PipelineRunner runner) {
        this.services = services;
        this.pipelines = pipelines;
        this.runner = runner;
    }

    /**
     * Takes what it can.
     *
     * @param slots whether runs of slots too that wait on other nodes; otherwise only those that were requested
     */
    void claim(boolean slots) {
        if (intervals++ % IDLE_INTERVALS != 0) {
            return;
        }
        claimed.removeIf(run -> !runner.waitsForPlace(run));
        int free = runner.freePlaces() - claimed.size();
        Map<String, Integer> limits = new TreeMap<>(pipelines.limits());
        limits.keySet().removeIf(name -> !pipelines
                .find(name)
                .map(PipelineConsumer::takesWaiting)
                .orElse(false));
        // the rest of a queue stays in the ledger
        runner.active().stream()
                .filter(run -> run.waitsForTurn() && !run.hasBegun())
                .forEach(run -> limits.remove(run.pipeline().name()));
        if (free <= 0 || limits.isEmpty()) {
            return;
        }
        List<Claimed> taken =
                services.ledger().waiting().claim(limits, slots, free, runner::isActive, services.leaseDuration());
        taken.forEach(this::start);
        if (!taken.isEmpty()) {
            intervals = 0; // there may be more
        }
    }

    private void start(Claimed run) {
        try {
            LOG.info(
                    "Run {} of {}, which waited, is taken by this node",
                    run.run().id(),
                    run.run().pipeline());
            runner.startClaimed(pipelines.get(run.run().pipeline()), run);
            claimed.add(run.run().id());
        } catch (UsageException e) {
            fail(run, e);
        }
    }

    private void fail(Claimed run, UsageException cause) {
        try {
            RunRecord failed = services.ledger()
                    .runs()
                    .finish(
                            run.lease(),
                            RunState.FAILED,
                            cause.getMessage(),
                            null,
                            List.of(),
                            services.announcer().receivers(run.run().pipeline(), RunState.FAILED));
            LOG.error("Run {} failed: {}", run.run().id(), cause.getMessage());
            services.announcer().finished(failed);
        } catch (RuntimeException e) { // its lease will lapse; the others begin
            LOG.warn("Run {} could not be ended: {}", run.run().id(), Errors.describe(e));
        }
    }
}
