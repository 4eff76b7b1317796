package dev.tramontane.measure;

import java.util.OptionalInt;

/**
 * How a text is divided into windows, and which of their tokens are scored. A window is computed from an empty cache; a
 * token is scored given all tokens of its window before it, so the first of a window never is. With {@code unscored} of
 * {@code context - stride}, which is the least, every other token of the text is scored once.
 *
 * @param context tokens of a window
 * @param stride from one window's beginning to the next one's
 * @param unscored tokens at the beginning of a window that only give context to those behind them
 * @param first whether that holds for the first window, too; else it is scored from its second token on
 * @param bos takes the place of the first token of every window; empty for none
 */
public record WindowRule(int context, int stride, int unscored, boolean first, OptionalInt bos) {
    public WindowRule {
        if (context < 2) {
            throw new IllegalArgumentException("a window has at least 2 tokens, got " + context);
        }
        if (stride < 1 || stride > context) {
            throw new IllegalArgumentException("the stride is 1 to " + context + ", the context, got " + stride);
        }
        if (unscored < context - stride || unscored >= context) {
            throw new IllegalArgumentException("of a window's " + context + " tokens "
                    + (context - stride) + " to " + (context - 1)
                    + " can be left unscored with a stride of " + stride + ", got " + unscored);
        }
    }

    /** The usual one: each token is scored once, where it has the most context. */
    public static WindowRule every(int context, int stride, OptionalInt bos) {
        return new WindowRule(context, stride, context - stride, false, bos);
    }

    /** The first scored token of a window. */
    int firstScored(boolean firstWindow) {
        return Math.max(1, firstWindow && !first ? 0 : unscored);
    }
}
