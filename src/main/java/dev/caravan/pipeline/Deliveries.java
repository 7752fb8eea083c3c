package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Delivery;
import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Outbox;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.support.DefaultExchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers the messages of the ledger's outbox to Camel endpoints, each on a thread that no run waits for, and one at a time
 * to an endpoint, so that one that hangs hinders no other. What cannot be delivered is repeated.
 */
final class Deliveries {

    /** The maximum time that a process stops for a message. */
    static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(Deliveries.class);

    private static final String ON_FINISHED = "onFinished";
    private static final String ON_FAILED = "onFailed";

    /** How long a message is left to the process that attempts to deliver it, unless that says so again. */
    static final Duration CLAIM = Duration.ofSeconds(60);
    /** After that a message is of no use. */
    private static final Duration KEPT = Duration.ofDays(7);

    private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(5), 3, Duration.ofMinutes(10), 0.2);
    private static final int BATCH = 1_000;
    private static final Duration POLL_INTERVAL = Duration.ofMillis(50);

    private final PipelineComponent component;
    private final Outbox outbox;
    private final Executor threads;
    private final ProducerTemplate producer;
    /** The URIs to which messages are being delivered now. */
    private final Set<String> busy = ConcurrentHashMap.newKeySet();

    private final Set<Delivery> attempts = ConcurrentHashMap.newKeySet();
    private final Set<Delivery> claiming = ConcurrentHashMap.newKeySet();

    private volatile boolean stopping;

    Deliveries(PipelineComponent component, Outbox outbox, Executor threads) {
        this.component = component;
        this.outbox = outbox;
        this.threads = threads;
        this.producer = component.getCamelContext().createProducerTemplate();
    }

    /** Returns which of its options have a receiver for the end of a run. */
    List<String> receivers(RunRecord run) {
        return receivers(run.pipeline(), run.state());
    }

    List<String> receivers(String pipeline, RunState state) {
        List<String> all = new ArrayList<>();
        if (option(ON_FINISHED, pipeline) != null) {
            all.add(ON_FINISHED);
        }
        if ((state == RunState.FAILED || state == RunState.CRASHED) && option(ON_FAILED, pipeline) != null) {
            all.add(ON_FAILED);
        }
        all.addAll(component.observers());
        return all;
    }

    /** Returns the receivers of a message about a run that begins. */
    List<String> observers() {
        return component.observers();
    }

    /** Returns the URI of an option: of the pipeline, else of the component, else null. */
    private String option(String option, String pipeline) {
        Optional<PipelineEndpoint> own = component.registry().find(pipeline).map(PipelineConsumer::getEndpoint);
        String uri = option.equals(ON_FINISHED)
                ? own.map(PipelineEndpoint::getOnFinished).orElse(component.getOnFinished())
                : own.map(PipelineEndpoint::getOnFailed).orElse(component.getOnFailed());
        return uri == null || uri.isBlank() ? null : uri;
    }

    private String uri(Delivery delivery) {
        return switch (delivery.receiver()) {
            case ON_FINISHED, ON_FAILED -> option(delivery.receiver(), delivery.pipeline());
            default -> isDirect(delivery) && hasRoute(delivery.receiver()) ? delivery.receiver() : null;
        };
    }

    /** Whether the receiver is a route, whose name is no secret. */
    private static boolean isDirect(Delivery delivery) {
        return delivery.receiver().startsWith("direct:");
    }

    private boolean hasRoute(String uri) {
        return component.getCamelContext().getRoutes().stream()
                .anyMatch(route -> route.getEndpoint().getEndpointUri().equals(uri.replace("direct:", "direct://")));
    }

    /** Delivers the messages about a run, if there are any. */
    void deliver(RunRecord run) {
        if (!receivers(run).isEmpty()) {
            threads.execute(() -> deliver(outbox.fresh(run.id())));
        }
    }

    /** Delivers the message about the beginning of a run, if there is one. */
    void deliverBeginning(String run) {
        if (!observers().isEmpty()) {
            threads.execute(() -> deliver(outbox.fresh(run)));
        }
    }

    /** Delivers what is due. */
    void deliverDue() {
        deliver(outbox.due(BATCH));
    }

    private void deliver(List<Delivery> all) {
        Map<String, List<Delivery>> byUri = new LinkedHashMap<>();
        for (Delivery delivery : all) {
            String uri = uri(delivery);
            if (delivery.created().isBefore(Instant.now().minus(KEPT))) {
                LOG.error(
                        "{} of {} was not delivered to {} for {} days and is dropped",
                        about(delivery),
                        delivery.pipeline(),
                        delivery.receiver(),
                        KEPT.toDays());
                outbox.remove(delivery);
            } else if (uri != null) {
                byUri.computeIfAbsent(uri, key -> new ArrayList<>()).add(delivery);
            } else if (!isDirect(delivery)
                    && component.registry().find(delivery.pipeline()).isPresent()) {
                outbox.remove(delivery); // the option is no longer set
            }
        }
        byUri.forEach((uri, its) -> {
            if (!stopping && busy.add(uri)) {
                threads.execute(() -> deliver(uri, its));
            }
        });
    }

    /** Delivers until one fails: those that follow would too. */
    private void deliver(String uri, List<Delivery> all) {
        try {
            for (Delivery delivery : all) {
                if (!stopping && !claim(uri, delivery)) {
                    return;
                }
            }
        } catch (RuntimeException e) {
            LOG.warn("The ledger does not answer: {}", Errors.describe(e));
        } finally {
            busy.remove(uri);
        }
    }

    /** Attempts a delivery unless another process does. Returns whether to go on with the next one. */
    private boolean claim(String uri, Delivery delivery) {
        claiming.add(delivery); // who waits for it must see it between the claim and the attempt as well
        try {
            Optional<Delivery> attempt = outbox.claim(delivery, CLAIM);
            return attempt.isEmpty() || attempt(uri, attempt.get());
        } finally {
            claiming.remove(delivery);
        }
    }

    private boolean attempt(String uri, Delivery delivery) {
        attempts.add(delivery);
        try {
            return deliver(uri, delivery);
        } finally {
            attempts.remove(delivery);
        }
    }

    private boolean deliver(String uri, Delivery delivery) {
        Exception failure = send(uri, delivery);
        if (failure == null) {
            outbox.remove(delivery);
            return true;
        }
        Failure why = Failure.of(failure);
        if (uri.startsWith("pipeline:") && why.permanent() && hasRun(failure)) {
            LOG.error("{} of {}: {}: {}", about(delivery), delivery.pipeline(), delivery.receiver(), why.message());
            outbox.remove(delivery); // the pipeline has used its own retries
            return true;
        }
        Duration delay = BACKOFF.before(delivery.attempts() - 1, why.retryAfter());
        LOG.warn(
                "{} of {} could not be delivered to {}, next attempt in {} s: {}",
                about(delivery),
                delivery.pipeline(),
                delivery.receiver(),
                delay.toSeconds(),
                why.message());
        outbox.postpone(delivery, delay);
        return false;
    }

    /** Whether a pipeline that failed has run to its own end: it was neither refused nor ended by the end of this process. */
    private boolean hasRun(Exception failure) {
        return !(failure instanceof UsageException)
                && !component.getCamelContext().isStopping();
    }

    private Exception send(String uri, Delivery delivery) {
        try {
            CamelContext context = component.getCamelContext();
            Exchange exchange = new DefaultExchange(context);
            Message message = exchange.getMessage();
            message.setBody(delivery.body());
            message.setHeader(PipelineConstants.MESSAGE, delivery.id());
            message.setHeader(PipelineConstants.PIPELINE, delivery.pipeline());
            message.setHeader(PipelineConstants.RUN, delivery.run());
            message.setHeader(PipelineConstants.STATE, delivery.state());
            // one line, because a header of HTTP has no more
            message.setHeader(
                    PipelineConstants.ERROR,
                    delivery.error() == null
                            ? null
                            : delivery.error().lines().findFirst().orElse(""));
            message.setHeader(Exchange.CONTENT_TYPE, "application/json");
            return producer.send(uri, exchange).getException();
        } catch (RuntimeException e) {
            return e;
        }
    }

    private static String about(Delivery delivery) {
        return delivery.run() == null ? "A message" : "Run " + delivery.run();
    }

    /** Keeps other processes from delivering what is being delivered here. */
    void keepClaims() {
        attempts.forEach(attempt -> outbox.postpone(attempt, CLAIM));
    }

    /** Waits until the messages about a run have been delivered, or the first attempts to do so have failed. */
    void await(RunRecord run, Duration limit) {
        List<String> receivers = receivers(run);
        if (receivers.isEmpty()) {
            return;
        }
        // what only observes runs is worth less of their time
        Duration patience = observers().containsAll(receivers) ? STOP_TIMEOUT : limit;
        long deadline = System.nanoTime() + patience.toNanos();
        try {
            while (isPending(run.id()) && System.nanoTime() < deadline) {
                deliver(outbox.fresh(run.id()));
                Thread.sleep(POLL_INTERVAL.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // another process delivers them
        } catch (RuntimeException e) {
            LOG.warn("The ledger does not answer: {}", Errors.describe(e));
        }
    }

    private boolean isPending(String run) {
        return !outbox.fresh(run).isEmpty() || claiming.stream().anyMatch(delivery -> run.equals(delivery.run()));
    }

    /** Begins no further attempt, and waits a little for those in progress. */
    void stop() {
        stopping = true;
        long deadline = System.nanoTime() + STOP_TIMEOUT.toNanos();
        try {
            while (!attempts.isEmpty() && System.nanoTime() < deadline) {
                Thread.sleep(POLL_INTERVAL.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
