package dev.tramontane.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tramontane.fixtures.ForeignWords;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said about each way of being no JSON: in words of this service, never of the parser's settings. */
class MalformedTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\": [1            | it ends inside an array",
                "{                     | it ends inside an object",
                "{\"a                  | it ends inside a name",
                "{\"a\":\"x            | it ends inside a string",
                "{\"a\":\"\\u12        | it ends inside a string",
                "{\"a\":1,             | it ends inside an object",
                "{\"a\":1,}            | expected a name in double quotes, got \"}\"",
                "{a:1}                 | expected a name in double quotes, got \"a\"",
                "{'a':1}               | expected a name in double quotes, got a single quote",
                "{\"a\":'x'}           | expected a value, got a single quote",
                "{\"a\":[1,]}          | expected a value, got \"]\"",
                "{\"a\":[1 2]}         | expected a comma or the array's end, got \"2\"",
                "{\"a\":\"x\"\"y\"}    | expected a comma or the object's end, got a double quote",
                "{\"a\" 1}             | expected a colon behind the name, got \"1\"",
                "{\"a\":NaN}           | \"NaN\" is no value; JSON's numbers are finite, write null",
                "{\"a\":-Infinity}     | \"-Infinity\" is no value; JSON's numbers are finite, write null",
                "{\"a\":True}          | \"True\" is no value; write true",
                "{\"a\":None}          | \"None\" is no value; write null",
                "{\"a\":hello}         | \"hello\" is no value; text stands in double quotes",
                "{\"a\":01}            | a number begins with a needless 0",
                "{\"a\":1.}            | expected a digit of a number, got \"}\"",
                "{\"a\":1e}            | expected a digit of a number, got \"}\"",
                "{\"a\":+1}            | expected a digit of a number, got \"+\"",
                "{\"a\":-}             | expected a digit of a number, got \"}\"",
                "{\"a\":.5}            | expected a value, got \".\"",
                "{\"a\":1]             | unexpected \"]\"",
                "{}}                   | unexpected \"}\"",
                "{\"a\":\"\u0001\"}    | a string has a raw control character U+0001; escape it",
                "{\"a\":\"\\x\"}       | a string has \\ before \"x\", which is no escape",
                "{\"a\":\"\\u12g4\"}   | expected four hexadecimal digits behind \\u, got \"g\"",
                "{\"a\":1/*c*/}        | there are no comments in JSON",
                "{\"a\":1,\"a\":2}     | the name \"a\" comes twice in one object",
                "{\"a\":\u00a01}       | expected a value, got \"\u00a0\"",
                "{\"a\":\u001e1}       | unexpected control character U+001E"
            })
    void saysItInItsOwnWords(String document, String reason) {
        InvalidJsonException invalid = catchThrowableOfType(
                InvalidJsonException.class,
                () -> JsonReader.object(document.strip().getBytes(StandardCharsets.UTF_8)));
        assertThat(invalid).as(document).isNotNull();
        assertThat(invalid.reason()).isEqualTo("the body is not valid JSON: " + reason);
        assertThat(ForeignWords.in(String.valueOf(invalid.getMessage()))).isEmpty();
    }
}
