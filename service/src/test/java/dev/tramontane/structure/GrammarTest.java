package dev.tramontane.structure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GrammarTest {
    private static final TokenTree TOKENS = Vocabularies.random(new Random(13), "ab()+*1 \n", 300);

    private static Structure of(String grammar) {
        return Structure.of(new Form.Grammar(grammar), TOKENS, StructureLimits.DEFAULT);
    }

    static Stream<Arguments> grammars() {
        return Stream.of(
                Arguments.of("root ::= \"yes\" | \"no\"", List.of("yes", "no"), List.of("", "yesno", "y")),
                Arguments.of(
                        "# sums\nroot  ::= term (\"+\" term)*\nterm ::= [0-9]+ | \"(\" root \")\"",
                        List.of("1", "12+3", "(1+(2))+3"),
                        List.of("+", "1+", "(1", "()", "1)")),
                Arguments.of(
                        "root ::= (\n  item # one\n  ws\n)+\nitem ::=\n  \"a\" |\n  \"b\"\n  | \"\\x63\\u00e9\\U0001F600\"\nws ::= [ \\t\\n]*",
                        List.of("a", "a b\n", "c\u00e9\ud83d\ude00a"),
                        List.of("", "c", "\u00e9")),
                Arguments.of(
                        "root ::= [^a-c\\]\\-] . [a-]",
                        List.of("dxa", "x\n-", "e\ud83d\ude00-"),
                        List.of("axa", "]xa", "-xa", "dxb")),
                Arguments.of(
                        "root ::= \"a\"{2} \"b\"{1,2} \"c\"{2,} d{,1}\nd ::= \"d\"",
                        List.of("aabcc", "aabbccccd"), List.of("abcc", "aabbbcc", "aabc", "aabccdd")),
                Arguments.of(
                        "root ::= \"a\" root \"b\" | \"\"", List.of("", "ab", "aaabbb"), List.of("aab", "abb", "ba")),
                Arguments.of(
                        "root ::= my_rule-2\r\nmy_rule-2 ::= \"\\\"\\\\\"\r\n", List.of("\"\\"), List.of("", "\"")),
                Arguments.of(
                        "root ::= x \"c\"\nx ::= y?\ny ::= \"a\" y | \"b\"",
                        List.of("c", "bc", "aaabc"),
                        List.of("ac", "b")),
                Arguments.of(
                        "root ::= good | bad\ngood ::= \"a\"\nbad ::= \"b\" bad", List.of("a"), List.of("b", "bb")));
    }

    @ParameterizedTest
    @MethodSource("grammars")
    void takesItsTexts(String grammar, List<String> texts, List<String> others) {
        Structure structure = of(grammar);
        texts.forEach(each -> assertThat(Judge.allows(structure, each))
                .as("%s takes %s", grammar, each)
                .isTrue());
        others.forEach(each -> assertThat(Judge.allows(structure, each))
                .as("%s takes %s", grammar, each)
                .isFalse());
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of("", "no rule \"root\""),
                Arguments.of("a ::= \"b\"", "no rule \"root\""),
                Arguments.of("root ::= x", "no rule \"x\" (at line 1)"),
                Arguments.of("root ::= \"a\"\n\nroot ::= \"b\"", "a second rule \"root\" (at line 3)"),
                Arguments.of("root ::= root \"a\" | \"b\"", "left recursion is not supported (at rule \"root\")"),
                Arguments.of("root ::= a\na ::= b? c\nb ::= \"b\"\nc ::= a", "left recursion"),
                Arguments.of("root ::= (root)* \"a\"", "left recursion"),
                Arguments.of("root ::= \"a\" root", "no text at all is allowed"),
                Arguments.of("root ::= \"a", "isn't closed by \""),
                Arguments.of("root ::= [a", "isn't closed by ]"),
                Arguments.of("root ::= [b-a]", "a range in a set"),
                Arguments.of("root ::= (\"a\"", "isn't closed by )"),
                Arguments.of("root ::= \"a\")", "where a rule should end"),
                Arguments.of("root ::= \"\\q\"", "an escape other than"),
                Arguments.of("root ::= \"\\x4\"", "wants 2 hexadecimal digits"),
                Arguments.of("root ::= \"\\ud800\"", "no character"),
                Arguments.of("root ::= \"\\Uffffffff\"", "no character"),
                Arguments.of("root ::= \"a\"{3,2}", "a count from 3 to 2"),
                Arguments.of("root ::= \"a\"{99999999}", "no number up to"),
                Arguments.of("root ::= \"a\"**", "two counts"),
                Arguments.of("root ::= <think>", "a token in <>"),
                Arguments.of("root ::= (=\"a\") \"a\"", "look-ahead"),
                Arguments.of("root ::= 'a'", "begins no part of a rule"),
                Arguments.of("start: \"a\"", "Lark's form"),
                Arguments.of("%import common.WS\nstart: WS", "Lark's form"),
                Arguments.of("?start: \"a\"", "Lark's form"),
                Arguments.of("root = \"a\"", "no rule here"),
                Arguments.of("root ::= " + "(".repeat(70_000), "nested deeper than 64"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void isRefusedByNameAndLine(String grammar, String message) {
        assertThatThrownBy(() -> of(grammar))
                .isInstanceOf(StructureException.class)
                .hasMessageContaining(message)
                .satisfies(thrown -> assertThat(thrown.getMessage()).hasSizeLessThan(250));
    }

    /** A rule that ends in itself leaves no stack: as much is kept after a thousand rounds as after two. */
    @Test
    void tailCallsLeaveNoStack() {
        Structure structure = of("root ::= \"a\" root | \"b\"");
        Matcher matcher = structure.matcher();
        long[] mask = new long[matcher.maskWords()];
        for (int each = 0; each < 2; each++) {
            matcher.mask(mask);
            matcher.accept('a');
        }
        long once = structure.cachedBytes();
        for (int each = 0; each < 1000; each++) {
            matcher.mask(mask);
            assertThat(matcher.accept('a')).isTrue();
        }
        assertThat(structure.cachedBytes()).isEqualTo(once);
        assertThat(matcher.accept('b')).isTrue();
        assertThat(matcher.isFinished()).isTrue();
    }
}
