package dev.caravan.pipeline;

import dev.caravan.run.UsageException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Category;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;
import org.apache.camel.spi.UriPath;
import org.apache.camel.support.DefaultEndpoint;

/** Run a route as a pipeline: on a schedule or on demand, retried as a whole, with a ledger of its runs. */
@UriEndpoint(
        firstVersion = "0.1.0",
        scheme = "pipeline",
        title = "Pipeline",
        syntax = "pipeline:name",
        remote = false,
        category = {Category.SCHEDULING, Category.WORKFLOW},
        headersClass = PipelineConstants.class)
// failures belong to the run, and there is no reply
@Metadata(excludeProperties = "bridgeErrorHandler,exceptionHandler,exchangePattern")
public class PipelineEndpoint extends DefaultEndpoint {

    /** What to do with a new run when {@code maxConcurrentRuns} is reached. */
    public enum Overlap {
        /** Skip it. */
        skip,
        /** Let it wait. */
        queue,
        /** Cancel the runs before it. */
        cancel
    }

    /** Which of the slots that have passed without a run are run later. */
    public enum CatchUp {
        /** None. */
        none,
        /** The last one, unless a later slot has run. */
        last,
        /** All, oldest first. */
        all
    }

    @UriPath(description = "The name of the pipeline. It must be unique, and is usually the id of the route.")
    @Metadata(required = true)
    private String name;

    @UriParam(
            label = "consumer,schedule",
            description =
                    "The cron expression of the schedule: five fields as in crontab (minute hour day-of-month month"
                            + " day-of-week), or Quartz's six or seven, seconds first. Without it the pipeline runs on demand"
                            + " only.")
    private String cron;

    @UriParam(
            label = "consumer,schedule",
            defaultValue = "UTC",
            description = "The time zone of the cron expression, and of the dates today and yesterday in parameters.")
    private String timeZone = "UTC";

    @UriParam(
            label = "consumer,schedule",
            defaultValue = "last",
            description = "What to do about slots that have passed without a run, because no process was running, the"
                    + " pipeline was paused or the ledger was unavailable: run none of them, the last one (unless a later"
                    + " slot has run), or all, oldest first and one at a time.")
    private CatchUp catchUp = CatchUp.last;

    @UriParam(
            label = "consumer,schedule",
            defaultValue = "0",
            javaType = "java.time.Duration",
            description = "How late a missed slot is run at most. 0 means no limit.")
    private long maxLateness;

    @UriParam(label = "consumer", description = "Labels for finding the pipeline, separated by commas.")
    private String tags;

    @UriParam(
            label = "consumer,retry",
            defaultValue = "3",
            description = "The maximum number of retries of a failed run. Each attempt runs the whole route on a new"
                    + " exchange. Permanent failures are not retried.")
    private int retries = 3;

    @UriParam(
            label = "consumer,retry",
            defaultValue = "10s",
            javaType = "java.time.Duration",
            description = "The delay before the first retry.")
    private long retryDelay = 10_000;

    @UriParam(
            label = "consumer,retry",
            defaultValue = "10",
            description = "The factor by which the delay grows from one retry to the next.")
    private double retryFactor = 10;

    @UriParam(
            label = "consumer,retry",
            defaultValue = "10m",
            javaType = "java.time.Duration",
            description = "The maximum delay before a retry, without jitter. A server's Retry-After can exceed it.")
    private long maxRetryDelay = 600_000;

    @UriParam(
            label = "consumer,retry",
            defaultValue = "0.5",
            description = "Random variation of the delay, as a fraction from 0 to 1: with 0.5 the delay is between half"
                    + " and one and a half times as long.")
    private double retryJitter = 0.5;

    @UriParam(
            label = "consumer",
            defaultValue = "12h",
            javaType = "java.time.Duration",
            description = "The maximum duration of one attempt. An attempt that takes longer is ended and has failed."
                    + " 0 means no limit.")
    private long timeout = Duration.ofHours(12).toMillis();

    @UriParam(
            label = "consumer",
            defaultValue = "1",
            description = "The maximum number of concurrent runs of the pipeline, across all processes.")
    private int maxConcurrentRuns = 1;

    @UriParam(
            label = "consumer",
            defaultValue = "skip",
            description = "What to do when maxConcurrentRuns is reached: skip the new run, queue it, or cancel the runs"
                    + " before it.")
    private Overlap onOverlap = Overlap.skip;

    @UriParam(
            label = "consumer,resources",
            description = "The CPU that a process for one run of the pipeline needs, such as 500m or 2: what its pod"
                    + " requests. See caravan manifest.")
    private String cpu;

    @UriParam(
            label = "consumer,resources",
            description =
                    "The memory that a process for one run of the pipeline needs, such as 2Gi: what its pod requests,"
                            + " and its limit.")
    private String memory;

    @UriParam(
            label = "consumer",
            prefix = "param.",
            multiValue = true,
            description =
                    "A parameter of the run: param.NAME=TYPE, TYPE:DEFAULT, or TYPE followed by a question mark if it"
                            + " is optional. Types: string, date, integer, decimal, boolean; a date can be today or"
                            + " yesterday. The route gets the value as variable NAME.")
    private Map<String, Object> param = new HashMap<>();

    @UriParam(
            label = "consumer",
            description = "A condition that the parameters must meet, in the Simple language, for example that"
                    + " ${variable.start_date} is not greater than ${variable.end_date}. It is checked before the run"
                    + " starts.")
    private String require;

    @UriParam(
            label = "consumer,monitoring",
            description =
                    "The URI of an endpoint that gets a message about each run when it is over, whatever its state:"
                            + " the run as JSON. The run does not wait for it; what cannot be delivered is delivered later."
                            + " Overrides the option of the component.")
    private String onFinished;

