package dev.caravan.local;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.caravan.data.Column;
import dev.caravan.data.Rows;
import dev.caravan.exchangerates.RatesSchema;
import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.TableName;
import dev.caravan.warehouse.Warehouse;
import dev.caravan.warehouse.WarehouseComponent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
 * Emulates Snowpipe: reads the objects in the bucket {@code {{s3.bucket}}} that the table does not have, one row each. The
 * warehouse ensures that each object is loaded once: append with {@code _file} as key.
 *
 * <p>As with Snowpipe's {@code ON_ERROR = SKIP_FILE}, an invalid object is skipped with a warning and the others are
 * loaded. It is read again after a change, or by another process; a run that waits for it fails.
 */
public final class LocalSnowpipe implements CamelContextAware {

    private static final Logger LOG = LoggerFactory.getLogger(LocalSnowpipe.class);
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    /** The maximum size of a value in Snowflake; a day of rates has 3 kB. */
    private static final long MAX_BYTES = 16 << 20;

    private final Set<S3Object> rejected = ConcurrentHashMap.newKeySet();
    private CamelContext camelContext;

    /**
     * Returns the rows of new objects, each read when its row is. All times are in UTC.
     *
     * @param prefix of the objects' names, for example {@code exchange-rates/}
     * @param table the target table, whose column {@code _file} has the names of the loaded objects
     */
    public Rows newRows(String prefix, String table) {
        return new NewRows(bucket(), prefix, loaded(TableName.parse(table)));
    }

    /**
     * Checks that the objects in the variable {@code files}, which the run needs, are in the table.
     *
     * @throws PermanentException with the reason, if one was rejected
     */
    public void check(Exchange exchange, String table) {
        List<?> files = exchange.getVariable("files", List.class);
        if (files == null || files.isEmpty()) {
            return;
        }
        Set<String> loaded = loaded(TableName.parse(table));
        S3Bucket bucket = bucket();
        for (Object file : files) {
            if (!loaded.contains(file.toString())) {
                try {
                    bucket.row(bucket.object(file.toString()), LocalDateTime.now(ZoneOffset.UTC));
                } catch (RejectedException e) {
                    throw new PermanentException("Snowpipe rejected " + file + ": " + e.getMessage()
                            + ". Delete it from the bucket, then retry the run.");
                }
                throw new TransientException(file + " is in the bucket, but not in " + table + " yet");
            }
        }
    }

    /**
     * Returns the statement that creates the view of one row per day, base and currency.
     *
     * @param table the name of the table in the current schema
     */
    public String createDailyView(String table) {
        return "CREATE OR REPLACE VIEW " + RatesSchema.dailyView(table)
                + " AS SELECT latest.date, latest.base, rate.key AS currency, TRY_CAST(rate.value AS DOUBLE) AS rate FROM ("
                + RatesSchema.latest(table) + ") latest, json_each(latest.rates) rate";
    }

    /** Returns the objects that the table has. */
    private Set<String> loaded(TableName table) {
        Warehouse warehouse =
                camelContext.getComponent("warehouse", WarehouseComponent.class).warehouse();
        boolean exists = !column(
                        warehouse,
                        "SELECT table_name FROM information_schema.tables WHERE lower(table_catalog) = lower("
                                + warehouse.dialect().literal(table.database()) + ") AND lower(table_schema) = lower("
                                + warehouse.dialect().literal(table.schema()) + ") AND lower(table_name) = lower("
                                + warehouse.dialect().literal(table.table()) + ")")
                .isEmpty();
        return exists
                ? column(warehouse, "SELECT _file FROM " + warehouse.dialect().qualified(table))
                : Set.of();
    }

    private static Set<String> column(Warehouse warehouse, String sql) {
        try (QueryResult rows = warehouse.query(sql)) {
            Set<String> values = new HashSet<>();
            rows.forEachRemaining(row -> values.add((String) row.get(0)));
            return values;
        }
    }

    private S3Bucket bucket() {
        AWS2S3Endpoint endpoint = camelContext.getEndpoint("aws2-s3://{{s3.bucket}}", AWS2S3Endpoint.class);
        return new S3Bucket(endpoint.getS3Client(), endpoint.getConfiguration().getBucketName());
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.camelContext = camelContext;
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }

    /** An object without valid exchange rates. */
    private static final class RejectedException extends Exception {

        private static final long serialVersionUID = 1;

        RejectedException(String reason) {
            super(reason);
        }
    }

    private final class NewRows implements Rows {

        private final S3Bucket bucket;
        private final Iterator<Map<String, Object>> rows;
        private final LocalDateTime loadedAt = LocalDateTime.now(ZoneOffset.UTC);

        NewRows(S3Bucket bucket, String prefix, Set<String> loaded) {
            this.bucket = bucket;
            this.rows =
                    bucket
                            .s3()
                            .listObjectsV2Paginator(
                                    request -> request.bucket(bucket.name()).prefix(prefix))
                            .contents()
                            .stream()
                            .filter(object -> !loaded.contains(object.key()) && !rejected.contains(object))
                            .map(this::row)
                            .filter(Objects::nonNull)
                            .iterator();
        }

        @Override
        public List<Column> columns() {
            return RatesSchema.COLUMNS;
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

        /** Returns the row of an object, or null if it is skipped. */
        private Map<String, Object> row(S3Object object) {
            try {
                return bucket.row(object, loadedAt);
            } catch (RejectedException e) {
                rejected.add(object);
                LOG.warn(
                        "Skipped s3://{}/{}, which has no valid exchange rates: {}",
                        bucket.name(),
                        object.key(),
                        e.getMessage());
                return null;
            }
        }
    }

    private record S3Bucket(S3Client s3, String name) {

        S3Object object(String key) throws RejectedException {
            try {
                HeadObjectResponse head =
                        s3.headObject(request -> request.bucket(name).key(key));
                return S3Object.builder()
                        .key(key)
                        .size(head.contentLength())
                        .lastModified(head.lastModified())
                        .build();
            } catch (NoSuchKeyException e) {
                throw new RejectedException("it does not exist");
            }
        }

        Map<String, Object> row(S3Object object, LocalDateTime loadedAt) throws RejectedException {
            if (object.size() > MAX_BYTES) {
                throw new RejectedException("it has " + object.size() + " bytes");
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
                    throw new RejectedException("date, timestamp, base or rates is missing or has the wrong type");
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
                throw new RejectedException(e.getOriginalMessage());
            } catch (DateTimeException e) {
                throw new RejectedException(e.getMessage());
            } catch (NoSuchKeyException e) {
                throw new RejectedException("it does not exist");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static LocalDateTime utc(Instant instant) {
        return LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
    }
}
