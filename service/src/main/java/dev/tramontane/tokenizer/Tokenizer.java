package dev.tramontane.tokenizer;

import java.util.OptionalInt;

/** A model's tokenizer. Immutable; any thread. */
public interface Tokenizer {

    /** What it was made of, in GGUF's terms: {@link Tokenizers#of} makes a tokenizer of the same ids from it. */
    Vocabulary vocabulary();

    /** Number of ids: every id is in {@code 0 .. size()-1}. */
    int size();

    /**
     * Encodes plain text. Strings that look like control tokens are ordinary text. Adds neither bos nor eos. Lone
     * surrogates are encoded as U+FFFD.
     */
    default int[] encode(String text) {
        return encode(PromptText.of(text));
    }

    /**
     * Encodes a prompt in which control strings count only where they stand in trusted text (a template's), so
     * that user text can never become a control token.
     */
    default int[] encode(PromptText prompt) {
        return encode(prompt, EncodingLimit.NONE);
    }

    /**
     * As above, but gives up early. A prompt that is certain to exceed the limit is refused before any of it is encoded.
     *
     * @throws TooManyTokensException when there are more tokens than the limit allows
     * @throws java.util.concurrent.CancellationException once the limit says that nobody wants them
     */
    int[] encode(PromptText prompt, EncodingLimit limit);

    /** Tokens that {@link #encode} gives at least, known from one look at every character: never more than it gives. */
    long leastTokens(PromptText prompt);

    /** The bytes this token stands for; empty for control tokens. The caller must not change the array. */
    byte[] bytes(int id);

    /** The token's piece as the file spells it, for people. */
    String piece(int id);

    /** Whether the token is a control token (bos, eos, {@code <|im_end|>}, {@code [INST]}): never text. */
    boolean isControl(int id);

    /** The id of the control token spelled {@code piece}. */
    OptionalInt controlId(String piece);

    /** Beginning of sequence, if the vocabulary has one. */
    OptionalInt bos();

    /** Whether the file asks for bos in front of plain prompts. */
    boolean addsBos();

    /** Whether the id ends an answer (eos, end of turn, end of message). */
    boolean endsGeneration(int id);

    /** A new incremental detokenizer for a stream that continues a text: every byte of its tokens is given. */
    TokenDecoder decoder();

    /**
     * A new incremental detokenizer for a text of its own, such as a chat's answer: takes away the space that
     * {@link #encode(String)} puts before a text, where the vocabulary asks for one.
     */
    default TokenDecoder textDecoder() {
        return decoder();
    }

    /** The text of a whole encoding: {@code decode(encode(text))} is {@code text} where the vocabulary can spell it. */
    default String decode(int[] ids) {
        TokenDecoder decoder = textDecoder();
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(decoder.push(id));
        }
        return text.append(decoder.finish()).toString();
    }
}
