package dev.tramontane.tokenizer;

import java.util.ArrayList;
import java.util.Set;

/** Makes tokenizers from what model files say of them. */
public final class Tokenizers {

    private Tokenizers() {}

    /**
     * Checks the vocabulary and builds its tokenizer.
     *
     * @throws VocabularyException when the vocabulary contradicts itself or needs rules that are not known here
     */
    public static Tokenizer of(Vocabulary vocabulary) {
        VocabularyCheck.checkSizes(vocabulary);
        Vocabulary own = copy(vocabulary);
        VocabularyCheck.check(own);
        return switch (own.kind()) {
            case BYTE_LEVEL_BPE -> ByteLevelBpe.of(own);
            case SENTENCEPIECE_BPE -> SentencePieceBpe.of(own, SpaceRule.sentencePiece(own.addSpacePrefix()));
        };
    }

    /**
     * The tokenizer of a SentencePiece model file ({@code tokenizer.model}, {@code tokenizer.model.v3}, ...). It adds bos
     * where the model has one; its eos ends answers.
     *
     * @param model the whole file, a protobuf
     * @throws VocabularyException when the file is damaged, contradicts itself or needs rules that are not known here,
     *     such as a unigram model or a normalizer that changes characters
     */
    public static Tokenizer ofSentencePiece(byte[] model) {
        return SentencePieceModel.tokenizer(model);
    }

    /**
     * The tokenizer of Mistral's {@code tekken.json}, as mistral-common reads it. It adds bos; its eos ends answers.
     *
     * @param json the whole file
     * @throws VocabularyException when the file is damaged, contradicts itself or splits text by an unknown expression
     */
    public static Tokenizer ofTekken(byte[] json) {
        return TekkenFile.tokenizer(json);
    }

    /**
     * The tokenizer of a Hugging Face directory, with the ids of the tokenizers library. Whether it adds bos is said by
     * {@code add_bos_token}, or else by the post-processor.
     *
     * @param tokenizerJson the whole file {@code tokenizer.json}
     * @param tokenizerConfig the whole file {@code tokenizer_config.json}, which names bos and eos; empty where there is
     *     none
     * @param eosIds ids that end an answer beside its eos, such as those of {@code generation_config.json}
     * @throws VocabularyException when a file is damaged, contradicts itself or needs what is not known here
     */
    public static Tokenizer ofHuggingFace(byte[] tokenizerJson, byte[] tokenizerConfig, Set<Integer> eosIds) {
        return HuggingFaceFile.tokenizer(tokenizerJson, tokenizerConfig, eosIds);
    }

    /** As above, where only eos ends an answer. */
    public static Tokenizer ofHuggingFace(byte[] tokenizerJson, byte[] tokenizerConfig) {
        return ofHuggingFace(tokenizerJson, tokenizerConfig, Set.of());
    }

    /** The caller's lists may be views of a file that is closed later, and its arrays may change. */
    private static Vocabulary copy(Vocabulary theirs) {
        return new Vocabulary(
                theirs.kind(),
                theirs.preTokenizer(),
                new ArrayList<>(theirs.pieces()),
                theirs.scores().clone(),
                theirs.types().clone(),
                new ArrayList<>(theirs.merges()),
                theirs.bos(),
                theirs.unknown(),
                Set.copyOf(theirs.eosIds()),
                theirs.addBos(),
                theirs.addSpacePrefix());
    }
}
