package dev.tramontane.json;

import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.charset.CharacterCodingException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamContext;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;

/** The tokens of a document, each within the limits; the only user of Jackson's parser. Rules as in {@link JsonStream}. */
final class JsonTokens implements AutoCloseable {
    /** As many as Python reads: a whole number this long is taken in microseconds. */
    static final int NUMBER_CHARACTERS = 4300;

    private static final int SHOWN = 200;

    private final MemorySegment utf8;
    private final String what;
    private final JsonLimits limits;
    private final JsonParser parser;
    private long entries;

    JsonTokens(MemorySegment utf8, String what, JsonLimits limits) {
        this.utf8 = utf8;
        this.what = what;
        this.limits = limits;
        this.parser = factory(limits).createParser(ObjectReadContext.empty(), Utf8Text.reader(utf8));
    }

    private static JsonFactory factory(JsonLimits limits) {
        StreamReadConstraints constraints = StreamReadConstraints.builder()
                .maxNestingDepth(limits.depth() + 1) // Checked here, in plainer words.
                .maxNumberLength(NUMBER_CHARACTERS)
                .maxNameLength(limits.nameCharacters())
                .maxStringLength(limits.stringCharacters())
                .build();
        return JsonFactory.builder()
                .streamReadConstraints(constraints)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                // A shared table of names gains nothing for 300,000 different ones, and hostile ones can overflow it.
                .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
                .build();
    }

    /** The current token; null before the first and after the last. */
    @Nullable
    JsonToken current() {
        return parser.currentToken();
    }

    /** Goes to the next token; null at the end. */
    @Nullable
    JsonToken advance() {
        try {
            JsonToken token = parser.nextToken();
            if (token != null
                    && token.isStructStart()
                    && parser.streamReadContext().getNestingDepth() > limits.depth()) {
                throw broken(what + " is nested beyond a depth of " + limits.depth());
            }
            return token;
        } catch (JacksonException malformed) {
            throw malformed(malformed);
        }
    }

    /** Counts a field or an element. */
    void countEntry() {
        if (++entries > limits.entries()) {
            throw broken(what + " has more than " + limits.entries() + " names and elements");
        }
    }

    /** The name that is the current token. */
    String name() {
        return sound(String.valueOf(parser.currentName()));
    }

    /** The current value where it is a scalar; an empty list or map that stands for it where it is not. */
    @Nullable
    Object value() {
        try {
            return switch (parser.currentToken()) {
                case VALUE_STRING -> sound(parser.getString());
                case VALUE_NUMBER_INT -> whole();
                case VALUE_NUMBER_FLOAT -> real();
                case VALUE_TRUE -> true;
                case VALUE_FALSE -> false;
                case VALUE_NULL -> null;
                case START_ARRAY -> List.of();
                case START_OBJECT -> Map.of();
                case null, default -> throw new IllegalStateException("the stream stands at no value");
            };
        } catch (JacksonException malformed) {
            throw malformed(malformed);
        }
    }

    private Number whole() {
        BigInteger value = parser.getBigIntegerValue();
        return value.bitLength() < Long.SIZE ? (Number) value.longValue() : value;
    }

    private double real() {
        double value = parser.getDoubleValue();
        if (!Double.isFinite(value)) {
            throw fault(path(), named() + " is a number too large for 64 bits");
        }
        return value;
    }

    private String named() {
        String path = path();
        return path.isEmpty() ? what : path;
    }

    /** Path of the current token, as in {@code messages[0].role}. */
    String path() {
        StringBuilder path = new StringBuilder();
        TokenStreamContext context = parser.streamReadContext();
        JsonToken token = parser.currentToken();
        boolean inside = token != null && token.isStructStart(); // The parser is one level ahead of the value.
        appendPath(inside ? context.getParent() : context, path);
        return path.toString();
    }

    private static void appendPath(@Nullable TokenStreamContext context, StringBuilder path) {
        if (context == null) {
            return;
        }
        appendPath(context.getParent(), path);
        if (context.inArray()) {
            path.append('[').append(context.getCurrentIndex()).append(']');
        } else if (context.inObject() && context.hasCurrentName()) {
            path.append(path.isEmpty() ? "" : ".").append(Printable.of(context.currentName(), SHOWN));
        }
    }

    /** A fault at the current token. */
    InvalidJsonException fault(String field, String message) {
        return at(parser.currentTokenLocation(), field, message);
    }

    /** A document that breaks the rules, whatever it means. */
    InvalidJsonException broken(String message) {
        return fault("", message);
    }

    private InvalidJsonException malformed(JacksonException malformed) {
        if (malformed.getCause() instanceof CharacterCodingException) {
            return new InvalidJsonException("", what + " is not valid UTF-8", "", Utf8Text.offsetOfFault(utf8));
        }
        boolean tooLong = malformed instanceof StreamConstraintsException
                && malformed.getOriginalMessage().startsWith("Number value");
        return at(
                malformed.getLocation(),
                tooLong ? path() : "",
                new Malformed(what, limits, parser).sentence(malformed));
    }

    private InvalidJsonException at(@Nullable TokenStreamLocation location, String field, String message) {
        TokenStreamLocation at =
                location != null && location.getCharOffset() >= 0 ? location : parser.currentLocation();
        String place = " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
        return new InvalidJsonException(field, message, place, Utf8Text.offsetOfUnit(utf8, at.getCharOffset()));
    }

    private String sound(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (Character.isLowSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    throw broken("a string holds half a surrogate pair, which is no text");
                }
                i++;
            }
        }
        return text;
    }

    @Override
    public void close() {
        parser.close();
    }
}
