package io.flotilla.gateway.http;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.deser.DeserializationProblemHandler;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.InvalidNullException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.codec.JsonText;
import io.flotilla.gateway.error.ApiException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Clients' JSON with the strictness of Go's decoder: a number is no string, a fraction no integer. A null within a list or
 * a map, which Go reads as a zero value, and a NUL character are refused: the rest of the system may rely on there being
 * none.
 */
final class StrictJson {
    private static final ObjectMapper MAPPER = ((JsonMapper) Codec.JSON.mapper())
            .rebuild()
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .defaultSetterInfo(JsonSetter.Value.forContentNulls(Nulls.FAIL))
            .withCoercionConfig(LogicalType.Textual, config -> List.of(
                            CoercionInputShape.Integer, CoercionInputShape.Float, CoercionInputShape.Boolean)
                    .forEach(shape -> config.setCoercion(shape, CoercionAction.Fail)))
            .build();

    private static final ObjectMapper COMPLETE_MAPPER =
            ((JsonMapper) MAPPER).rebuild().addHandler(new NothingUnknown()).build();

    private StrictJson() {}

    /** @throws ApiException 400 when it is no JSON, more than one value, or not of the type */
    static <T> T read(byte[] json, Class<T> type) {
        return read(MAPPER, json, type);
    }

    /** As {@link #read}; a field that is not known is refused too, unless it asks for nothing. */
    static <T> T readCompletely(byte[] json, Class<T> type) {
        return read(COMPLETE_MAPPER, json, type);
    }

    /** Go's clients send fields of older versions with zero values; another value would be a wish that goes unheard. */
    private static final class NothingUnknown extends DeserializationProblemHandler {
        @Override
        public boolean handleUnknownProperty(
                DeserializationContext context,
                JsonParser parser,
                JsonDeserializer<?> deserializer,
                Object beanOrClass,
                String name)
                throws IOException {
            if (!isZero(context.readTree(parser))) {
                throw JsonMappingException.from(parser, "unknown field \"" + name + "\"");
            }
            return true;
        }

        private static boolean isZero(JsonNode value) {
            return switch (value.getNodeType()) {
                case NULL, MISSING -> true;
                case BOOLEAN -> !value.booleanValue();
                case NUMBER -> value.decimalValue().signum() == 0;
                case STRING -> value.textValue().isEmpty();
                default -> value.isContainerNode() && value.valueStream().allMatch(NothingUnknown::isZero);
            };
        }
    }

    private static <T> T read(ObjectMapper mapper, byte[] json, Class<T> type) {
        if (JsonText.hasNul(json)) {
            throw ApiException.invalid("invalid JSON: a NUL character, which no text may have here");
        }
        try (JsonParser parser = mapper.createParser(json)) {
            T value = parser.readValueAs(type);
            if (value == null) {
                throw ApiException.invalid("invalid JSON: null in place of an object");
            }
            requireEnd(parser);
            return value;
        } catch (IOException e) {
            throw new ApiException(400, "invalid JSON: " + explain(e), e);
        }
    }

    private static void requireEnd(JsonParser parser) {
        try {
            if (parser.nextToken() == null) {
                return;
            }
        } catch (IOException e) {
            throw new ApiException(400, "unexpected content after JSON", e);
        }
        throw ApiException.invalid("unexpected content after JSON");
    }

    private static String explain(IOException failure) {
        String problem = problem(failure);
        if (!(failure instanceof JsonMappingException mapping)
                || mapping.getPath().isEmpty()) {
            return problem;
        }
        String field = mapping.getPath().stream()
                .map(part -> part.getFieldName() == null ? "[" + part.getIndex() + "]" : part.getFieldName())
                .collect(Collectors.joining("."));
        return field + ": " + problem;
    }

    private static String problem(IOException failure) {
        return switch (failure) {
            case JsonEOFException ignored -> "unexpected end of JSON input";
            case InvalidNullException ignored -> "null within a list or a map";
            case InvalidFormatException format
            when format.getTargetType().isEnum() ->
                "\"" + format.getValue() + "\" is none of " + words(format.getTargetType());
            case MismatchedInputException mismatch
            when mismatch.getTargetType() != null -> "expected " + kind(mismatch.getTargetType());
            case JacksonException json -> json.getOriginalMessage();
            default -> String.valueOf(failure.getMessage());
        };
    }

    /** An enum's values as they stand in JSON. */
    private static String words(Class<?> type) {
        return Arrays.stream(Objects.requireNonNull(type.getEnumConstants()))
                .map(constant -> MAPPER.valueToTree(constant).asText())
                .sorted()
                .collect(Collectors.joining(", "));
    }

    private static String kind(Class<?> type) {
        if (type == String.class || type.isEnum()) {
            return "a string";
        }
        if (type == Boolean.class || type == boolean.class) {
            return "true or false";
        }
        if (type == Double.class || type == double.class) {
            return "a number";
        }
        if (Number.class.isAssignableFrom(type) || type.isPrimitive()) {
            return "an integer";
        }
        return Collection.class.isAssignableFrom(type) && !Map.class.isAssignableFrom(type) ? "a list" : "an object";
    }
}
