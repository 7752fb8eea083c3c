package dev.caravan.console;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.io.IOException;
import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.SortedMap;
import java.util.TreeMap;

/** Writes JSON as the commands do: a time is ISO-8601 in UTC, a duration a number of seconds, names have underscores. */
final class Json {

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .addModule(new SimpleModule()
                    .addSerializer(Instant.class, ToStringSerializer.instance)
                    .addSerializer(LocalDate.class, ToStringSerializer.instance)
                    .addSerializer(Duration.class, new Seconds()))
            .build();

    private Json() {}

    static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns the fields that are written of a type, with their types. */
    static SortedMap<String, JavaType> fields(JavaType type) {
        SortedMap<String, JavaType> fields = new TreeMap<>();
        MAPPER.getSerializationConfig().introspect(type).findProperties().stream()
                .filter(BeanPropertyDefinition::couldSerialize)
                .forEach(
                        field -> fields.put(field.getName(), field.getAccessor().getType()));
        return fields;
    }

    /** Returns a type with its parameters. */
    static JavaType type(Type type) {
        return MAPPER.constructType(type);
    }

    /**
     * Reads an object that a program sends.
     *
     * @throws Refusal if it is none
     */
    static JsonNode read(String text) {
        try {
            JsonNode value = text == null || text.isBlank() ? MAPPER.createObjectNode() : MAPPER.readTree(text);
            if (value.isObject()) {
                return value;
            }
        } catch (JsonProcessingException e) {
            // reported below
        }
        throw new Refusal(400, "The body must be a JSON object");
    }

    private static final class Seconds extends StdSerializer<Duration> {

        private static final long serialVersionUID = 1;

        Seconds() {
            super(Duration.class);
        }

        @Override
        public void serialize(Duration duration, JsonGenerator out, SerializerProvider provider) throws IOException {
            out.writeNumber(duration.toMillis() / 1000.0);
        }
    }
}
