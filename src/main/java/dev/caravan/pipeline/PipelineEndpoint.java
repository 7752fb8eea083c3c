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

/**
 * Run a route as a pipeline: from a schedule or on demand, retried as a whole, with a ledger of its runs.
 */
@UriEndpoint(
        firstVersion = "0.1.0",
        scheme = "pipeline",
        title = "Pipeline",
        syntax = "pipeline:name",
        remote = false,
        category = {Category.CORE, Category.SCHEDULING})
@Metadata(excludeProperties = "bridgeErrorHandler,exceptionHandler") // a failure is the run's
public class PipelineEndpoint extends DefaultEndpoint {

    /** What becomes of a run that begins while as many as may are under way. */
    public enum Overlap {
        /** It is not run. */
        skip,
        /** It waits. */
        queue,
        /** The ones before it are cancelled, then it runs. */
        cancel
    }

    @UriPath(description = "The name of the pipeline. Unique among all routes; usually the same as the route's id.")
    @Metadata(required = true)
    private String name;

    @UriParam(
            label = "consumer,schedule",
            description =
                    "When the pipeline runs: five fields as in crontab (minute hour day-of-month month day-of-week),"
                            + " or Quartz's six or seven, seconds first. Without it the pipeline runs on demand only.")
    private String cron;

    @UriParam(
            label = "consumer,schedule",
            defaultValue = "UTC",
            description = "The time zone of the cron, and of the days today and yesterday in parameters.")
    private String timeZone = "UTC";

    @UriParam(label = "consumer", description = "Words to find the pipeline by, separated by commas.")
    private String tags;

    @UriParam(
            label = "consumer,retry",
            defaultValue = "3",
            description = "How often a failed attempt is repeated. Each attempt runs the whole route again on a fresh"
                    + " exchange. Failures that another attempt cannot fix are not repeated.")
    private int retries = 3;

    @UriParam(
            label = "consumer,retry",
            defaultValue = "10s",
            javaType = "java.time.Duration",
            description = "The pause before the first repetition.")
    private long retryDelay = 10_000;

    @UriParam(
            label = "consumer,retry",
            defaultValue = "10",
            description = "By how much the pause grows from one repetition to the next.")
    private double retryFactor = 10;

    @UriParam(
            label = "consumer,retry",
            defaultValue = "10m",
            javaType = "java.time.Duration",
            description =
                    "The longest pause between attempts, before jitter. A server's Retry-After is obeyed beyond it.")
    private long maxRetryDelay = 600_000;

    @UriParam(
            label = "consumer,retry",
            defaultValue = "0.5",
            description =
                    "How far a pause strays at random, as a part of it, from 0 to 1: 0.5 makes it anything between"
                            + " half and one and a half times as long.")
    private double retryJitter = 0.5;

    @UriParam(
            label = "consumer",
            defaultValue = "12h",
            javaType = "java.time.Duration",
            description = "How long one attempt may take. An attempt that takes longer is ended and counts as failed."
                    + " 0 is no limit.")
    private long timeout = Duration.ofHours(12).toMillis();

    @UriParam(
            label = "consumer",
            defaultValue = "1",
            description = "How many runs of the pipeline may be under way at once, over all processes.")
    private int maxConcurrentRuns = 1;

    @UriParam(
            label = "consumer",
            defaultValue = "skip",
            description =
                    "What becomes of a run that begins while as many as may are under way: it is skipped, it waits"
                            + " for its turn (queue), or the ones before it are cancelled (cancel).")
    private Overlap onOverlap = Overlap.skip;

    @UriParam(
            label = "consumer",
            prefix = "param.",
            multiValue = true,
            description =
                    "The parameters of a run, each as param.NAME=TYPE, TYPE:DEFAULT, or TYPE followed by a question mark if it is optional."
                            + " Types: string, date, integer, decimal, boolean; a date may be today or yesterday. The route finds"
                            + " the value as variable NAME.")
    private Map<String, Object> param = new HashMap<>();

    @UriParam(
            label = "consumer",
            description =
                    "A condition in the Simple language that the parameters must meet, for example that"
                            + " ${variable.start_date} is not greater than ${variable.end_date}. It is checked before anything runs.")
    private String require;

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
                    "given a default, because the pipeline has a cron");
        }
        check(retries >= 0, "retries", "0 or more");
        check(retryDelay >= 0, "retryDelay", "0 or more");
        check(retryFactor >= 1, "retryFactor", "1 or more");
        check(maxRetryDelay >= 0, "maxRetryDelay", "0 or more");
        check(retryJitter >= 0 && retryJitter <= 1, "retryJitter", "from 0 to 1");
        check(timeout >= 0, "timeout", "0 (none) or more");
        check(maxConcurrentRuns >= 1, "maxConcurrentRuns", "1 or more");
    }

    private void check(boolean holds, String option, String rule) {
        if (!holds) {
            throw new UsageException("Pipeline " + name + ": " + option + " has to be " + rule);
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

    /** Null if there is none. */
    Duration timeout() {
        return timeout == 0 ? null : Duration.ofMillis(timeout);
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
}
