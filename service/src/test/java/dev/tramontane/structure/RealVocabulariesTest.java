package dev.tramontane.structure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Fetched;
import dev.tramontane.fixtures.Seeds;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.Tokenizers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Structures over vocabularies of models: texts that fit are allowed however they are cut into tokens, control tokens never. */
class RealVocabulariesTest {
    private static final Map<String, String> TEXTS = Map.of(
            "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-9:]{8}Z", "2026-11-29T05:39:00Z",
            "[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}", "someone.else@mail.example.org",
            "(?:[^\"\\\\\\x00-\\x1f]|\\\\[nrt\"\\\\]){0,200}",
                    "na\u00efve \u65e5\u672c\u8a9e \ud83d\ude00 \\n and so on",
            "(?:- .*\\n)+", "- first\n- second: \u00fcber\n",
            "(?:yes|no|maybe)(?:, (?:yes|no|maybe)){3}", "yes, no, maybe, yes");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tekken_240718.json",
                "mistral_instruct_tokenizer_240323.model.v3",
                "mistral_instruct_tokenizer_241114.model.v7"
            })
    void takesEveryCutAndNoControlToken(String file) {
        byte[] bytes = Fetched.mistralTokenizerBytes(file);
        Tokenizer tokenizer = file.endsWith(".json") ? Tokenizers.ofTekken(bytes) : Tokenizers.ofSentencePiece(bytes);
        TokenTree tokens = TokenTree.of(tokenizer.size(), tokenizer::bytes);
        Random random = new Random(Seeds.next());
        int[] controls = IntStream.range(0, tokenizer.size())
                .filter(tokenizer::isControl)
                .toArray();
        assertThat(controls).isNotEmpty();
        Map<String, List<Integer>> spelled = IntStream.range(0, tokens.tokens())
                .boxed()
                .collect(Collectors.groupingBy(id -> new String(tokens.bytes(id), StandardCharsets.ISO_8859_1)));
        TEXTS.forEach((pattern, text) -> {
            Structure structure = Structure.regex(pattern, tokens, StructureLimits.DEFAULT);
            for (int cut = 0; cut < 4; cut++) {
                Matcher matcher = structure.matcher();
                long[] mask = new long[structure.maskWords()];
                for (int token : cut(text, tokens, spelled, random)) {
                    matcher.mask(mask);
                    assertThat(Vocabularies.has(mask, token))
                            .as("%s: token %d of '%s'", pattern, token, text)
                            .isTrue();
                    for (int other : new int[] {random.nextInt(tokens.tokens()), random.nextInt(tokens.tokens())}) {
                        boolean taken = matcher.accept(other);
                        assertThat(Vocabularies.has(mask, other)).isEqualTo(taken);
                        matcher.rollback(taken ? 1 : 0);
                    }
                    assertThat(IntStream.of(controls).noneMatch(id -> Vocabularies.has(mask, id)))
                            .isTrue();
                    assertThat(matcher.accept(token)).isTrue();
                }
                assertThat(matcher.isComplete()).as("%s ends", pattern).isTrue();
            }
        });
    }

    /** The text as tokens that were drawn at random among those that fit. */
    private static List<Integer> cut(String text, TokenTree tokens, Map<String, List<Integer>> spelled, Random random) {
        String rest = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        List<Integer> cut = new ArrayList<>();
        while (!rest.isEmpty()) {
            List<Integer> fitting = new ArrayList<>();
            for (int length = 1; length <= rest.length(); length++) {
                fitting.addAll(spelled.getOrDefault(rest.substring(0, length), List.of()));
            }
            int id = fitting.get(random.nextInt(fitting.size()));
            cut.add(id);
            rest = rest.substring(tokens.bytes(id).length);
        }
        return cut;
    }
}
