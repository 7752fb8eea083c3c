package dev.caravan.warehouse;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringWriter;
import java.time.temporal.TemporalAccessor;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;

/** The rows of JSON text, streamed: the objects of an array, or objects that follow each other as in NDJSON. */
final class JsonRows implements Iterator<Map<String, Object>>, AutoCloseable {

    static final ObjectMapper MAPPER = JsonMapper.builder()
            .addModule(new SimpleModule().addSerializer(TemporalAccessor.class, ToStringSerializer.instance))
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .build();

    static {
        MAPPER.getFactory()
                .setStreamReadConstraints(StreamReadConstraints.builder()
                        .maxStringLength(Integer.MAX_VALUE)
                        .build());
    }

    private final JsonParser parser;
    private boolean array;
    private boolean begun;
    private long read;
    private Map<String, Object> next;

    JsonRows(InputStream in) throws IOException {
        this.parser = MAPPER.createParser(in);
    }

    JsonRows(Reader in) throws IOException {
        this.parser = MAPPER.createParser(in);
    }

    @Override
    public boolean hasNext() {
        if (next == null) {
            try {
                next = read();
            } catch (JsonEOFException e) {
                throw new TransientException("The JSON ends in the middle, after " + read + " rows", e);
            } catch (JsonProcessingException e) {
                throw new PermanentException("This is no JSON, after " + read + " rows: " + e.getOriginalMessage(), e);
            } catch (IOException e) {
                throw new TransientException("Reading broke off after " + read + " rows: " + e.getMessage(), e);
            }
        }
        return next != null;
    }

    @Override
    public Map<String, Object> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Map<String, Object> row = next;
        next = null;
        read++;
        return row;
    }

    private Map<String, Object> read() throws IOException {
        JsonToken token = parser.nextToken();
        if (!begun) {
            begun = true;
            if (token == JsonToken.START_ARRAY) {
                array = true;
                token = parser.nextToken();
            }
        }
        if (token == null && array) {
            throw new JsonEOFException(parser, null, "Unclosed array");
        }
        if (token == null || (array && token == JsonToken.END_ARRAY)) {
            return null;
        }
        if (token != JsonToken.START_OBJECT) {
            throw new PermanentException("Row " + (read + 1) + " of the JSON is no object");
        }
        return object();
    }

    private Map<String, Object> object() throws IOException {
        Map<String, Object> row = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            int columns = row.size();
            row.put(name, value());
            if (row.size() == columns) {
                throw new PermanentException("Row " + (read + 1) + " of the JSON names " + name + " twice");
            }
        }
        return row;
    }

    private Object value() throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT, START_ARRAY -> {
                StringWriter text = new StringWriter();
                try (JsonGenerator generator = MAPPER.createGenerator(text)) {
                    copy(generator);
                }
                yield new Json(text.toString());
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> parser.getNumberValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> null;
        };
    }

    /** Copies an object or array with all digits of its numbers. */
    private void copy(JsonGenerator generator) throws IOException {
        int depth = 0;
        do {
            JsonToken token = parser.currentToken();
            if (token == null) {
                throw new JsonEOFException(parser, null, "Unclosed value");
            }
            depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
            generator.copyCurrentEventExact(parser);
            if (depth > 0) {
                parser.nextToken();
            }
        } while (depth > 0);
    }

    @Override
    public void close() throws IOException {
        parser.close();
    }

    /** A value as JSON text. */
    static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new PermanentException("A value cannot be written as JSON: " + e.getOriginalMessage(), e);
        }
    }
}
