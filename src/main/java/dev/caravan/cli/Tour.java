package dev.caravan.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.Application;
import dev.caravan.data.Rows;
import dev.caravan.operations.Finding.Result;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.WarehouseComponent;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Producer;

/** A series of runs, and checks of what they left: what arrived against what the sources have. */
final class Tour {

    private final Application application;
    private final Consumer<String> progress;
    private final List<RunRecord> runs = new ArrayList<>();
    private final List<Map<String, Object>> checks = new ArrayList<>();

    Tour(Application application, Consumer<String> progress) {
        this.application = application;
        this.progress = progress;
    }

    void info(String text) {
        progress.accept(text);
    }

    void run(String pipeline, Map<String, String> parameters) {
        info("Running " + pipeline + (parameters.isEmpty() ? "" : " " + parameters));
        runs.add(application.pipelines().run(pipeline, parameters));
    }

    /** Compares the result of a query on the warehouse with what is expected. */
    void check(String name, String sql, List<?> expected) {
        List<Object> values = new ArrayList<>();
        try (QueryResult rows = application
                .component("warehouse", WarehouseComponent.class)
                .warehouse()
                .query(sql)) {
            rows.forEachRemaining(values::addAll);
        }
        check(name, sql, values, expected);
    }

    /**
     * Compares values with what is expected.
     *
     * @param sql the query that returned them, or null
     */
    void check(String name, String sql, List<?> values, List<?> expected) {
        String found = text(values);
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("check", name);
        fields.put("sql", sql);
        fields.put("result", found.equals(text(expected)) ? Result.PASS : Result.FAIL);
        fields.put("found", found);
        fields.put("expected", text(expected));
        checks.add(fields);
    }

    private static String text(List<?> values) {
        return String.join(", ", values.stream().map(String::valueOf).toList());
    }

    /** Returns whether all runs completed and all checks passed. */
    boolean passed() {
        return runs.stream().allMatch(Fields::completed)
                && checks.stream().allMatch(check -> check.get("result").equals(Result.PASS));
    }

    List<Map<String, Object>> runs() {
        return runs.stream().map(Fields::summary).toList();
    }

    List<Map<String, Object>> checks() {
        return checks;
    }

    long requestsSpent() throws Exception {
        return ((JsonNode) ask("usage.json").get("data")).at("/usage/requests").asLong();
    }

    List<Integer> currencies() throws Exception {
        return List.of(ask("currencies.json").size());
    }

    LocalDate latestDay() throws Exception {
        Instant latest = Instant.ofEpochSecond(((Number) ask("latest.json").get("timestamp")).longValue());
        return LocalDate.ofInstant(latest, ZoneOffset.UTC);
    }

    private Map<String, Object> ask(String resource) throws Exception {
        Endpoint api = application.context().getEndpoint("api:openexchangerates/" + resource + "?records=/");
        Exchange exchange = api.createExchange();
        try (Producer producer = api.createProducer()) {
            producer.process(exchange); // not by a template, which would close the rows
            return exchange.getMessage().getBody(Rows.class).next();
        }
    }

    /** Returns the row that a query on the shop's database returns. */
    List<Object> shop(String sql) throws SQLException {
        DataSource shop = application.context().getRegistry().lookupByNameAndType("postgres", DataSource.class);
        try (Connection connection = shop.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            List<Object> values = new ArrayList<>();
            for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                Object value = row.getObject(i);
                values.add(value instanceof Timestamp moment ? moment.toLocalDateTime() : value);
            }
            return values;
        }
    }
}
