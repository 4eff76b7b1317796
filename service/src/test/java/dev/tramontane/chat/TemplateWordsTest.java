package dev.tramontane.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tramontane.fixtures.ForeignWords;
import dev.tramontane.jinja.Template;
import dev.tramontane.jinja.value.Limits;
import dev.tramontane.jinja.value.TemplateException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a template does wrong reaches clients, so it is said in this service's words and not in Python's. */
class TemplateWordsTest {
    @ParameterizedTest
    @CsvSource(
            delimiterString = "=>",
            quoteCharacter = '`',
            value = {
                "'a' + 1                  => an integer cannot be added to text",
                "'a' + none               => none cannot be added to text",
                "1 + 'a'                  => '+' is not for an integer and text",
                "[] - {}                  => '-' is not for a list and a mapping",
                "-'a'                     => text has no negative",
                "1 // 0                   => division by zero",
                "1 < 'a'                  => '<' does not compare an integer with text",
                "1 in 'a'                 => an integer cannot be looked for in text",
                "1 in 2                   => nothing can be looked for in an integer",
                "1 | length             => an integer has no length",
                "none | join            => none holds nothing to go through",
                "1()                      => an integer cannot be called",
                "{[]: 1}                  => a list cannot be a key",
                "[1][::0]                 => the step of a slice cannot be zero",
                "[1]['a':]                => the bounds of a slice must be integers",
                "range | tojson         => a function range cannot be written as JSON",
                "range(1, 2, 0)           => the step of range() cannot be zero",
                "'a'.split('')            => the separator is empty",
                "','.join([1])            => item 0 of what is joined is an integer, not text",
                "'a'.index('b')           => the text that is looked for is not there",
                "'%s' % (1, 2)            => the format string has fewer places than there are arguments",
                "'%s %s' % (1,)           => the format string has more places than there are arguments",
                "{'a': 1}.b.c             => a mapping has no attribute 'b'",
                "'{:.2f}'.format('a')     => the format type 'f' is not for text",
                "'{:d}'.format(1.5)       => the format type 'd' is not for a number",
                "'{:,}'.format('a')       => the format specification asks for what text has not",
                "'{:5}'.format(none)      => a format specification is not for none",
                "'{:5}'.format(nothing)   => 'nothing' is undefined",
                "'{:.}'.format(1)         => a format specification has a point without a precision",
                "'{:c}'.format(-1)        => no character has the number -1",
                "'{'.format(1)            => a brace in a format string has no partner",
                "'{} {0}'.format(1)       => some fields of the format string are numbered and some are not",
                "'{0} {1}'.format(1)      => the format string needs an argument 1",
                "'{k}'.format(1)          => format() finds no argument for a field named 'k'",
                "'%d' % 'a'               => a number is required for the format, not text",
                "'abc' | truncate(2)      => truncate has a length of 2, less than its ending's 3",
                "5 | truncate             => an integer has no length",
                "[1] | urlencode          => an integer holds nothing to go through",
                "['abc'] | urlencode      => urlencode needs pairs of a name and a value",
                "none.b.c                 => none has no attribute 'b'",
                "nothing.b                => 'nothing' is undefined"
            })
    void saysItInItsOwnWords(String expression, String message) {
        TemplateException wrong = catchThrowableOfType(
                TemplateException.class,
                () -> Template.of("{{ " + expression + " }}")
                        .render(
                                Map.of(),
                                Limits.DEFAULT,
                                () -> LocalDateTime.of(2026, 1, 1, 0, 0).atZone(ZoneOffset.UTC)));
        assertThat(wrong).as(expression).isNotNull();
        assertThat(wrong).hasMessage(message);
        assertThat(ForeignWords.in(message)).isEmpty();
    }
}
