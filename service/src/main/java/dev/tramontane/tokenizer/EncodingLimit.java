package dev.tramontane.tokenizer;

import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * How far an encoding goes before it is given up. The encoder looks at both between words, and inside very long words.
 *
 * @param tokens most that the caller can use
 * @param cancelled whether nobody wants the ids any more; asked often, from the encoding thread
 */
public record EncodingLimit(int tokens, BooleanSupplier cancelled) {

    /** Encodes everything. */
    public static final EncodingLimit NONE = new EncodingLimit(Integer.MAX_VALUE, () -> false);

    public EncodingLimit {
        if (tokens < 0) {
            throw new IllegalArgumentException("an encoding cannot be limited to " + tokens + " tokens");
        }
    }

    /** The limit for what follows once so many tokens are made. */
    public EncodingLimit after(int made) {
        if (made > tokens) {
            throw new TooManyTokensException(tokens);
        }
        return new EncodingLimit(tokens - made, cancelled);
    }

    /** @throws CancellationException when nobody wants the ids any more */
    public void checkWanted() {
        if (cancelled.getAsBoolean()) {
            throw new CancellationException("the encoding was cancelled");
        }
    }
}
