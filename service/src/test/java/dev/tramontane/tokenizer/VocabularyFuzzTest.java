package dev.tramontane.tokenizer;

import dev.tramontane.fixtures.Mutations;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whatever a vocabulary's file holds, it is read or refused in one line; what is read can encode and decode. */
final class VocabularyFuzzTest {
    private static final int INPUTS = 300;
    private static final String TEXT = "The  house, \u4e2d\u6587 \ud83d\ude42 <s>[INST] 123\n\n'll \u2581x";

    @Test
    void sentencePiece() {
        Vocabulary small = Vocabularies.smallSentencePiece(true);
        List<byte[]> sound = List.of(
                SentencePieceModels.file(small, true, false, true),
                SentencePieceModels.file(small, false, true, false));
        new Mutations(sound, List.of(), VocabularyException.class)
                .run(INPUTS, file -> use(Tokenizers.ofSentencePiece(file)));
    }

    @Test
    void tekken() {
        Mutations.ofText(List.of(TekkenFiles.json().toString()), words("\"rank\"", "AA=="), VocabularyException.class)
                .run(INPUTS, file -> use(Tokenizers.ofTekken(file)));
    }

    @Test
    void huggingFace() {
        List<String> sound = List.of("llama-3", "smollm", "always, split", "prepend, normalized tokens").stream()
                .map(name -> HuggingFaceFiles.json(name).toString())
                .toList();
        byte[] config = HuggingFaceFiles.bytes(HuggingFaceFiles.CONFIG);
        Mutations.ofText(sound, words("\"type\"", "\"Sequence\"", "\"normalized\":true"), VocabularyException.class)
                .run(INPUTS, file -> use(Tokenizers.ofHuggingFace(file, config)));
    }

    private static List<String> words(String... more) {
        List<String> words = new ArrayList<>(Mutations.jsonWords());
        words.addAll(List.of(more));
        return words;
    }

    private static void use(Tokenizer tokenizer) {
        int[] ids = tokenizer.encode(TEXT);
        tokenizer.encode(TokenizerGoldenTest.trusted(TEXT));
        tokenizer.decode(ids);
    }
}
