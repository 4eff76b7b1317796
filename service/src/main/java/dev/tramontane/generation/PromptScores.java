package dev.tramontane.generation;

import dev.tramontane.engine.TokenScore;
import dev.tramontane.generation.GenerationEvent.Scored;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The scores of a prompt's tokens, which are told together. The drain's alone. */
final class PromptScores {
    private final TokenTexts texts;
    private final boolean plain;
    private final List<TokenScore> scores = new ArrayList<>();

    /** @param plain whether the prompt came as text */
    PromptScores(TokenTexts texts, boolean plain) {
        this.texts = texts;
        this.plain = plain;
    }

    /**
     * Takes the next.
     *
     * @param index of the token, from 1 on
     * @return all of them with the last one, null before
     */
    @Nullable
    Scored add(int index, TokenScore score, int[] prompt) {
        if (index != scores.size() + 1) {
            throw new IllegalStateException("prompt token " + (scores.size() + 1) + " was to be scored, got " + index);
        }
        scores.add(score);
        return index == prompt.length - 1 ? all(prompt) : null;
    }

    /** Those that there are. */
    Scored all(int[] prompt) {
        Scored all = new Scored(texts.describe(prompt[0], scores, plain));
        scores.clear();
        return all;
    }

    void clear() {
        scores.clear();
    }
}
