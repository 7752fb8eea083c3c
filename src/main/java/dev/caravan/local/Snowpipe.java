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
import org.apache.camel.component.aws2.s3.AWS2S3Endpoint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Does the reading half of Snowpipe's work: finds the objects that have arrived in the bucket {@code {{s3.bucket}}} and
 * makes a row of each. The other half, to load each object once, is a warehouse's: merge by {@code _file}, with
 * {@code _modified} as cursor.
 *
 * <p>As with Snowpipe's {@code ON_ERROR = SKIP_FILE}, an object that is no exchange rates is skipped with a warning, and
 * the others are loaded. It is warned of again until a newer object is loaded, which moves the cursor past it.
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
        AWS2S3Endpoint endpoint = camelContext.getEndpoint("aws2-s3://{{s3.bucket}}", AWS2S3Endpoint.class);
        return new Arrivals(endpoint.getS3Client(), endpoint.getConfiguration().getBucketName(), prefix, since);
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.camelContext = camelContext;
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }

    private static final class Arrivals implements Rows {

        private final S3Client s3;
        private final String bucket;
        private final Iterator<Map<String, Object>> rows;
        private final LocalDateTime loadedAt = LocalDateTime.now(ZoneOffset.UTC);

        Arrivals(S3Client s3, String bucket, String prefix, LocalDateTime since) {
            this.s3 = s3;
            this.bucket = bucket;
            this.rows = s3
                    .listObjectsV2Paginator(request -> request.bucket(bucket).prefix(prefix))
                    .contents()
                    .stream()
                    .filter(object -> since == null || !modified(object).isBefore(since))
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
                if (object.size() > LARGEST) {
                    return skip(object, "it has " + object.size() + " bytes");
                }
                JsonNode json = JSON.readTree(
                        s3.getObjectAsBytes(request -> request.bucket(bucket).key(object.key()))
                                .asByteArrayUnsafe());
                JsonNode date = json.path("date");
                JsonNode timestamp = json.path("timestamp");
                JsonNode base = json.path("base");
                JsonNode rates = json.path("rates");
                if (!date.isTextual() || !timestamp.isIntegralNumber() || !base.isTextual() || !rates.isObject()) {
                    return skip(object, "it lacks date, timestamp, base or rates");
                }
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("date", LocalDate.parse(date.textValue()));
                row.put("timestamp", utc(Instant.ofEpochSecond(timestamp.longValue())));
                row.put("base", base.textValue());
                row.put("rates", rates.toString());
                row.put("_loaded_at", loadedAt);
                row.put("_file", object.key());
                row.put("_modified", modified(object));
                return row;
            } catch (JsonProcessingException e) {
                return skip(object, e.getOriginalMessage());
            } catch (DateTimeException e) {
                return skip(object, e.getMessage());
            } catch (NoSuchKeyException e) {
                return skip(object, "it is gone");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private Map<String, Object> skip(S3Object object, String reason) {
            LOG.warn("Skipped s3://{}/{}, which is no day of exchange rates: {}", bucket, object.key(), reason);
            return null;
        }

        private static LocalDateTime modified(S3Object object) {
            return utc(object.lastModified());
        }

        private static LocalDateTime utc(Instant instant) {
            return LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
        }
    }
}
