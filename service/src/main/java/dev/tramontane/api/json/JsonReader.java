package dev.tramontane.api.json;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads JSON (RFC 8259) strictly: UTF-8 only, no byte order mark, no duplicate names, no lone surrogates, no numbers
 * beyond a long or a double, nothing after the value, and nested at most {@value #DEPTH} deep. Values become String,
 * Boolean, Long, Double, List, Map or null. The length of a body is limited where it is received.
 */
public final class JsonReader {
    public static final int DEPTH = 64;

    private static final int NUMBER_CHARACTERS = 64;
    private static final int NAME_CHARACTERS = 1024;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEPTH)
                    .maxNumberLength(NUMBER_CHARACTERS)
                    .maxNameLength(NAME_CHARACTERS)
                    .maxStringLength(Integer.MAX_VALUE) // A prompt may be most of the body.
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .build();

    private JsonReader() {}

    /**
     * Reads a body that must be one object.
     *
     * @throws InvalidJsonException saying what is wrong and where
     */
    public static Map<String, @Nullable Object> object(byte[] body) {
        return read(decode(body), "the body");
    }

    /** Reads a string field that must hold one object. */
    public static Map<String, @Nullable Object> object(String text, String field) {
        try {
            return read(text, field);
        } catch (InvalidJsonException invalid) {
            throw new InvalidJsonException(field, Objects.requireNonNull(invalid.getMessage()));
        }
    }

    private static Map<String, @Nullable Object> read(String text, String what) {
        if (text.startsWith("\ufeff")) {
            throw new InvalidJsonException("", what + " starts with a byte order mark; send plain UTF-8");
        }
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new InvalidJsonException("", what + " must be a JSON object");
            }
            Map<String, @Nullable Object> object = readObject(parser);
            if (parser.nextToken() != null) {
                throw at(parser.currentTokenLocation(), what + " goes on after the JSON object");
            }
            return object;
        } catch (JacksonException malformed) {
            String message = malformed.getOriginalMessage();
            throw at(malformed.getLocation(), what + " is not valid JSON: " + (message == null ? "" : message));
        }
    }

    private static String decode(byte[] body) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            throw new InvalidJsonException("", "the body is not valid UTF-8");
        }
    }

    // Recursion is bounded by DEPTH, which the parser enforces.
    private static Map<String, @Nullable Object> readObject(JsonParser parser) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = text(parser, parser.currentName());
            parser.nextToken();
            object.put(name, readValue(parser));
        }
        return object;
    }

    private static List<@Nullable Object> readArray(JsonParser parser) {
        List<@Nullable Object> array = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            array.add(readValue(parser));
        }
        return array;
    }

    private static @Nullable Object readValue(JsonParser parser) {
        return switch (parser.currentToken()) {
            case START_OBJECT -> readObject(parser);
            case START_ARRAY -> readArray(parser);
            case VALUE_STRING -> text(parser, parser.getString());
            case VALUE_NUMBER_INT -> readInteger(parser);
            case VALUE_NUMBER_FLOAT -> readDouble(parser);
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> throw at(parser.currentTokenLocation(), "a value was expected");
        };
    }

    private static Long readInteger(JsonParser parser) {
        if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
            throw at(parser.currentTokenLocation(), "the number is too large");
        }
        return parser.getLongValue();
    }

    private static Double readDouble(JsonParser parser) {
        double value = parser.getDoubleValue();
        if (!Double.isFinite(value)) {
            throw at(parser.currentTokenLocation(), "the number is too large");
        }
        return value;
    }

    private static String text(JsonParser parser, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (Character.isLowSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    throw at(parser.currentTokenLocation(), "a string holds half a surrogate pair, which is no text");
                }
                i++;
            }
        }
        return text;
    }

    private static InvalidJsonException at(@Nullable TokenStreamLocation location, String message) {
        String where =
                location == null ? "" : " (line " + location.getLineNr() + ", column " + location.getColumnNr() + ")";
        return new InvalidJsonException("", message + where);
    }
}
