package dev.caravan.local;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.data.Rows;
import dev.caravan.run.PermanentException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.component.aws2.s3.AWS2S3Endpoint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Does the reading half of Snowpipe's work: finds the objects that have arrived in the bucket {@code {{s3.bucket}}} and
 * makes a row of each. The other half, to load each object once, is a warehouse's: merge by {@code _file}, with
 * {@code _modified} as cursor.
 *
 * <p>As with Snowpipe's {@code ON_ERROR = SKIP_FILE}, an object that is no exchange rates is skipped with a warning, and
 * the others are loaded. It is warned of again until a newer object is loaded, which moves the cursor past it; a run
 * that waits for it fails.
 */
public final class Snowpipe implements CamelContextAware {

    private static final Logger LOG = LoggerFactory.getLogger(Snowpipe.class);
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    /** As much as fits into a value of Snowflake; a day of rates has 3 kB. */
    private static final long LARGEST = 16 << 20;

    private static final List<Column> COLUMNS = List.of(
            new Column("date", ColumnType.of(Kind.DATE)),
            new Column("timestamp", ColumnType.of(Kind.TIMESTAMP)),
            new Column("base", ColumnType.of(Kind.TEXT)),
            new Column("rates", ColumnType.of(Kind.JSON)),
            new Column("_loaded_at", ColumnType.of(Kind.TIMESTAMP)),
            new Column("_file", ColumnType.of(Kind.TEXT)),
            new Column("_modified", ColumnType.of(Kind.TIMESTAMP)));

    private CamelContext camelContext;

    /**
     * The rows of the objects that have arrived, read one by one as they are asked for. All times are in UTC.
     *
     * @param prefix how the objects' names begin, for example {@code exchange-rates/}
     * @param since when the last object that is loaded was written, or null to get all; objects of the same second are
     *     given again, since S3 knows no finer time
     */
    public Rows newRows(String prefix, LocalDateTime since) {
        return new Arrivals(bucket(), prefix, since);
    }

    /**
     * Fails if one of the objects was refused that the variable {@code files} names: those that the run has seen to.
     *
     * @throws PermanentException with the reason
     */
    public void check(Exchange exchange) {
        List<?> files = exchange.getVariable("files", List.class);
        Bucket bucket = bucket();
        for (Object file : files == null ? List.of() : files) {
            try {
                bucket.row(bucket.object(file.toString()), LocalDateTime.now(ZoneOffset.UTC));
            } catch (Refused e) {
                throw new PermanentException("Snowpipe refused " + file + ": " + e.getMessage()
                        + ". Delete it from the bucket, then run again.");
            }
        }
    }

    private Bucket bucket() {
        AWS2S3Endpoint endpoint = camelContext.getEndpoint("aws2-s3://{{s3.bucket}}", AWS2S3Endpoint.class);
        return new Bucket(endpoint.getS3Client(), endpoint.getConfiguration().getBucketName());
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.camelContext = camelContext;
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }

    /** Why an object is no day of exchange rates. */
    private static final class Refused extends Exception {

        private static final long serialVersionUID = 1;

        Refused(String reason) {
            super(reason);
        }
    }

    private static final class Arrivals implements Rows {

        private final Bucket bucket;
        private final Iterator<Map<String, Object>> rows;
        private final LocalDateTime loadedAt = LocalDateTime.now(ZoneOffset.UTC);

        Arrivals(Bucket bucket, String prefix, LocalDateTime since) {
            this.bucket = bucket;
            this.rows =
                    bucket
                            .s3()
                            .listObjectsV2Paginator(
                                    request -> request.bucket(bucket.name()).prefix(prefix))
                            .contents()
                            .stream()
                            .filter(object ->
                                    since == null || !utc(object.lastModified()).isBefore(since))
                            .map(this::row)
                            .filter(Objects::nonNull)
                            .iterator();
        }

        @Override
        public List<Column> columns() {
            return COLUMNS;
        }

        @Override
        public boolean hasNext() {
            return rows.hasNext();
        }

        @Override
        public Map<String, Object> next() {
            return rows.next();
        }

        @Override
        public void close() {}

        /** The row of an object, or null if it is skipped. */
        private Map<String, Object> row(S3Object object) {
            try {
                return bucket.row(object, loadedAt);
            } catch (Refused e) {
                LOG.warn(
                        "Skipped s3://{}/{}, which is no day of exchange rates: {}",
                        bucket.name(),
                        object.key(),
                        e.getMessage());
                return null;
            }
        }
    }

    private record Bucket(S3Client s3, String name) {

        S3Object object(String key) throws Refused {
            try {
                HeadObjectResponse head =
                        s3.headObject(request -> request.bucket(name).key(key));
                return S3Object.builder()
                        .key(key)
                        .size(head.contentLength())
                        .lastModified(head.lastModified())
                        .build();
            } catch (NoSuchKeyException e) {
                throw new Refused("it is gone");
            }
        }

        Map<String, Object> row(S3Object object, LocalDateTime loadedAt) throws Refused {
            if (object.size() > LARGEST) {
                throw new Refused("it has " + object.size() + " bytes");
            }
            try {
                JsonNode json = JSON.readTree(
                        s3.getObjectAsBytes(request -> request.bucket(name).key(object.key()))
                                .asByteArrayUnsafe());
                JsonNode date = json.path("date");
                JsonNode timestamp = json.path("timestamp");
                JsonNode base = json.path("base");
                JsonNode rates = json.path("rates");
                if (!date.isTextual() || !timestamp.isIntegralNumber() || !base.isTextual() || !rates.isObject()) {
                    throw new Refused("it lacks date, timestamp, base or rates");
                }
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("date", LocalDate.parse(date.textValue()));
                row.put("timestamp", utc(Instant.ofEpochSecond(timestamp.longValue())));
                row.put("base", base.textValue());
                row.put("rates", rates.toString());
                row.put("_loaded_at", loadedAt);
                row.put("_file", object.key());
                row.put("_modified", utc(object.lastModified()));
                return row;
            } catch (JsonProcessingException e) {
                throw new Refused(e.getOriginalMessage());
            } catch (DateTimeException e) {
                throw new Refused(e.getMessage());
            } catch (NoSuchKeyException e) {
                throw new Refused("it is gone");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static LocalDateTime utc(Instant instant) {
        return LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
    }
}