    @UriParam(
            label = "consumer,monitoring",
            description = "The same for runs that have failed after all retries, or have crashed.")
    private String onFailed;

    private Parameters parameters;
    private Schedule schedule;
    private ZoneId zone;

    public PipelineEndpoint(String uri, PipelineComponent component, String name) {
        super(uri, component);
        this.name = name;
    }

    @Override
    public PipelineComponent getComponent() {
        return (PipelineComponent) super.getComponent();
    }

    @Override
    public Producer createProducer() {
        return new PipelineProducer(this);
    }

    @Override
    public Consumer createConsumer(Processor processor) {
        return new PipelineConsumer(this, processor);
    }

    @Override
    protected void doInit() throws Exception {
        super.doInit();
        zone = Schedule.zone(name, timeZone);
        schedule = cron == null || cron.isBlank() ? null : Schedule.of(name, cron, zone);
        parameters = new Parameters(getCamelContext(), name, param, require);
        for (Parameter parameter : parameters.declared()) {
            check(
                    schedule == null || !parameter.required(),
                    "param." + parameter.name(),
                    "optional or have a default, because the pipeline has a cron");
        }
        check(retries >= 0, "retries", "0 or more");
        check(retryDelay >= 0, "retryDelay", "0 or more");
        check(retryFactor >= 1, "retryFactor", "1 or more");
        check(maxRetryDelay >= 0, "maxRetryDelay", "0 or more");
        check(retryJitter >= 0 && retryJitter <= 1, "retryJitter", "from 0 to 1");
        check(timeout >= 0, "timeout", "0 (none) or more");
        check(maxLateness >= 0, "maxLateness", "0 (no limit) or more");
        check(maxConcurrentRuns >= 1, "maxConcurrentRuns", "1 or more");
    }

    private void check(boolean holds, String option, String rule) {
        if (!holds) {
            throw new UsageException("Pipeline " + name + ": " + option + " must be " + rule);
        }
    }

    Parameters parameters() {
        return parameters;
    }

    ZoneId zone() {
        return zone;
    }

    Optional<Schedule> schedule() {
        return Optional.ofNullable(schedule);
    }

    /** The maximum duration of an attempt, or null for no limit. */
    Duration timeout() {
        return timeout == 0 ? null : Duration.ofMillis(timeout);
    }

    CatchUpPolicy catchUpPolicy() {
        return new CatchUpPolicy(catchUp, maxLateness == 0 ? null : Duration.ofMillis(maxLateness));
    }

    Backoff backoff() {
        return new Backoff(Duration.ofMillis(retryDelay), retryFactor, Duration.ofMillis(maxRetryDelay), retryJitter);
    }

    List<String> tagList() {
        return tags == null
                ? List.of()
                : Arrays.stream(tags.split(","))
                        .map(String::strip)
                        .filter(tag -> !tag.isEmpty())
                        .toList();
    }

    public String getName() {
        return name;
    }

    public void setName(String name) {
        this.name = name;
    }

    public String getCron() {
        return cron;
    }

    public void setCron(String cron) {
        this.cron = cron;
    }

    public String getTimeZone() {
        return timeZone;
    }

    public void setTimeZone(String timeZone) {
        this.timeZone = timeZone;
    }

    public CatchUp getCatchUp() {
        return catchUp;
    }

    public void setCatchUp(CatchUp catchUp) {
        this.catchUp = catchUp;
    }

    public long getMaxLateness() {
        return maxLateness;
    }

    public void setMaxLateness(long maxLateness) {
        this.maxLateness = maxLateness;
    }

    public String getTags() {
        return tags;
    }

    public void setTags(String tags) {
        this.tags = tags;
    }

    public int getRetries() {
        return retries;
    }

    public void setRetries(int retries) {
        this.retries = retries;
    }

    public long getRetryDelay() {
        return retryDelay;
    }

    public void setRetryDelay(long retryDelay) {
        this.retryDelay = retryDelay;
    }

    public double getRetryFactor() {
        return retryFactor;
    }

    public void setRetryFactor(double retryFactor) {
        this.retryFactor = retryFactor;
    }

    public long getMaxRetryDelay() {
        return maxRetryDelay;
    }

    public void setMaxRetryDelay(long maxRetryDelay) {
        this.maxRetryDelay = maxRetryDelay;
    }

    public double getRetryJitter() {
        return retryJitter;
    }

    public void setRetryJitter(double retryJitter) {
        this.retryJitter = retryJitter;
    }

    public long getTimeout() {
        return timeout;
    }

    public void setTimeout(long timeout) {
        this.timeout = timeout;
    }

    public int getMaxConcurrentRuns() {
        return maxConcurrentRuns;
    }

    public void setMaxConcurrentRuns(int maxConcurrentRuns) {
        this.maxConcurrentRuns = maxConcurrentRuns;
    }

    public Overlap getOnOverlap() {
        return onOverlap;
    }

    public void setOnOverlap(Overlap onOverlap) {
        this.onOverlap = onOverlap;
    }

    public String getCpu() {
        return cpu;
    }

    public void setCpu(String cpu) {
        this.cpu = cpu;
    }

    public String getMemory() {
        return memory;
    }

    public void setMemory(String memory) {
        this.memory = memory;
    }

    public Map<String, Object> getParam() {
        return param;
    }

    public void setParam(Map<String, Object> param) {
        this.param = param;
    }

    public String getRequire() {
        return require;
    }

    public void setRequire(String require) {
        this.require = require;
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
