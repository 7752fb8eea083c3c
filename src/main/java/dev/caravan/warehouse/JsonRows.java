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
import java.math.BigDecimal;
import java.time.temporal.TemporalAccessor;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;

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

    /** Numbers with a longer exponent are text: as decimals they would fill the memory with zeros. */
    private static final int LARGEST_EXPONENT = 400;

    private final JsonParser parser;
    private final Set<String> exact;
    private boolean array;
    private boolean begun;
    private boolean ended;
    private long read;
    private Map<String, Object> next;

    /** @param exact the columns whose numbers keep all their digits; fractions of others are doubles */
    JsonRows(InputStream in, Set<String> exact) throws IOException {
        this.parser = MAPPER.createParser(in);
        this.exact = exact;
    }

    JsonRows(Reader in, Set<String> exact) throws IOException {
        this.parser = MAPPER.createParser(in);
        this.exact = exact;
    }

    @Override
    public boolean hasNext() {
        if (next == null && !ended) {
            try {
                next = read();
                ended = next == null;
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
        if (array && token == JsonToken.END_ARRAY) {
            if (parser.nextToken() != null) {
                throw new PermanentException(
                        "The JSON goes on after the end of its array, which had " + read + " rows");
            }
            return null;
        } else if (token == null) {
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
            row.put(name, value(name));
            if (row.size() == columns) {
                throw new PermanentException("Row " + (read + 1) + " of the JSON names " + name + " twice");
            }
        }
        return row;
    }

    private Object value(String name) throws IOException {
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
            case VALUE_NUMBER_FLOAT -> exact.contains(name) ? exact() : (Object) parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> null;
        };
    }

    private Object exact() throws IOException {
        BigDecimal number = parser.getDecimalValue();
        return Math.abs(number.scale()) > LARGEST_EXPONENT ? parser.getText() : number;
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
