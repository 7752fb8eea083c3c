package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Lease;
import dev.caravan.run.Failpoint;
import dev.caravan.run.PermanentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The heartbeat of this process: renews the leases of its runs, shows that the process is alive, and finds out which others
 * are not.
 */
final class Heartbeat {

    private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);

    private final RunServices services;
    private final PipelineRunner runner;
    private final Path livenessFile;
    private volatile Instant lastSign = Instant.now();
    private volatile Instant lastBeat = Instant.now();

    /**
     * @param livenessFile written after each heartbeat; null for none
     */
    Heartbeat(RunServices services, PipelineRunner runner, Path livenessFile) {
        this.services = services;
        this.runner = runner;
        this.livenessFile = livenessFile;
    }

    void beat() {
        Failpoint.hit("ledger.beat");
        lastSign = Instant.now();
        try {
            renewLeases();
            services.ledger().nodes().heartbeat();
            lastBeat = Instant.now();
            touchLivenessFile();
            services.ledger().reap();
        } finally {
            lastSign = Instant.now();
        }
    }

    /** Returns when it was last seen at work, whether or not the ledger has answered, by the clock of this process. */
    Instant lastSign() {
        return lastSign;
    }

    /** Returns when it last succeeded, by the clock of this process. */
    Instant lastBeat() {
        return lastBeat;
    }

    /** Renews the leases of waiting runs together, and each other by itself, so that one cannot hinder the rest. */
    private void renewLeases() {
        Set<String> renewed = renewWaiting();
        for (PipelineRun run : runner.active()) {
            try {
                if (!renewed.contains(run.id()) || !run.isWaiting()) {
                    run.heartbeat();
                }
            } catch (PermanentException e) {
                throw e; // concerns all of them
            } catch (RuntimeException e) {
                LOG.warn("The lease of run {} could not be renewed: {}", run.id(), Errors.describe(e));
            }
            lastSign = Instant.now();
        }
    }

    private Set<String> renewWaiting() {
        List<Lease> waiting = runner.active().stream()
                .filter(PipelineRun::isWaiting)
                .map(run -> run.lease().token())
                .toList();
        try {
            return services.ledger().leases().renew(waiting, services.leaseDuration());
        } catch (PermanentException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.warn("The leases of {} waiting runs could not be renewed: {}", waiting.size(), Errors.describe(e));
            return Set.of();
        }
    }

    void touchLivenessFile() {
        if (livenessFile != null) {
            try {
                Files.writeString(livenessFile, Instant.now() + "\n");
            } catch (IOException e) {
                LOG.warn("Cannot write the liveness file {}: {}", livenessFile, e.toString());
            }
        }
    }
}
