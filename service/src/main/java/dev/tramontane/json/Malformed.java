package dev.tramontane.json;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.TokenStreamContext;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.UnexpectedEndOfInputException;

/**
 * What is wrong with a document that is no JSON, in this service's words. The parser's own speak of its classes and
 * switches, which help nobody who sent a request; they are looked at to tell the faults apart, and never shown.
 */
final class Malformed {
    private static final int SHOWN = 40;

    /** How the parser shows the character that it stumbled over. */
    private static final Pattern CHARACTER = Pattern.compile("\\bcode (\\d{1,7})\\b");

    private static final Pattern TOKEN = Pattern.compile("token '([^']*)'");

    /** A part of the parser's message, and what is wanted in place of the character that it names. */
    private record Wanted(String sign, String words) {}

    private static final List<Wanted> WANTED = List.of(
            new Wanted("in numeric value", "a digit of a number"),
            new Wanted("hex-digit", "four hexadecimal digits behind \\u"),
            new Wanted("to start property name", "a name in double quotes"),
            new Wanted("a colon to separate", "a colon behind the name"),
            new Wanted("comma to separate Array", "a comma or the array's end"),
            new Wanted("comma to separate Object", "a comma or the object's end"),
            new Wanted("expected a v", "a value"));

    private final String what;
    private final JsonLimits limits;
    private final JsonParser parser;

    /** @param what the document's name in messages ("the body") */
    Malformed(String what, JsonLimits limits, JsonParser parser) {
        this.what = what;
        this.limits = limits;
        this.parser = parser;
    }

    /** One sentence about a failure of the parser, which still stands where it failed. */
    String sentence(JacksonException failure) {
        String said = String.valueOf(failure.getOriginalMessage());
        return failure instanceof StreamConstraintsException
                ? what + " has " + beyond(said)
                : what + " is not valid JSON: " + reason(failure, said);
    }

    private String beyond(String said) {
        if (said.startsWith("Name")) {
            return "a name of more than " + limits.nameCharacters() + " characters";
        }
        if (said.startsWith("String")) {
            return "a string of more than " + limits.stringCharacters() + " characters";
        }
        return said.startsWith("Number") || said.startsWith("BigDecimal")
                ? "a number of more than " + JsonTokens.NUMBER_CHARACTERS + " characters"
                : "more in it than is read";
    }

    private String reason(JacksonException failure, String said) {
        if (failure instanceof UnexpectedEndOfInputException || said.startsWith("Unexpected end-of-input")) {
            return early(said);
        }
        if (said.startsWith("Duplicate")) {
            return "the name " + quoted(String.valueOf(parser.currentName())) + " comes twice in one object";
        }
        if (said.contains("Leading zeroes")) {
            return "a number begins with a needless 0";
        }
        String token = token(said);
        if (token != null) {
            return unknownWord(token);
        }
        int character = character(said);
        if (character < 0) {
            return "something stands here that cannot"; // A fault that the parser did not have when this was written.
        }
        return unexpected(said, character);
    }

    private String early(String said) {
        String open = said.contains("closing quote") || said.contains("character escape")
                ? "a string"
                : said.contains("property name") ? "a name" : container(parser.streamReadContext());
        return "it ends inside " + open;
    }

    private static String container(TokenStreamContext context) {
        return context.inArray() ? "an array" : context.inObject() ? "an object" : "a value";
    }

    private static String unknownWord(String token) {
        String right = switch (token.toLowerCase(Locale.ROOT)) {
            case "true" -> "; write true";
            case "false" -> "; write false";
            case "null", "none", "nil", "undefined" -> "; write null";
            case "nan", "infinity", "-infinity", "+infinity", "inf", "-inf", "+inf" ->
                "; JSON's numbers are finite, write null";
            default -> "; text stands in double quotes";
        };
        return quoted(token) + " is no value" + right;
    }

    private String unexpected(String said, int character) {
        String shown = shown(character);
        if (said.startsWith("Unrecognized character escape")) {
            return "a string has \\ before " + shown + ", which is no escape";
        }
        if (said.startsWith("Illegal unquoted")) {
            return "a string has a raw " + shown + "; escape it";
        }
        if (said.contains("comment")) {
            return "there are no comments in JSON";
        }
        for (Wanted wanted : WANTED) {
            if (said.contains(wanted.sign())) {
                return "expected " + wanted.words() + ", got " + shown;
            }
        }
        return "unexpected " + shown;
    }

    private static @Nullable String token(String said) {
        Matcher matcher = TOKEN.matcher(said);
        return matcher.find() && !said.startsWith("Unexpected") ? matcher.group(1) : null;
    }

    private static int character(String said) {
        if (said.startsWith("Unexpected close marker '")) {
            return said.codePointAt("Unexpected close marker '".length());
        }
        Matcher matcher = CHARACTER.matcher(said);
        int code = matcher.find() ? Integer.parseInt(matcher.group(1)) : -1;
        return Character.isValidCodePoint(code) ? code : -1;
    }

    /** The character as people know it. */
    private static String shown(int character) {
        return switch (character) {
            case '\n' -> "line feed";
            case '\r' -> "carriage return";
            case '\t' -> "tab";
            case '"' -> "a double quote";
            case '\'' -> "a single quote";
            default ->
                Character.isISOControl(character)
                        ? String.format(Locale.ROOT, "control character U+%04X", character)
                        : quoted(Character.toString(character));
        };
    }

    private static String quoted(String text) {
        return "\"" + Printable.of(text, SHOWN) + "\"";
    }
}
