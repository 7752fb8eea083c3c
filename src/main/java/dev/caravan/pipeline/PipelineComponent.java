package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.Pause;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Suggestion;
import dev.caravan.run.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Route;
import org.apache.camel.StartupListener;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.annotations.Component;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.util.PropertiesHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs routes as pipelines: on a schedule or on demand, retried as a whole, with a ledger of their runs. */
@Component("pipeline")
public class PipelineComponent extends DefaultComponent implements StartupListener {

    private static final Logger LOG = LoggerFactory.getLogger(PipelineComponent.class);
    private static final Duration PULSE = Duration.ofSeconds(2);
    private static final Duration PULSE_END = Duration.ofSeconds(5);
    /** One may wait for the ledger without delaying a heartbeat. */
    private static final int PULSES = 3;
    /** More names than these help nobody in a message. */
    private static final int FEW = 10;
    /** As many as the ledger has connections. */
    private static final int BOOKKEEPERS = 4;

    private static final Duration LOG_PULSE = Duration.ofMillis(500);

    @Metadata(
            defaultValue = "jdbc:sqlite:data/ledger.db",
            description =
                    "The JDBC URL of the ledger: jdbc:sqlite:FILE, or jdbc:postgresql:... if several machines share it.")
    private String ledgerUrl = "jdbc:sqlite:data/ledger.db";

    @Metadata(label = "security", description = "The user of a PostgreSQL ledger.")
    private String ledgerUsername;

    @Metadata(label = "security", secret = true, description = "The password of a PostgreSQL ledger.")
    private String ledgerPassword;

    @Metadata(
            defaultValue = "false",
            description = "Whether this process runs pipelines on their schedules. Otherwise they run on demand only.")
    private boolean schedule;

    @Metadata(
            defaultValue = "60s",
            javaType = "java.time.Duration",
            description =
                    "How long a run remains valid without a heartbeat. After that it has crashed. At least one second.")
    private long lease = 60_000;

    @Metadata(
            defaultValue = "90d",
            javaType = "java.time.Duration",
            description = "How long the ledger keeps a run after its end.")
    private long runRetention = Duration.ofDays(90).toMillis();

    @Metadata(
            defaultValue = "30d",
            javaType = "java.time.Duration",
            description = "How long the ledger keeps the log of a run after its end.")
    private long logRetention = Duration.ofDays(30).toMillis();

    @Metadata(
            defaultValue = "10000",
            description =
                    "The maximum number of log lines of a run that the ledger keeps. Further lines are only counted.")
    private int maxLogLines = 10_000;

    @Metadata(
            defaultValue = "8",
            description = "The maximum number of runs at work in this process. Further runs wait, those of the earliest"
                    + " slots first. A run that waits for a pipeline that it has called does not count.")
    private int maxConcurrentRuns = 8;

    @Metadata(
            label = "monitoring",
            description =
                    "A file that a process with schedules writes after each heartbeat, three times within a lease. A"
                            + " container's health check can test its age.")
    private String livenessFile;

    private final Map<String, PipelineConsumer> consumers = new ConcurrentSkipListMap<>();
    private final RunEvents events = new RunEvents();
    private Ledger ledger;
    private RunLogs logs;
    private PipelineRunner runner;
    private ExecutorService threads;
    private ScheduledExecutorService books;
    private ScheduledExecutorService pulse;
    private SlotScheduler slots;

    /** What can be done with the pipelines of this context. */
    public Pipelines pipelines() {
        return new Pipelines(this);
    }

