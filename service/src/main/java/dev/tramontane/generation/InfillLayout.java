package dev.tramontane.generation;

import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.tokenizer.EncodingLimit;
import dev.tramontane.tokenizer.PromptText;
import dev.tramontane.tokenizer.Tokenizer;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A text with a gap as Mistral's models are asked to fill it: bos, {@code [SUFFIX]}, what is behind the gap, {@code [PREFIX]},
 * what is before it. The same ids as mistral-common's {@code encode_fim}. Immutable; runs on prompt threads.
 */
final class InfillLayout {
    private static final String BEHIND = "[SUFFIX]";
    private static final String BEFORE = "[PREFIX]";

    /** A character no word begins with: what is behind the gap is encoded after it, so that no space is put before it. */
    private static final String SMILE = "☺";

    private final Tokenizer tokenizer;

    InfillLayout(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** Whether the vocabulary has the tokens for it. */
    boolean exists() {
        return tokenizer.controlId(BEHIND).isPresent()
                && tokenizer.controlId(BEFORE).isPresent()
                && tokenizer.bos().isPresent();
    }

    /** @throws GenerationException INVALID when the vocabulary has no tokens for it */
    PreparedPrompt encode(Prompt.Infill infill, EncodingLimit limit) {
        if (!exists()) {
            throw new GenerationException(
                    Kind.INVALID,
                    "This model's vocabulary has no tokens " + BEHIND + " and " + BEFORE
                            + ", so it cannot fill a gap; leave suffix out and use /v1/completions.",
                    "suffix",
                    0);
        }
        EncodingLimit left = limit.after(3);
        int[] behind = infill.suffix().isEmpty() ? new int[0] : withoutSpace(infill.suffix(), left);
        left = left.after(behind.length);
        int[] before = tokenizer.encode(PromptText.of(infill.prefix()), left);
        int[] ids = IntStream.of(id(tokenizer.bos()), id(tokenizer.controlId(BEHIND)))
                .toArray();
        return new PreparedPrompt(
                joined(ids, behind, new int[] {id(tokenizer.controlId(BEFORE))}, before), infill.prefix());
    }

    private int[] withoutSpace(String text, EncodingLimit limit) {
        int[] smile = tokenizer.encode(SMILE);
        int room = (int) Math.min(Integer.MAX_VALUE, (long) limit.tokens() + smile.length);
        int[] ids = tokenizer.encode(PromptText.of(SMILE + text), new EncodingLimit(room, limit.cancelled()));
        return IntStream.of(ids).skip(smile.length).toArray();
    }

    private static int[] joined(int[]... parts) {
        IntStream ids = IntStream.empty();
        for (int[] part : parts) {
            ids = IntStream.concat(ids, IntStream.of(part));
        }
        return ids.toArray();
    }

    private static int id(OptionalInt found) {
        return found.orElseThrow();
    }
}
