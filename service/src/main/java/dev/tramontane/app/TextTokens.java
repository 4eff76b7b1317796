package dev.tramontane.app;

import dev.tramontane.measure.TokenSource;
import dev.tramontane.tokenizer.EncodingLimit;
import dev.tramontane.tokenizer.PromptText;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.UnreadableTokenException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * The ids of a text, encoded section by section, with a bos before the first where the model asks for it. Every tokenizer
 * has to give the same ids: otherwise two models would be compared on different texts.
 */
final class TextTokens implements TokenSource {
    private final TextSections text;
    private final List<Tokenizer> tokenizers;
    private final long most;
    private int[] ids = {};
    private int at;
    private long encoded;
    private boolean ended;

    /**
     * Begins with the text.
     *
     * @param tokenizers of the models, at least one
     * @param most ids to give at most
     */
    TextTokens(TextSections text, List<Tokenizer> tokenizers, long most) {
        this.text = text;
        this.tokenizers = List.copyOf(tokenizers);
        this.most = most;
        Tokenizer first = tokenizers.getFirst();
        if (first.addsBos() && first.bos().isPresent()) {
            ids = new int[] {first.bos().getAsInt()};
            encoded = 1;
        }
    }

    @Override
    public int read(int[] into, int start, int count) throws IOException {
        int done = 0;
        while (done < count) {
            if (at == ids.length && !encodeMore()) {
                break;
            }
            int part = Math.min(count - done, ids.length - at);
            System.arraycopy(ids, at, into, start + done, part);
            at += part;
            done += part;
        }
        return done;
    }

    private boolean encodeMore() throws IOException {
        at = 0;
        ids = new int[0];
        while (ids.length == 0 && !ended && encoded < most) {
            String section = text.next();
            ended = section.isEmpty();
            ids = encode(section);
            int wanted = (int) Math.min(ids.length, most - encoded);
            ids = wanted < ids.length ? Arrays.copyOf(ids, wanted) : ids;
            encoded += ids.length;
        }
        return ids.length > 0;
    }

    private int[] encode(String section) {
        int[] first = encode(tokenizers.getFirst(), section);
        for (Tokenizer other : tokenizers.subList(1, tokenizers.size())) {
            int differs = Arrays.mismatch(first, encode(other, section));
            if (differs >= 0) {
                throw new UsageException("the two models' tokenizers do not agree: token " + (encoded + differs + 1)
                        + " of the text is another; only models with one tokenizer can be compared token by token");
            }
        }
        return first;
    }

    private static int[] encode(Tokenizer tokenizer, String section) {
        try {
            return tokenizer.encode(PromptText.of(section), EncodingLimit.NONE);
        } catch (UnreadableTokenException unknown) {
            throw new UsageException(String.valueOf(unknown.getMessage()), unknown);
        }
    }

    /** Tokens that the whole text may have, by those of the bytes that were read. */
    long expected(long bytes) {
        double share = text.read() == 0 || ended ? 1 : Math.max(1, (double) bytes / text.read());
        return Math.min(most, (long) (encoded * share));
    }
}
