package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.Pause;
import dev.caravan.run.UsageException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.StartupListener;
import org.apache.camel.health.HealthCheckRegistry;
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
    private static final Duration POLL_INTERVAL = Duration.ofSeconds(2);
    private static final Duration SAVE_INTERVAL = Duration.ofMillis(500);
    private static final Duration TASKS_STOP_TIMEOUT = Duration.ofSeconds(5);
    /** A task that waits for the ledger does not delay a heartbeat. */
    private static final int TASK_THREADS = 3;
    /** As many as the ledger has connections. */
    private static final int SCHEDULER_THREADS = 4;

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
            defaultValue = "false",
            description = "Whether this process executes the runs that were requested without waiting for them, and"
                    + " continues those whose process has ended. One with schedules does so in any case.")
    private boolean service;

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
            description = "A file that a service writes after each heartbeat, three times within a lease. A"
                    + " container's health check can test its age.")
    private String livenessFile;

    @Metadata(
            label = "monitoring",
            description = "The URI of an endpoint that gets a message about each run of any pipeline when it is over,"
                    + " whatever its state: the run as JSON.")
    private String onFinished;

    @Metadata(
            label = "monitoring",
            description = "The same for runs that have failed after all retries, or have crashed.")
    private String onFailed;

    private final PipelineRegistry registry = new PipelineRegistry();
    private final List<String> observers = new CopyOnWriteArrayList<>();
    private final StepListener steps = new StepListener();
    private Ledger ledger;
    private RunServices services;
    private Deliveries deliveries;
    private Announcer announcer;
    private PipelineRunner runner;
    private SlotRuns slotRuns;
    private SlotScheduler slots;
    private MissedSlots missed;
    private ScheduledExecutorService tasks;
    private volatile Heartbeat heartbeat;

    /** Lists and controls the pipelines of this context. */
    public Pipelines pipelines() {
        return new Pipelines(this);
    }

    /**
     * Adds a route that gets a message about each run of any pipeline when it begins, and one when it is over: the run as JSON. As
     * those of {@code onFinished}, messages are kept until they are delivered. Those about a run come in their order. Call this
     * before the context starts.
     *
     * @param route a {@code direct:} endpoint that the route begins with
     */
    public void addObserver(String route) {
        observers.add(route);
    }

    List<String> observers() {
        return observers;
    }

    /** The file of the ledger; empty if it is in PostgreSQL. */
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
        check(lease >= 1_000, "lease", "1s or more");
        check(runRetention > 0, "runRetention", "a duration such as 90d");
        check(logRetention > 0, "logRetention", "a duration such as 30d");
        check(maxConcurrentRuns >= 1, "maxConcurrentRuns", "1 or more");
        check(maxLogLines >= 0, "maxLogLines", "0 or more");
        CamelContext context = getCamelContext();
        ledger = Ledger.open(ledgerUrl, ledgerUsername, ledgerPassword);
        if (serves()) {
            ledger.requireWritable();
        }
        RunLogs logs = new RunLogs(ledger, maxLogLines);
        logs.start();
        ExecutorService threads = context.getExecutorServiceManager().newCachedThreadPool(this, "Pipeline");
        deliveries = new Deliveries(this, ledger.outbox(), threads);
        announcer = new Announcer(context, ledger.outbox(), deliveries);
        services = new RunServices(
                ledger,
                logs,
                threads,
                context.getExecutorServiceManager()
                        .newScheduledThreadPool(this, "PipelineScheduler", SCHEDULER_THREADS),
                new Permits(maxConcurrentRuns),
                announcer,
                new Quotas(ledger.quotas()),
                Duration.ofMillis(lease));
        runner = new PipelineRunner(
                services, new Retention(ledger, Duration.ofMillis(runRetention), Duration.ofMillis(logRetention)));
        slotRuns = new SlotRuns(runner, ledger.pipelines(), services.scheduler());
        context.getManagementStrategy().addEventNotifier(steps);
        context.addStartupListener(this);
        if (schedule) {
            missed = new MissedSlots(ledger, registry, slotRuns);
            slotRuns.setBehind(missed::isBehind);
            slots = new SlotScheduler(context, slotRuns, services.scheduler());
        }
    }

    private boolean serves() {
        return schedule || service;
    }

    private static void check(boolean valid, String option, String rule) {
        if (!valid) {
            throw new UsageException("camel.component.pipeline." + option + " must be " + rule);
        }
    }

    @Override
    public void onCamelContextStarted(CamelContext context, boolean alreadyStarted) {
        // waits until all routes have started
    }

    @Override
    public void onCamelContextFullyStarted(CamelContext context, boolean alreadyStarted) throws Exception {
        if (tasks != null) {
            return; // Camel knows a component that was added to it as a listener too
        }
        if (!ledger.isReadOnly()) {
            ledger.pipelines().register(registry.names());
        }
        followPauses();
        boolean writesLiveness = serves() && livenessFile != null && !livenessFile.isEmpty();
        heartbeat = new Heartbeat(services, runner, writesLiveness ? Path.of(livenessFile) : null);
        if (serves()) {
            ledger.nodes().serve(registry.versions(context), registry.limits(), maxConcurrentRuns);
            heartbeat.touchLivenessFile();
        }
        // before what follows, which can take longer than a lease is valid
        tasks = context.getExecutorServiceManager().newScheduledThreadPool(this, "PipelineTasks", TASK_THREADS);
        PeriodicTasks periodic = new PeriodicTasks(tasks);
        periodic.every(POLL_INTERVAL, () -> {
            followPauses();
            runner.applyCancelRequests();
        });
        periodic.every(POLL_INTERVAL, () -> {
            // a process that only reads leaves this to others
            if (serves() || runner.hasRun()) {
                announcer.announceOthers(registry.names());
                deliveries.deliverDue();
            }
        });
        periodic.every(Deliveries.CLAIM.dividedBy(3), deliveries::keepClaims);
        Duration heartbeatInterval = Duration.ofMillis(lease / 3);
        periodic.every(heartbeatInterval, heartbeat::beat);
        HealthCheckRegistry health = HealthCheckRegistry.get(context);
        if (serves() && health != null) {
            PipelineHealth.register(health, this, Duration.ofMillis(lease));
        }
        if (serves()) {
            InterruptedRuns interrupted = new InterruptedRuns(ledger, registry, runner);
            interrupted.takeOver(schedule);
            periodic.every(heartbeatInterval, () -> interrupted.takeOver(schedule));
            RunClaims claims = new RunClaims(services, registry, runner);
            periodic.every(RunClaims.INTERVAL, () -> claims.claim(schedule));
        }
        if (schedule) {
            missed.serve();
            slots.schedule(registry.all(), Instant.now());
            // the first time at once, on a thread of its own, and then whether or not the scheduler is alive
            periodic.now(missed::checkAll);
            periodic.every(MissedSlots.GRACE.dividedBy(2), () -> {
                slots.fireOverdue(MissedSlots.GRACE.dividedBy(2));
                missed.checkAll();
            });
            periodic.every(POLL_INTERVAL, missed::continueBehind);
        }
        periodic.every(SAVE_INTERVAL, () -> {
            runner.saveChanges();
            services.logs().flush();
        });
    }

    private void followPauses() {
        Map<String, Pause> pauses = ledger.pipelines().pauses();
        for (PipelineConsumer pipeline : registry.all()) {
            if (pauses.containsKey(pipeline.name())) {
                follow(pipeline, pauses.get(pipeline.name()));
            }
        }
    }

    void follow(PipelineConsumer pipeline, Pause pause) {
        try {
            pipeline.pauseSwitch().follow(pause);
        } catch (Exception e) {
            LOG.error("Pipeline {} cannot be paused or resumed: {}", pipeline.name(), Errors.describe(e));
        }
    }

    void unregister(PipelineConsumer pipeline) throws Exception {
        if (registry.remove(pipeline) && slots != null) {
            slots.unschedule(pipeline);
        }
    }

    PipelineRegistry registry() {
        return registry;
    }

    Ledger ledger() {
        return ledger;
    }

    /** Null until the context has started. */
    Heartbeat heartbeat() {
        return heartbeat;
    }

    /** Null if the component could not start. */
    RunServices services() {
        return services;
    }

    boolean isSchedulerStalled() {
        return slots != null && slots.isStalled();
    }

    Deliveries deliveries() {
        return deliveries;
    }

    SlotRuns slotRuns() {
        return slotRuns;
    }

    /** Null if the component could not start. */
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
        deliveries.stop();
        announcer.stop();
        getCamelContext().getManagementStrategy().removeEventNotifier(steps);
        if (tasks != null) {
            // they use the ledger, which is closed next
            getCamelContext().getExecutorServiceManager().shutdownGraceful(tasks, TASKS_STOP_TIMEOUT.toMillis());
            tasks = null;
        }
        for (ExecutorService executor : List.of(services.scheduler(), services.threads())) {
            getCamelContext().getExecutorServiceManager().shutdownNow(executor);
        }
        services.logs().stop();
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

    public boolean isService() {
        return service;
    }

    public void setService(boolean service) {
        this.service = service;
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

    public String getOnFinished() {
        return onFinished;
    }

    public void setOnFinished(String onFinished) {
        this.onFinished = onFinished;
    }

    public String getOnFailed() {
        return onFailed;
    }

    public void setOnFailed(String onFailed) {
        this.onFailed = onFailed;
    }
}