    /** The file that the ledger is kept in; empty if it is in PostgreSQL. */
    public Optional<Path> ledgerFile() {
        return Ledger.file(ledgerUrl);
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        PipelineEndpoint endpoint = new PipelineEndpoint(uri, this, remaining);
        endpoint.setParam(PropertiesHelper.extractProperties(parameters, "param."));
        setProperties(endpoint, parameters);
        return endpoint;
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        refuse(lease < 1_000, "lease", "a second or more");
        refuse(runRetention <= 0, "runRetention", "a duration such as 90d");
        refuse(logRetention <= 0, "logRetention", "a duration such as 30d");
        refuse(maxConcurrentRuns < 1, "maxConcurrentRuns", "1 or more");
        refuse(maxLogLines < 0, "maxLogLines", "0 or more");
        CamelContext context = getCamelContext();
        ledger = Ledger.open(ledgerUrl, ledgerUsername, ledgerPassword);
        if (schedule) {
            ledger.requireWritable();
        }
        logs = new RunLogs(ledger, maxLogLines);
        logs.start();
        threads = context.getExecutorServiceManager().newCachedThreadPool(this, "Pipeline");
        books = context.getExecutorServiceManager().newScheduledThreadPool(this, "PipelineBooks", BOOKKEEPERS);
        runner = new PipelineRunner(
                ledger,
                logs,
                threads,
                books,
                new Places(maxConcurrentRuns),
                Duration.ofMillis(lease),
                Duration.ofMillis(runRetention),
                Duration.ofMillis(logRetention));
        context.getManagementStrategy().addEventNotifier(events);
        context.addStartupListener(this);
        if (schedule) {
            slots = new SlotScheduler(context, this);
        }
    }

    private static void refuse(boolean wrong, String option, String needed) {
        if (wrong) {
            throw new UsageException("camel.component.pipeline." + option + " must be " + needed);
        }
    }

    @Override
    public void onCamelContextStarted(CamelContext context, boolean alreadyStarted) {
        // wait until all routes have started
    }

    @Override
    public void onCamelContextFullyStarted(CamelContext context, boolean alreadyStarted) throws Exception {
        if (!ledger.isReadOnly()) {
            ledger.pipelines().register(consumers.keySet());
        }
        followPauses();
        if (slots != null) {
            ledger.nodes().serve(versions());
            showLife();
        }
        // what follows may take longer than a lease holds
        pulse = context.getExecutorServiceManager().newScheduledThreadPool(this, "PipelinePulse", PULSES);
        every(PULSE, () -> {
            followPauses();
            runner.heedCancelRequests();
        });
        Duration beat = Duration.ofMillis(lease / 3);
        every(beat, () -> {
            runner.beat();
            ledger.nodes().heartbeat();
            showLife();
        });
        if (slots != null) {
            runner.takeUp(consumers);
            every(beat, () -> runner.takeUp(consumers));
            for (PipelineConsumer pipeline : consumers.values()) {
                slots.schedule(pipeline, Instant.now());
            }
        }
        every(LOG_PULSE, logs::flush);
    }

