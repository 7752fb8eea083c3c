package dev.caravan.exchangerates;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.aws.S3Failure;
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
 * The objects in the bucket: one for each day, under a name that is the same on every try, so that whatever is there
 * is never written again. A run that is forced to fetch days again gives them names of its own, because a pipe loads
 * a name once only.
 */
final class RateFiles {

    /** Where objects are written: never over one that is there. */
    static final String ENDPOINT = "aws2-s3://{{s3.bucket}}?conditionalWritesEnabled=true";

    /** The exchange variable with the names of the objects that this run has seen to: they have to arrive. */
    static final String FILES = "files";

    /** Those of them that this attempt has written: the others' rows are not its own. */
    static final String WRITTEN = "filesWritten";

    private static final Logger LOG = LoggerFactory.getLogger(RateFiles.class);

    private RateFiles() {}

    /** The name of a day's object; the variable {@code force} says if the run has names of its own. */
    static String key(LocalDate date, Exchange exchange) {
        boolean force = exchange.getVariable("force", false, Boolean.class);
        String run = Run.of(exchange).map(Run::id).orElse(exchange.getExchangeId());
        return RatesSchema.PREFIX + date + (force ? "." + run : "") + ".json";
    }

    /** All objects of these days, however many: their names, and when they were written. */
    static Map<String, Instant> there(LocalDate first, LocalDate last, Exchange exchange) {
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
            throw failure("The objects in the bucket cannot be listed", "s3:ListBucket", e);
        }
    }

    /** Makes the message, which holds an answer with rates, the object to put. */
    static void prepare(Exchange exchange) {
        requireBucket(exchange);
        Message message = exchange.getMessage();
        DailyRates day = DailyRates.of(
                exchange.getVariable(ExchangeRateApi.RESOURCE, String.class), message.getBody(JsonNode.class));
        message.removeHeaders("*");
        String key = key(day.date(), exchange);
        exchange.setVariable(FILES, List.of(key));
        message.setHeader(AWS2S3Constants.KEY, key);
        message.setHeader(AWS2S3Constants.CONTENT_TYPE, "application/json");
        message.setBody(day.toJson());
    }

    /** Tells the run what was put. */
    static void written(Exchange exchange) {
        Message message = exchange.getMessage();
        long bytes = message.getBody(byte[].class).length;
        LOG.info("Put {}, {} bytes", message.getHeader(AWS2S3Constants.KEY), bytes);
        exchange.setVariable(WRITTEN, exchange.getVariable(FILES));
        Run.of(exchange).ifPresent(run -> run.addProgress(exchange, 0, bytes));
    }

    /** Goes on if the object was there before, as on a second try. */
    static void notWritten(Exchange exchange) {
        Exception e = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        String key = exchange.getMessage().getHeader(AWS2S3Constants.KEY, String.class);
        if (!(e instanceof S3Exception answer) || answer.statusCode() != 412) {
            throw failure(key + " cannot be put into the bucket", "s3:PutObject", e);
        }
        LOG.info("{} is there already and stays as it is", key);
        exchange.setVariable(WRITTEN, List.of());
    }

    /** @param action the IAM action that it takes */
    private static RuntimeException failure(String problem, String action, Exception failure) {
        // Camel wraps what happens when it looks for the bucket for the first time
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
            throw new UsageException("s3.bucket is not set: it has to be the name of the bucket for exchange rates");
        }
    }
}
