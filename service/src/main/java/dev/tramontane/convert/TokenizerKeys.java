package dev.tramontane.convert;

import dev.tramontane.source.ChatSource;
import dev.tramontane.tokenizer.Vocabulary;
import dev.tramontane.weights.GgufDraft;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** A vocabulary in GGUF's {@code tokenizer.*} keys, as {@link dev.tramontane.source.GgufVocabulary} reads them. */
final class TokenizerKeys {
    private static final String KEYS = "tokenizer.ggml.";

    /** The type of ids that no text has. */
    private static final int UNUSED = 5;

    /** Names for further ends of an answer: end of turn, end of message. */
    private static final List<String> FURTHER_ENDS = List.of("eot", "eom");

    /** The score of ids that no text has: llama.cpp's converters give it. */
    private static final float UNUSED_SCORE = -10_000f;

    private TokenizerKeys() {}

    /**
     * Writes the vocabulary, filled up to the rows of the embedding.
     *
     * @param furtherEosIds ids that end an answer besides those of the vocabulary
     * @param rows of the embedding; not below the vocabulary's size
     */
    static void write(Vocabulary vocabulary, Set<Integer> furtherEosIds, ChatSource chat, int rows, GgufDraft draft) {
        boolean sentencePiece = vocabulary.kind() == Vocabulary.Kind.SENTENCEPIECE_BPE;
        draft.string(KEYS + "model", sentencePiece ? "llama" : "gpt2")
                .string(KEYS + "pre", sentencePiece ? "default" : vocabulary.preTokenizer())
                .strings(KEYS + "tokens", pieces(vocabulary, rows))
                .ints(KEYS + "token_type", types(vocabulary, rows));
        if (sentencePiece) {
            draft.floats(KEYS + "scores", scores(vocabulary, rows));
        } else {
            draft.strings(
                    KEYS + "merges", vocabulary.merges().isEmpty() ? RankMerges.of(vocabulary) : vocabulary.merges());
        }
        vocabulary.bos().ifPresent(id -> draft.u32(KEYS + "bos_token_id", id));
        vocabulary.unknown().ifPresent(id -> draft.u32(KEYS + "unknown_token_id", id));
        eosIds(vocabulary, furtherEosIds, chat, draft);
        String padding = chat.specials().getOrDefault("pad_token", "");
        int pad = vocabulary.pieces().indexOf(padding);
        if (pad >= 0) {
            draft.u32(KEYS + "padding_token_id", pad);
        }
        draft.bool(KEYS + "add_bos_token", vocabulary.addBos());
        draft.bool(KEYS + "add_eos_token", false);
        if (sentencePiece) {
            draft.bool(KEYS + "add_space_prefix", vocabulary.addSpacePrefix());
        }
        chat.template().ifPresent(template -> draft.string("tokenizer.chat_template", template));
    }

    /** The end that the template calls eos first; GGUF has keys for two more, and readers find others by spelling. */
    private static void eosIds(Vocabulary vocabulary, Set<Integer> furtherEosIds, ChatSource chat, GgufDraft draft) {
        Set<Integer> all = new TreeSet<>(vocabulary.eosIds());
        all.addAll(furtherEosIds);
        Set<Integer> eosIds = new LinkedHashSet<>();
        int eos = vocabulary.pieces().indexOf(chat.specials().getOrDefault("eos_token", ""));
        if (all.contains(eos)) {
            eosIds.add(eos);
        }
        eosIds.addAll(all);
        List<Integer> inOrder = new ArrayList<>(eosIds);
        for (int i = 0; i < inOrder.size() && i <= FURTHER_ENDS.size(); i++) {
            String name = i == 0 ? "eos" : FURTHER_ENDS.get(i - 1);
            draft.u32(KEYS + name + "_token_id", inOrder.get(i));
        }
    }

    private static List<String> pieces(Vocabulary vocabulary, int rows) {
        List<String> pieces = new ArrayList<>(vocabulary.pieces());
        while (pieces.size() < rows) {
            pieces.add("[PAD" + pieces.size() + "]");
        }
        return pieces;
    }

    private static int[] types(Vocabulary vocabulary, int rows) {
        int[] types = Arrays.copyOf(vocabulary.types(), rows);
        Arrays.fill(types, vocabulary.types().length, rows, UNUSED);
        return types;
    }

    private static float[] scores(Vocabulary vocabulary, int rows) {
        float[] scores = Arrays.copyOf(vocabulary.scores(), rows);
        Arrays.fill(scores, vocabulary.scores().length, rows, UNUSED_SCORE);
        return scores;
    }
}