    private void every(Duration period, Runnable work) {
        Future<?> unused = pulse.scheduleWithFixedDelay(
                () -> {
                    try {
                        work.run();
                    } catch (PermanentException e) {
                        LOG.debug("The ledger has said why", e);
                    } catch (RuntimeException e) {
                        LOG.warn("The ledger does not answer: {}", Errors.describe(e));
                    } catch (Error e) {
                        // else heartbeats would end for good, and the process live on without
                        FatalErrors.end(e, "a heartbeat");
                    }
                },
                period.toMillis(),
                period.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private void showLife() {
        if (schedule && livenessFile != null && !livenessFile.isEmpty()) {
            try {
                Files.writeString(Path.of(livenessFile), Instant.now() + "\n");
            } catch (IOException e) {
                LOG.warn("The sign of life {} cannot be written: {}", livenessFile, e.toString());
            }
        }
    }

    private void followPauses() {
        Map<String, Pause> pauses = ledger.pipelines().pauses();
        consumers.forEach((name, pipeline) -> {
            if (pauses.containsKey(name)) {
                follow(pipeline, pauses.get(name));
            }
        });
    }

    void follow(PipelineConsumer pipeline, Pause pause) {
        try {
            pipeline.pauseSwitch().follow(pause);
        } catch (Exception e) {
            LOG.error("Pipeline {} cannot be paused or resumed: {}", pipeline.name(), Errors.describe(e));
        }
    }

    void register(PipelineConsumer pipeline) {
        PipelineConsumer other = consumers.put(pipeline.name(), pipeline);
        if (other != null
                && !other.getRoute().getRouteId().equals(pipeline.getRoute().getRouteId())) {
            consumers.put(pipeline.name(), other);
            throw new UsageException("There are two pipelines " + pipeline.name() + ": routes "
                    + place(other.getRoute()) + " and " + place(pipeline.getRoute()) + "; give each its own name");
        }
    }

    private static String place(Route route) {
        String location = route.getSourceLocationShort();
        return route.getRouteId() + (location == null ? "" : " (" + location + ")");
    }

    void unregister(PipelineConsumer pipeline) throws Exception {
        if (consumers.remove(pipeline.name(), pipeline) && slots != null) {
            slots.unschedule(pipeline);
        }
    }

    /** The pipelines with the versions of their routes. */
    Map<String, String> versions() {
        Map<String, String> versions = new TreeMap<>();
        consumers.forEach((name, pipeline) -> versions.put(name, new RouteGraph(pipeline).version()));
        return versions;
    }

    Collection<PipelineConsumer> consumers() {
        return consumers.values();
    }

    PipelineConsumer pipeline(String name) {
        PipelineConsumer pipeline = consumers.get(name);
        if (pipeline == null) {
            throw new UsageException("There is no pipeline " + name
                    + (consumers.isEmpty() ? ". No pipelines are defined" : suggestion(name)));
        }
        return pipeline;
    }

    private String suggestion(String name) {
        return Suggestion.nearest(name, consumers.keySet())
                .map(nearest -> ". Did you mean " + nearest + "?")
                .orElseGet(() -> consumers.size() > FEW
                        ? ". caravan ls shows the " + consumers.size() + " that there are"
                        : ". There are: " + String.join(", ", consumers.keySet()));
    }

    PipelineRunner runner() {
        return runner;
    }

    @Override
    protected void doStop() throws Exception {
        if (runner != null) {
            stopRunning();
        }
        super.doStop();
    }

    private void stopRunning() throws Exception {
        runner.stop();
        getCamelContext().getManagementStrategy().removeEventNotifier(events);
        if (pulse != null) {
            // what it tells the ledger now has to be told before the ledger is closed
            getCamelContext().getExecutorServiceManager().shutdownGraceful(pulse, PULSE_END.toMillis());
        }
        for (ExecutorService executor : List.of(books, threads)) {
            getCamelContext().getExecutorServiceManager().shutdownNow(executor);
        }
        logs.stop();
        ledger.close();
    }

    public String getLedgerUrl() {
        return ledgerUrl;
    }

    public void setLedgerUrl(String ledgerUrl) {
        this.ledgerUrl = ledgerUrl;
    }

    public String getLedgerUsername() {
        return ledgerUsername;
    }

    public void setLedgerUsername(String ledgerUsername) {
        this.ledgerUsername = ledgerUsername;
    }

    public String getLedgerPassword() {
        return ledgerPassword;
    }

    public void setLedgerPassword(String ledgerPassword) {
        this.ledgerPassword = ledgerPassword;
    }

    public boolean isSchedule() {
        return schedule;
    }

    public void setSchedule(boolean schedule) {
        this.schedule = schedule;
    }

    public long getLease() {
        return lease;
    }

    public void setLease(long lease) {
        this.lease = lease;
    }

    public long getRunRetention() {
        return runRetention;
    }

    public void setRunRetention(long runRetention) {
        this.runRetention = runRetention;
    }

    public long getLogRetention() {
        return logRetention;
    }

    public void setLogRetention(long logRetention) {
        this.logRetention = logRetention;
    }

    public int getMaxLogLines() {
        return maxLogLines;
    }

    public void setMaxLogLines(int maxLogLines) {
        this.maxLogLines = maxLogLines;
    }

    public int getMaxConcurrentRuns() {
        return maxConcurrentRuns;
    }

    public void setMaxConcurrentRuns(int maxConcurrentRuns) {
        this.maxConcurrentRuns = maxConcurrentRuns;
    }

    public String getLivenessFile() {
        return livenessFile;
    }

    public void setLivenessFile(String livenessFile) {
        this.livenessFile = livenessFile;
    }
}
