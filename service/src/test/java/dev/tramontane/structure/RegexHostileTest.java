package dev.tramontane.structure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Patterns and choices that are wrong or mean harm: each is refused by name, or costs what the limits say. */
class RegexHostileTest {
    private static final TokenTree TOKENS = Vocabularies.random(new Random(3), "ab ", 200);
    private static final StructureLimits LIMITS = StructureLimits.DEFAULT;

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of("(", "a group that isn't closed by ) (at character 2)"),
                Arguments.of("(a", "a group that isn't closed"),
                Arguments.of(")", "a ) that closes nothing (at character 1)"),
                Arguments.of("a)b", "a ) that closes nothing (at character 2)"),
                Arguments.of("[a", "a set that isn't closed by ]"),
                Arguments.of("[", "a set that isn't closed by ]"),
                Arguments.of("[a-", "a set that isn't closed by ]"),
                Arguments.of("[b-a]", "a range in a set"),
                Arguments.of("[\\d-z]", "a range in a set"),
                Arguments.of("[[:alpha:]]", "a [ in a set"),
                Arguments.of("[]", "no text at all is allowed"),
                Arguments.of("a[]", "no text at all is allowed"),
                Arguments.of("]", "a bracket that closes nothing"),
                Arguments.of("}", "a bracket that closes nothing"),
                Arguments.of("*", "a count with nothing before it"),
                Arguments.of("+a", "a count with nothing before it"),
                Arguments.of("a|?", "a count with nothing before it"),
                Arguments.of("{2}", "a count with nothing before it"),
                Arguments.of("a**", "two counts for one part"),
                Arguments.of("a+*", "two counts for one part"),
                Arguments.of("a{2}{3}", "two counts for one part"),
                Arguments.of("a{", "a count that is no number"),
                Arguments.of("a{,3}", "a count that is no number"),
                Arguments.of("a{x}", "a count that is no number"),
                Arguments.of("a{1", "a count that isn't closed by }"),
                Arguments.of("a{1,2", "a count that isn't closed by }"),
                Arguments.of("a{3,2}", "a count from 3 to 2"),
                Arguments.of("a{2,1000000000}", "a count that is no number up to 1000000"),
                Arguments.of("a{99999999999999999999}", "a count that is no number up to 1000000"),
                Arguments.of("(?=a)", "look-around"),
                Arguments.of("(?!a)b", "look-around"),
                Arguments.of("(?<=a)b", "look-around"),
                Arguments.of("(?<name>a)", "look-around, a named group"),
                Arguments.of("(?i)a", "look-around, a named group or flags"),
                Arguments.of("(a)\\1", "\\1, which is not supported (at character 5)"),
                Arguments.of("\\k<a>", "\\k, which is not supported"),
                Arguments.of("\\p{L}", "\\p, which is not supported"),
                Arguments.of("\\Aa", "\\A, which is not supported"),
                Arguments.of("a\\b", "a word boundary"),
                Arguments.of("a\\B", "\\B, which is not supported"),
                Arguments.of("\\", "a backslash at the end"),
                Arguments.of("[\\", "a backslash at the end"),
                Arguments.of("\\012", "an octal escape"),
                Arguments.of("\\x4", "wants 2 hexadecimal digits"),
                Arguments.of("\\xzz", "wants 2 hexadecimal digits"),
                Arguments.of("\\u12", "wants 4 hexadecimal digits"),
                Arguments.of("\\u{}", "no code point"),
                Arguments.of("\\u{110000}", "no code point"),
                Arguments.of("\\u{12", "no code point"),
                Arguments.of("\\ud800", "half a surrogate pair"),
                Arguments.of("\\ud800\\u0041", "half a surrogate pair"),
                Arguments.of("\udc00", "half a surrogate pair"),
                Arguments.of("a^b", "an anchor"),
                Arguments.of("a$b", "an anchor"),
                Arguments.of("(a$)", "an anchor"),
                Arguments.of("(".repeat(60_000), "nested deeper than 64"),
                Arguments.of("(".repeat(60_000) + ")".repeat(60_000), "nested deeper than 64"),
                Arguments.of("a".repeat(300_000), "it has 300000 characters; at most 262144 are read"),
                Arguments.of("[\u0100-\uffff\ud801\udc01-\udbff\udffe]".repeat(26_000), "more than 500000 nodes"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void isRefusedByName(String pattern, String message) {
        assertThatThrownBy(() -> Structure.regex(pattern, TOKENS, LIMITS))
                .isInstanceOf(StructureException.class)
                .hasMessageContaining(message)
                .satisfies(thrown ->
                        assertThat(thrown.getMessage()).doesNotContain("\n").hasSizeLessThan(200));
    }

    /** What drives backtracking engines mad, and what would be huge if counts were written out or the whole made deterministic. */
    static List<String> costly() {
        return List.of(
                "(a+)+",
                "(a*)*b",
                "(a|a)*b",
                "(a|a|a?)+",
                "((a*)*)*",
                "(a?){64}a{64}",
                "(a|b)*a(a|b){18}",
                "(a|b)*a(a|b){200}",
                "(a{0,1000}){0,1000}",
                "((a{0,1000}){0,1000}){0,1000}",
                "((a?){1000}){1000}",
                "(a{1,1000}b?){1,1000}",
                "(a|aa){1,100000}",
                "(a{1000000}|a{999999}){1000000}",
                ".*a.*a.*a.*a.*b",
                "(.*)(.*)(.*)(.*)(.*)(.*)(.*)b",
                "(.{0,1000}a){0,1000}",
                "(|a|)*{1,}".replace("*{1,}", "{0,100000}"),
                String.join("|", Collections.nCopies(20_000, "ab")),
                "(a*".repeat(60) + ")*".repeat(60));
    }

    @ParameterizedTest
    @MethodSource("costly")
    void costsWhatTheLimitsSay(String pattern) {
        StructureLimits limits = new StructureLimits(1 << 18, 64, 500_000, 4096, 1 << 14, 5_000, 4L << 20);
        int steps = 0;
        try {
            Structure structure = Structure.regex(pattern, TOKENS, limits);
            Matcher matcher = structure.matcher();
            long[] mask = new long[structure.maskWords()];
            for (; steps < 30 && !matcher.isFinished(); steps++) {
                matcher.mask(mask);
                assertThat(Vocabularies.members(mask)).isNotEmpty();
                matcher.accept(
                        Vocabularies.has(mask, 'a')
                                ? 'a'
                                : Vocabularies.members(mask).getFirst());
                assertThat(structure.cachedBytes()).isLessThan(16L << 20);
            }
        } catch (WorkExceededException | StructureException bounded) {
            assertThat(bounded).hasMessageStartingWith("the structure of the answer is too ambiguous: more than ");
            return;
        }
        assertThat(steps).isPositive();
    }

    @Test
    void manyChoicesAreATree() {
        List<String> many = new Random(5)
                .ints(100_000, 0, 1_000_000)
                .mapToObj(Integer::toString)
                .limit(40_000)
                .toList();
        Structure structure = Structure.choice(many, TOKENS, LIMITS);
        long[] mask = new long[structure.maskWords()];
        structure.matcher().mask(mask);
        assertThat(Vocabularies.members(mask)).isSubsetOf(Arrays.asList(48, 49, 50, 51, 52, 53, 54, 55, 56, 57));
    }

    @Test
    void noChoiceAndHalfACharacterAreRefused() {
        assertThatThrownBy(() -> Structure.choice(List.of(), TOKENS, LIMITS)).hasMessage("no text at all is allowed");
        assertThatThrownBy(() -> Structure.choice(List.of("a", "\ud800"), TOKENS, LIMITS))
                .hasMessage("it has half a surrogate pair, which no text can have (at choice 1)");
        assertThatThrownBy(() -> Structure.choice(List.of("a".repeat(300_000)), TOKENS, LIMITS))
                .hasMessageContaining("at most 262144 are read");
    }
}
