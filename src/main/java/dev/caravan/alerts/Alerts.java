package dev.caravan.alerts;

import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Incident;
import dev.caravan.pipeline.ledger.IncidentTable;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.support.service.ServiceSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens an incident for each problem that the rules find, and closes it when they do not find it any more. A message is sent for
 * each, by one process, and another one when it is resolved.
 */
public final class Alerts extends ServiceSupport {

    private static final Logger LOG = LoggerFactory.getLogger(Alerts.class);
    private static final Duration INTERVAL = Duration.ofSeconds(15);

    private final CamelContext context;
    private final Pipelines pipelines;
    private final AlertSettings settings;
    private final AlertRules rules;
    private ScheduledExecutorService executor;

    public Alerts(CamelContext context, Pipelines pipelines) {
        this.context = context;
        this.pipelines = pipelines;
        this.settings = new AlertSettings(context);
        this.rules = new AlertRules(settings, pipelines);
    }

    @Override
    protected void doStart() {
        executor = context.getExecutorServiceManager().newScheduledThreadPool(this, "Alerts", 1);
        Future<?> unused = executor.scheduleWithFixedDelay(
                this::check, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    protected void doStop() {
        context.getExecutorServiceManager().shutdownNow(executor);
    }

    private IncidentTable incidents() {
        return pipelines.ledger().incidents();
    }

    private void check() {
        try {
            update();
        } catch (RuntimeException e) {
            if (isStarted()) {
                LOG.warn("Alerts could not be checked: {}", Errors.describe(e));
            }
        }
    }

    /** Applies the rules once. */
    void update() {
        AlertRules.Findings found = rules.find();
        Map<List<String>, Problem> problems = new LinkedHashMap<>();
        found.problems().forEach(problem -> problems.put(List.of(problem.pipeline(), problem.cause()), problem));
        Set<String> served = served();
        for (Incident incident : incidents().open()) {
            Problem problem = problems.remove(List.of(incident.pipeline(), incident.cause()));
            if (problem != null) {
                if (!Objects.equals(problem.run(), incident.run())
                        || !problem.message().equals(incident.message())) {
                    incidents().update(incident, problem.run(), problem.message(), problem.fix());
                }
            } else if (isOver(incident, found.busy(), served)) {
                incidents()
                        .close(
                                incident,
                                AlertMessage.RESOLVED,
                                message(incident, AlertMessage.RESOLVED),
                                incident.cause().equals(AlertRules.SCHEMA_CHANGE) ? List.of() : Channels.of(context));
            }
        }
        problems.values().forEach(problem -> incidents()
                .open(problem.pipeline(), problem.cause(), problem.run(), problem.message(), problem.fix()));
        tell();
    }

    /** The pipelines that a running service has. */
    private Set<String> served() {
        return pipelines
                .deployment()
                .running()
                .flatMap(service -> service.versions().keySet().stream())
                .collect(Collectors.toSet());
    }

    private boolean isOver(Incident incident, Set<String> busy, Set<String> served) {
        if (incident.cause().equals(AlertRules.SCHEMA_CHANGE)) { // it is over at once, but not before it is told
            return incident.told() != null || Channels.of(context).isEmpty();
        }
        if (pipelines.names().contains(incident.pipeline())) {
            boolean ofLastRun = incident.cause().equals(AlertRules.FAILED)
                    || incident.cause().equals(AlertRules.CRASHED);
            return !ofLastRun || !busy.contains(incident.pipeline());
        }
        return incident.pipeline().equals(IncidentTable.ALL) || !served.contains(incident.pipeline());
    }

    /** Sends the messages about open incidents that are not muted: the first one, and reminders if they are wanted. */
    private void tell() {
        List<String> channels = Channels.of(context);
        Set<String> muted = incidents().muted();
        if (channels.isEmpty() || muted.contains(IncidentTable.ALL)) {
            return;
        }
        Instant now = pipelines.ledger().clock().instant();
        for (Incident incident : incidents().open()) {
            if (muted.contains(incident.pipeline())) {
                continue;
            }
            if (incident.told() == null) {
                incidents().tell(incident, AlertMessage.OPENED, message(incident, AlertMessage.OPENED), channels);
            } else if (settings.duration(AlertSettings.REMINDER, incident.pipeline())
                    .filter(interval -> incident.told().plus(interval).isBefore(now))
                    .isPresent()) {
                incidents().tell(incident, AlertMessage.REMINDER, message(incident, AlertMessage.REMINDER), channels);
            }
        }
    }

    private String message(Incident incident, String state) {
        return AlertMessage.write(incident, state, settings.console().orElse(null));
    }

    /**
     * Requires that each rule can be read. To be called before anything starts.
     *
     * @throws UsageException if a setting is invalid
     */
    public static void validate(CamelContext context) {
        new AlertSettings(context).validate();
    }

    /** Returns the rules, and their values in force. */
    public static List<RuleInForce> rules(CamelContext context) {
        return new AlertSettings(context).rules();
    }

    /** Returns the names of the channels that are set up. */
    public static List<String> channels(CamelContext context) {
        return Channels.of(context).stream().map(Channels::name).toList();
    }

    /** Returns the names of the channels that a message about an incident was sent to. */
    public static List<String> toldTo(Incident incident) {
        return incident.toldTo() == null
                ? List.of()
                : incident.toldTo().stream().map(Channels::name).toList();
    }

    /**
     * Sends a message to each channel now.
     *
     * @return why it could not be sent, by channel; null if it was
     */
    public static Map<String, Exception> test(CamelContext context) {
        Incident example = new Incident(
                "test",
                IncidentTable.ALL,
                "test",
                null,
                "This is a test of the channel; nothing is wrong",
                "Nothing to do",
                Instant.now(),
                null,
                null,
                null);
        String body = AlertMessage.write(
                example, AlertMessage.TEST, new AlertSettings(context).console().orElse(null));
        Map<String, Exception> results = new LinkedHashMap<>();
        for (String channel : Channels.of(context)) {
            results.put(Channels.name(channel), Channels.send(context, channel, body));
        }
        return results;
    }
}
