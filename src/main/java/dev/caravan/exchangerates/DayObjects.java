package dev.caravan.exchangerates;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.TransientException;
import java.time.LocalDate;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.aws2.s3.AWS2S3Constants;
import org.apache.camel.component.aws2.s3.AWS2S3Endpoint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * The objects in the bucket: one for each day, under a name that is the same on every try, so that whatever is there
 * is never written again. A run that is forced to fetch days again gives them names of its own, because a pipe loads
 * a name once only.
 */
final class DayObjects {

    /** Where objects are written: never over one that is there. */
    static final String ENDPOINT = "aws2-s3://{{s3.bucket}}?conditionalWritesEnabled=true";

    private static final Logger LOG = LoggerFactory.getLogger(DayObjects.class);
    private static final String PREFIX = "exchange-rates/";

    private DayObjects() {}

    /** The name of a day's object; the variable {@code force} says if the run has names of its own. */
    static String key(LocalDate date, Exchange exchange) {
        boolean force = exchange.getVariable("force", false, Boolean.class);
        String run = Run.of(exchange).map(Run::id).orElse(exchange.getExchangeId());
        return PREFIX + date + (force ? "." + run : "") + ".json";
    }

    /** The names of all objects of these days, however many. */
    static Set<String> keys(LocalDate first, LocalDate last, Exchange exchange) {
        AWS2S3Endpoint endpoint = exchange.getContext().getEndpoint(ENDPOINT, AWS2S3Endpoint.class);
        String bucket = endpoint.getConfiguration().getBucketName();
        try {
            return endpoint
                    .getS3Client()
                    .listObjectsV2Paginator(
                            request -> request.bucket(bucket).prefix(PREFIX).startAfter(PREFIX + first))
                    .contents()
                    .stream()
                    .map(S3Object::key)
                    .takeWhile(key -> key.compareTo(PREFIX + last.plusDays(1)) < 0)
                    .collect(Collectors.toSet());
        } catch (S3Exception e) {
            throw failure(bucket, e);
        }
    }

    /** Makes the message, which holds an answer with rates, the object to put. */
    static void prepare(Exchange exchange) {
        Message message = exchange.getMessage();
        DayOfRates day = DayOfRates.of(
                exchange.getVariable(ExchangeRateApi.RESOURCE, String.class), message.getBody(JsonNode.class));
        message.removeHeaders("*");
        message.setHeader(AWS2S3Constants.KEY, key(day.date(), exchange));
        message.setHeader(AWS2S3Constants.CONTENT_TYPE, "application/json");
        message.setBody(day.toJson());
    }

    /** Tells the run what was put. */
    static void written(Exchange exchange) {
        Message message = exchange.getMessage();
        long bytes = message.getBody(byte[].class).length;
        LOG.info("Put {}, {} bytes", message.getHeader(AWS2S3Constants.KEY), bytes);
        Run.of(exchange).ifPresent(run -> run.moved(exchange, 0, bytes));
    }

    /** Goes on if the object was there before, as on a second try. */
    static void notWritten(Exchange exchange) {
        S3Exception e = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, S3Exception.class);
        String key = exchange.getMessage().getHeader(AWS2S3Constants.KEY, String.class);
        if (e.statusCode() != 412) {
            throw failure(key, e);
        }
        LOG.info("{} is there already and stays as it is", key);
    }

    private static RuntimeException failure(String where, S3Exception e) {
        String code = e.awsErrorDetails() == null
                ? "HTTP status " + e.statusCode()
                : e.awsErrorDetails().errorCode();
        return e.statusCode() == 403 || e.statusCode() == 404
                ? new PermanentException(
                        "S3 refused " + where + " (" + code + "): check s3.bucket, and what its credentials may do.", e)
                : new TransientException("S3 failed at " + where + " (" + code + ").", e);
    }
}
