package dev.tramontane.load;

import dev.tramontane.tokenizer.EncodingLimit;
import dev.tramontane.tokenizer.PromptText;
import dev.tramontane.tokenizer.TokenDecoder;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.UnreadableTokenException;
import dev.tramontane.tokenizer.Vocabulary;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A tokenizer as its model uses it. An embedding may have more rows than there are tokens, for the sake of round sizes:
 * their ids are control tokens without a spelling. They are never sampled, since {@link NativeModel} masks them, and stand
 * for no text where something else brings them in. It may also have fewer: a token without a row is no control token here,
 * and a text that holds it is refused. Files beside the tokenizer's may name more tokens that end an answer.
 */
final class ModelTokenizer implements Tokenizer {
    private final Tokenizer tokenizer;
    private final int size;
    private final Set<Integer> eosIds;

    private ModelTokenizer(Tokenizer tokenizer, int size, Set<Integer> eosIds) {
        this.tokenizer = tokenizer;
        this.size = size;
        this.eosIds = Set.copyOf(eosIds);
    }

    /**
     * The tokenizer for a model.
     *
     * @param size rows of the embedding
     * @param eosIds more ids that end an answer
     */
    static Tokenizer of(Tokenizer tokenizer, int size, Set<Integer> eosIds) {
        boolean known = eosIds.stream().allMatch(id -> id < tokenizer.size() && tokenizer.endsGeneration(id));
        return size == tokenizer.size() && known ? tokenizer : new ModelTokenizer(tokenizer, size, eosIds);
    }

    private boolean isPadding(int id) {
        return id >= tokenizer.size() && id < size;
    }

    @Override
    public Vocabulary vocabulary() {
        return tokenizer.vocabulary();
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int[] encode(PromptText prompt, EncodingLimit limit) {
        return readable(tokenizer.encode(prompt, limit));
    }

    private int[] readable(int[] ids) {
        if (tokenizer.size() > size) {
            for (int id : ids) {
                if (id >= size) {
                    throw new UnreadableTokenException(tokenizer.piece(id), id);
                }
            }
        }
        return ids;
    }

    @Override
    public long leastTokens(PromptText prompt) {
        return tokenizer.leastTokens(prompt);
    }

    @Override
    public byte[] bytes(int id) {
        return isPadding(id) ? new byte[0] : tokenizer.bytes(id);
    }

    @Override
    public String piece(int id) {
        return isPadding(id) ? "" : tokenizer.piece(id);
    }

    @Override
    public boolean isControl(int id) {
        return isPadding(id) || tokenizer.isControl(id);
    }

    @Override
    public OptionalInt controlId(String piece) {
        return withRow(tokenizer.controlId(piece));
    }

    @Override
    public OptionalInt bos() {
        return withRow(tokenizer.bos());
    }

    private OptionalInt withRow(OptionalInt id) {
        return id.isPresent() && id.getAsInt() < size ? id : OptionalInt.empty();
    }

    @Override
    public boolean addsBos() {
        return tokenizer.addsBos();
    }

    @Override
    public boolean endsGeneration(int id) {
        return eosIds.contains(id) || (!isPadding(id) && tokenizer.endsGeneration(id));
    }

    @Override
    public TokenDecoder decoder() {
        return withoutPadding(tokenizer.decoder());
    }

    @Override
    public TokenDecoder textDecoder() {
        return withoutPadding(tokenizer.textDecoder());
    }

    private TokenDecoder withoutPadding(TokenDecoder decoder) {
        return new TokenDecoder() {
            @Override
            public String push(int id) {
                return isPadding(id) ? "" : decoder.push(id);
            }

            @Override
            public String finish() {
                return decoder.finish();
            }
        };
    }
}
