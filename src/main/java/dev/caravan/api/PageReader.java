package dev.caravan.api;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.caravan.run.PermanentException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.Writer;
import java.math.BigDecimal;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the rows of an answer, and the values around them, in one pass. */
public final class PageReader {

    static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    static {
        // the size of the answer is limited instead
        JSON.getFactory()
                .setStreamReadConstraints(StreamReadConstraints.builder()
                        .maxStringLength(Integer.MAX_VALUE)
                        .build());
    }

    /** The whole answer as one row. */
    static final String WHOLE = "/";

    /** Values around the rows that are kept; an answer has a handful, or objects by their ids. */
    private static final int MAX_VALUES = 100_000;

    /** Numbers with a longer exponent are text: as decimals they would fill the memory with zeros. */
    private static final int MAX_EXPONENT = 400;

    /**
     * How answers are read.
     *
     * @param records the JSON pointer of the rows, or null if the answer is their array
     * @param emptyIsNull whether an empty text is NULL
     * @param decimals whether fractions keep all their digits; otherwise they are doubles
     */
    public record Form(String records, boolean emptyIsNull, boolean decimals) {}

    private final Form form;
    private final String records;
    private final List<Map<String, Object>> rows = new ArrayList<>();
    private final Map<String, Object> around = new LinkedHashMap<>();
    private final List<String> arrays = new ArrayList<>();
    private boolean found;
    private boolean whole;

    private PageReader(Form form) {
        this.form = form;
        this.records = form.records();
    }

    /**
     * Reads an answer.
     *
     * @param charset the encoding of what is not UTF-8, or null: JSON is in an encoding of Unicode, which is recognized
     * @throws IOException if it is not JSON, or incomplete
     * @throws PermanentException if it has no rows where they should be
     */
    static PageReader read(InputStream in, Charset charset, Form form) throws IOException {
        PageReader reader = new PageReader(form);
        try (JsonParser parser = charset == null ? JSON.createParser(in) : parser(in.readAllBytes(), charset)) {
            if (parser.nextToken() == null) {
                throw new JsonEOFException(parser, null, "The answer is empty");
            }
            reader.readWhole(parser);
            if (parser.nextToken() != null) {
                throw new PermanentException("the JSON continues after its end");
            }
        }
        return reader;
    }

    /** Many name an encoding and send UTF-8, so its name counts only for what is not UTF-8. */
    private static JsonParser parser(byte[] answer, Charset charset) throws IOException {
        if (isValid(answer, StandardCharsets.UTF_8)) {
            return JSON.createParser(answer);
        } else if (!isValid(answer, charset)) {
            throw new JsonParseException(null, "The answer is neither UTF-8 nor " + charset);
        }
        return JSON.createParser(new InputStreamReader(new ByteArrayInputStream(answer), charset));
    }

    private static boolean isValid(byte[] text, Charset charset) throws IOException {
        try (Reader reader = new InputStreamReader(new ByteArrayInputStream(text), charset.newDecoder())) {
            reader.transferTo(Writer.nullWriter());
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    /** Returns the rows of the answer. */
    List<Map<String, Object>> rows() {
        return rows;
    }

    /** Returns whether the only row is the whole answer, with whatever lists it has. */
    boolean isWhole() {
        return whole;
    }

    /** Returns the values outside of the rows, by JSON pointer. */
    Map<String, Object> around() {
        return around;
    }

    private void readWhole(JsonParser parser) throws IOException {
        boolean array = parser.currentToken() == JsonToken.START_ARRAY;
        whole = !array && WHOLE.equals(records);
        if (records == null ? array : records.equals(WHOLE)) {
            readRows(parser);
        } else {
            readAround(parser, "");
        }
        if (!found) {
            String where = records == null ? "the answer is an object, not an array" : "nothing at records=" + records;
            throw new PermanentException(where
                    + (arrays.isEmpty()
                            ? "; records=/ makes one row of the whole answer"
                            : "; set records to the array of the rows: " + String.join(" or ", arrays)));
        }
    }

    private void readAround(JsonParser parser, String pointer) throws IOException {
        if (pointer.equals(records)) {
            readRows(parser);
            return;
        }
        switch (parser.currentToken()) {
            case START_OBJECT -> {
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String name = parser.currentName().replace("~", "~0").replace("/", "~1");
                    parser.nextToken();
                    readAround(parser, pointer + "/" + name);
                }
            }
            case START_ARRAY -> {
                arrays.add(pointer.isEmpty() ? WHOLE : pointer);
                boolean inside = records != null && records.startsWith(pointer + "/");
                for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
                    if (inside) {
                        readAround(parser, pointer + "/" + i);
                    } else {
                        parser.skipChildren();
                        requireToken(parser);
                    }
                }
            }
            default -> {
                if (around.size() == MAX_VALUES) { // the next page may be named by one that would be dropped
                    throw new PermanentException(
                            "more than " + MAX_VALUES
                                    + " values beside the rows; ask the API for fewer rows on a page, or leave such values out");
                }
                around.put(pointer, value(parser));
            }
        }
    }

    private void readRows(JsonParser parser) throws IOException {
        found = true;
        JsonToken token = parser.currentToken();
        if (token == JsonToken.START_OBJECT) {
            rows.add(row(parser));
        } else if (token == JsonToken.START_ARRAY) {
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                requireToken(parser);
                if (parser.currentToken() != JsonToken.START_OBJECT) {
                    throw new PermanentException("row " + (rows.size() + 1) + " is not an object");
                }
                rows.add(row(parser));
            }
        } else if (token != JsonToken.VALUE_NULL) {
            throw new PermanentException(
                    (records == null ? "the answer" : "records=" + records) + " is neither an array nor an object");
        }
    }

    private Map<String, Object> row(JsonParser parser) throws IOException {
        Map<String, Object> row = new LinkedHashMap<>();
        int columns = 0;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            row.put(name, value(parser));
            if (row.size() != ++columns) {
                throw new PermanentException("row " + (rows.size() + 1) + " has the field " + name + " twice");
            }
        }
        requireToken(parser);
        return row;
    }

    private Object value(JsonParser parser) throws IOException {
        requireToken(parser);
        return switch (parser.currentToken()) {
            case START_OBJECT, START_ARRAY -> JSON.readTree(parser);
            case VALUE_STRING -> {
                String text = parser.getText();
                yield form.emptyIsNull() && text.isEmpty() ? null : text;
            }
            case VALUE_NUMBER_INT -> parser.getNumberValue();
            case VALUE_NUMBER_FLOAT -> form.decimals() ? decimal(parser) : (Object) parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> null;
        };
    }

    private static Object decimal(JsonParser parser) throws IOException {
        BigDecimal decimal = parser.getDecimalValue();
        return Math.abs(decimal.scale()) > MAX_EXPONENT ? parser.getText() : decimal;
    }

    private static void requireToken(JsonParser parser) throws IOException {
        if (parser.currentToken() == null) {
            throw new JsonEOFException(parser, null, "The answer ends in the middle");
        }
    }
}
