package dev.caravan.exchangerates;

import dev.caravan.aws.S3Failure;
import dev.caravan.run.Day;
import dev.caravan.run.Failpoint;
import dev.caravan.run.Run;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.aws2.s3.AWS2S3Constants;
import org.apache.camel.component.aws2.s3.AWS2S3Endpoint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * The files in the bucket: one per day, under a name that is the same in every attempt, so that an existing file is never
 * written again. A run with {@code force=true} uses names with its run id, because a pipe loads each name only once.
 */
public final class RateFiles {

    /** Writes objects, but never over an existing one. */
    static final String ENDPOINT = "aws2-s3://{{s3.bucket}}?conditionalWritesEnabled=true";

    /** The exchange variable with the day that was requested; not set for the latest rates. */
    static final String DATE = "date";

    /** The exchange variable with the base currency that was requested; USD if it is not set. */
    private static final String BASE = "base";

    /** The exchange variable with the names of the files that this run needs loaded. */
    static final String FILES = "files";

    /** The exchange variable with those of them that this attempt has written; only their rows count as its progress. */
    static final String WRITTEN = "filesWritten";

    /** The name of the days in the ledger, whichever pipeline has put them. */
    private static final String DATASET = "exchange-rates";

    private static final int DATE_LENGTH = 10;

    private static final Logger LOG = LoggerFactory.getLogger(RateFiles.class);

    private RateFiles() {}

    /** Returns the name of a day's file, which has the run id if the variable {@code force} is set. */
    static String key(LocalDate date, Exchange exchange) {
        boolean force = exchange.getVariable("force", false, Boolean.class);
        String run = Run.of(exchange).map(Run::id).orElse(exchange.getExchangeId());
        return RatesSchema.PREFIX + date + (force ? "." + run : "") + ".json";
    }

    /** Lists the existing files of these days, with the time when they were written. */
    static Map<String, Instant> list(LocalDate first, LocalDate last, Exchange exchange) {
        requireBucket(exchange);
        try {
            AWS2S3Endpoint endpoint = exchange.getContext().getEndpoint(ENDPOINT, AWS2S3Endpoint.class);
            String bucket = endpoint.getConfiguration().getBucketName();
            return endpoint
                    .getS3Client()
                    .listObjectsV2Paginator(request ->
                            request.bucket(bucket).prefix(RatesSchema.PREFIX).startAfter(RatesSchema.PREFIX + first))
                    .contents()
                    .stream()
                    .takeWhile(object -> object.key().compareTo(RatesSchema.PREFIX + last.plusDays(1)) < 0)
                    .collect(Collectors.toMap(S3Object::key, S3Object::lastModified));
        } catch (RuntimeException e) {
            throw failure("Cannot list the files in the bucket", "s3:ListBucket", e);
        }
    }

    /**
     * Turns the message from a response of the API, read as one row, into the file to put. Sets the variable {@code files}.
     */
    public static void prepare(Exchange exchange) {
        requireBucket(exchange);
        Message message = exchange.getMessage();
        DailyRates day = DailyRates.of(
                exchange.getVariable(DATE, LocalDate.class),
                exchange.getVariable(BASE, DailyRates.DEFAULT_BASE, String.class),
                Document.of(exchange));
        message.removeHeaders("*");
        String key = key(day.date(), exchange);
        exchange.setVariable(FILES, List.of(key));
        message.setHeader(AWS2S3Constants.KEY, key);
        message.setHeader(AWS2S3Constants.CONTENT_TYPE, "application/json");
        message.setBody(day.toJson());
    }

    /** Reports the file that was put to the run. Sets the variable {@code filesWritten}. */
    public static void written(Exchange exchange) {
        Message message = exchange.getMessage();
        long bytes = message.getBody(byte[].class).length;
        LOG.info("Put {}, {} bytes", message.getHeader(AWS2S3Constants.KEY), bytes);
        exchange.setVariable(WRITTEN, exchange.getVariable(FILES));
        report(exchange, List.of(day(message)), Day.State.PRESENT, null);
        message.removeHeaders("*");
        Run.of(exchange).ifPresent(run -> run.addProgress(exchange, 0, bytes));
        Failpoint.hit("exchange-rates.put");
    }

    /** Continues if the file existed before, as in a retry. Sets the variable {@code filesWritten}. */
    public static void notWritten(Exchange exchange) {
        Exception e = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        String key = exchange.getMessage().getHeader(AWS2S3Constants.KEY, String.class);
        if (!(e instanceof S3Exception response) || response.statusCode() != 412) {
            throw failure("Cannot put " + key + " into the bucket", "s3:PutObject", e);
        }
        LOG.info("{} exists already and is not changed", key);
        exchange.setVariable(WRITTEN, List.of());
        report(exchange, List.of(day(exchange.getMessage())), Day.State.PRESENT, null);
        exchange.getMessage().removeHeaders("*");
        // the caught exception must not count as a failure of later steps
        exchange.removeProperty(Exchange.EXCEPTION_CAUGHT);
    }

    private static LocalDate day(Message file) {
        String key = file.getHeader(AWS2S3Constants.KEY, String.class);
        return LocalDate.parse(key.substring(RatesSchema.PREFIX.length(), RatesSchema.PREFIX.length() + DATE_LENGTH));
    }

    /** Tells the run what is known of days, for calendars. */
    static void report(Exchange exchange, List<LocalDate> days, Day.State state, String reason) {
        Run.of(exchange)
                .ifPresent(run -> run.report(days.stream()
                        .map(day -> new Day(DATASET, day, state, reason))
                        .toList()));
    }

    /** @param action the IAM action that it needs */
    private static RuntimeException failure(String problem, String action, Exception failure) {
        // Camel wraps failures of its first check of the bucket
        Throwable e = failure;
        while (!(e instanceof SdkException) && e.getCause() != null) {
            e = e.getCause();
        }
        return e instanceof SdkException sdk
                ? S3Failure.of(problem, action, sdk)
                : new TransientException(problem + ": " + failure.getMessage(), failure);
    }

    private static void requireBucket(Exchange exchange) {
        if (exchange.getContext().resolvePropertyPlaceholders("{{s3.bucket:}}").isBlank()) {
            throw new UsageException("s3.bucket is not set: set it to the name of the bucket for exchange rates");
        }
    }
}
