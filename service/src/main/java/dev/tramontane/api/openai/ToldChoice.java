package dev.tramontane.api.openai;

import dev.tramontane.answer.AnswerPart;
import dev.tramontane.generation.Continuation;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Token;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What has been told of one answer of a prompt: all that the rest of it follows from. One thread at a time. */
final class ToldChoice {
    private int[] tokens;
    private int count;
    private int codePoints;
    private int cachedTokens;
    private int thoughtTokens;

    /** Its parts in their order, without their text: how what comes next is told depends on what came before. */
    private final List<AnswerPart> outline;

    private @Nullable Finished end;

    ToldChoice() {
        this(new int[0], 0, Continuation.UNKNOWN, 0, List.of(), null);
    }

    /**
     * One of which this was told elsewhere. The array must not change.
     *
     * @param cachedTokens of the prompt, found where it began; {@link Continuation#UNKNOWN} before its first token
     * @param thoughtTokens of its tokens, those of thoughts
     */
    ToldChoice(
            int[] tokens,
            int codePoints,
            int cachedTokens,
            int thoughtTokens,
            List<AnswerPart> outline,
            @Nullable Finished end) {
        this.tokens = tokens;
        count = tokens.length;
        this.codePoints = codePoints;
        this.cachedTokens = cachedTokens;
        this.thoughtTokens = thoughtTokens;
        this.outline = new ArrayList<>(outline);
        this.end = end;
    }

    void add(Delta delta) {
        int more = delta.tokens().size();
        if (count + more > tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(count + more, 2 * count));
        }
        for (Token token : delta.tokens()) {
            tokens[count++] = token.id();
        }
        cachedTokens = delta.cachedTokens();
        codePoints += delta.text().codePointCount(0, delta.text().length());
        thoughtTokens = delta.thoughtTokens();
        for (AnswerPart part : delta.parts()) {
            AnswerPart without = withoutText(part);
            if (outline.isEmpty() || !outline.getLast().equals(without)) {
                outline.add(without);
            }
        }
    }

    private static AnswerPart withoutText(AnswerPart part) {
        return switch (part) {
            case AnswerPart.Words words -> new AnswerPart.Words("");
            case AnswerPart.Thought thought -> new AnswerPart.Thought("");
            case AnswerPart.CallBegun call -> call;
            case AnswerPart.CallText more -> new AnswerPart.CallText(more.index(), "");
        };
    }

    void end(Finished finished) {
        end = finished;
    }

    @Nullable
    Finished end() {
        return end;
    }

    boolean hasBegun() {
        return count > 0 || codePoints > 0 || !outline.isEmpty() || end != null;
    }

    int[] tokens() {
        return Arrays.copyOf(tokens, count);
    }

    int codePoints() {
        return codePoints;
    }

    int cachedTokens() {
        return cachedTokens;
    }

    /** Of its tokens, those of thoughts. */
    int thoughtTokens() {
        return thoughtTokens;
    }

    List<AnswerPart> outline() {
        return List.copyOf(outline);
    }

    /** @param index of the answer */
    Continuation soFar(int index) {
        return new Continuation(index, tokens(), codePoints, cachedTokens);
    }

    /** What was told as one event: so many tokens and these parts, with nothing in them. */
    Delta past(int index) {
        List<Token> known = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            known.add(new Token(tokens[i], "", new byte[0], 0, List.of(), 0));
        }
        return new Delta(index, "", known, outline(), Math.max(0, cachedTokens), thoughtTokens);
    }
}
