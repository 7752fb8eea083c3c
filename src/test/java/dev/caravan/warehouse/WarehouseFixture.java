package dev.caravan.warehouse;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A Camel context with the component, and short ways to load and to look. */
public abstract class WarehouseFixture {

    protected static final String TABLE = "DLT.SHOP.PRODUCTS";

    /** Tells numbers apart by their digits. */
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    protected CamelContext camel;

    /** The component, configured for an empty warehouse of the engine under test. */
    protected abstract WarehouseComponent component() throws Exception;

    /** A name of the source as the engine spells it. */
    protected String name(String name) {
        return warehouse().dialect().spell(name);
    }

    /** A name, quoted for the engine. */
    protected String quote(String name) {
        return warehouse().dialect().quote(name);
    }

    /** A table as the engine spells it. */
    protected final String spelled(String table) {
        TableName name = TableName.parse(table);
        return name(name.database()) + "." + name(name.schema()) + "." + name(name.table());
    }

    /** JSON as a query returns it. The default is as it was loaded. */
    protected Object json(Object text) {
        return text;
    }

    /** JSON regardless of the order of members and of spaces, for engines that change them; all digits count. */
    protected static Object parsed(Object text) {
        try {
            return text == null ? null : JSON.readTree(text.toString());
        } catch (JsonProcessingException e) {
            return text;
        }
    }

    @BeforeEach
    void startCamel() throws Exception {
        camel = new DefaultCamelContext();
        camel.addComponent("warehouse", component());
        camel.start();
    }

    @AfterEach
    void stopCamel() {
        camel.stop();
    }

    /** Sends a body to {@code warehouse:} with the options after the question mark; without a mode it appends. */
    protected Exchange send(String options, Object body, Map<String, Object> properties) {
        String uri = options.contains("mode=") || options.contains("operation=")
                ? options
                : options + (options.contains("?") ? "&" : "?") + "mode=append";
        try (var template = camel.createProducerTemplate()) {
            return template.send("warehouse:" + uri, exchange -> {
                exchange.getMessage().setBody(body);
                properties.forEach(exchange::setProperty);
            });
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Loads, and throws what has failed. */
    protected LoadResult load(String options, Object body) {
        Exchange exchange = send(options, body, Map.of());
        if (exchange.getException() instanceof RuntimeException failure) {
            throw failure;
        } else if (exchange.getException() != null) {
            throw new CamelExecutionException("failed", exchange, exchange.getException());
        }
        return exchange.getMessage().getBody(LoadResult.class);
    }

    protected Object readCursor(String options) {
        Exchange exchange = send(options, null, Map.of());
        if (exchange.getException() instanceof RuntimeException failure) {
            throw failure;
        }
        return exchange.getMessage().getBody();
    }

    protected Warehouse warehouse() {
        return ((WarehouseComponent) camel.getComponent("warehouse")).warehouse();
    }

    /** What is logged while something is done, each line with its level in front. */
    protected static List<String> logged(Runnable work) {
        List<String> lines = Collections.synchronizedList(new ArrayList<>());
        Logger root = (Logger) LogManager.getRootLogger();
        Appender appender = new AbstractAppender("fixture", null, null, false, Property.EMPTY_ARRAY) {
            @Override
            public void append(LogEvent event) {
                lines.add(event.getLevel() + " " + event.getMessage().getFormattedMessage());
            }
        };
        appender.start();
        root.addAppender(appender);
        try {
            work.run();
        } finally {
            root.removeAppender(appender);
        }
        return lines;
    }

    /** The rows of a query. */
    protected List<List<Object>> query(String sql) {
        try (QueryResult result = warehouse().query(sql)) {
            List<List<Object>> rows = new ArrayList<>();
            result.forEachRemaining(rows::add);
            return rows;
        }
    }

    /** The single value of a query. */
    protected Object one(String sql) {
        return query(sql).get(0).get(0);
    }

    /** A row from names and values in turn. */
    protected static Map<String, Object> row(Object... namesAndValues) {
        Map<String, Object> row = new java.util.LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            row.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return row;
    }
}
