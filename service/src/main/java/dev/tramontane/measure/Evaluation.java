package dev.tramontane.measure;

import dev.tramontane.model.CacheShape;
import dev.tramontane.model.Model;
import dev.tramontane.model.ModelException;
import java.io.IOException;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Scores a text with one model, or with one beside a reference, window by window: no more of the text's logits are held
 * than one step's. One thread, which the models' steps block.
 */
public final class Evaluation {

    /**
     * A model to be measured.
     *
     * @param name for errors
     * @param model whose cache nobody else uses; stays its owner's to close
     * @param shape of a cache that holds one window at least
     */
    public record Subject(String name, Model model, CacheShape shape) {}

    private final WindowRule rule;
    private final WindowScores model;
    private final @Nullable WindowScores reference;
    private final Perplexity perplexity = new Perplexity();
    private final Perplexity referencePerplexity = new Perplexity();
    private final Divergence divergence = new Divergence();
    private final int rows;
    private long windows;
    private long tokens;

    /**
     * Allocates both caches.
     *
     * @param reference to compare with; empty for perplexity alone
     * @throws ModelException when the memory cannot be had
     * @throws IllegalArgumentException when the vocabularies have different sizes
     */
    public Evaluation(WindowRule rule, Subject model, Optional<Subject> reference) {
        this.rule = rule;
        boolean logits = reference.isPresent();
        this.model = new WindowScores(model.name(), model.model(), model.shape(), logits);
        this.reference = reference
                .map(other -> new WindowScores(other.name(), other.model(), other.shape(), logits))
                .orElse(null);
        if (this.reference != null && this.reference.vocabulary() != this.model.vocabulary()) {
            throw new IllegalArgumentException("distributions over " + this.model.vocabulary() + " and "
                    + this.reference.vocabulary() + " tokens can't be compared");
        }
        rows = this.reference == null ? this.model.rows() : Math.min(this.model.rows(), this.reference.rows());
    }

    /**
     * Scores the text to its end, or until it is stopped; what was scored by then counts.
     *
     * @param stopped asked between steps
     * @param progress hears after each step how many tokens of the text are done
     * @return whether the end was reached
     * @throws IOException when the text cannot be read
     * @throws ModelException when a model fails
     */
    public boolean run(TokenSource text, BooleanSupplier stopped, LongConsumer progress) throws IOException {
        TokenWindow window = new TokenWindow(rule, text);
        while (window.next()) {
            windows++;
            long begin = window.read() - window.length();
            // The last token is predicted, and predicts nothing.
            for (int from = 0; from < window.length() - 1; from += rows) {
                if (stopped.getAsBoolean()) {
                    return false;
                }
                int count = Math.min(rows, window.length() - 1 - from);
                score(window, from, count);
                tokens = Math.max(tokens, begin + from + count + 1);
                progress.accept(tokens);
            }
            tokens = Math.max(tokens, window.read());
        }
        return true;
    }

    private void score(TokenWindow window, int from, int count) {
        model.run(window.tokens(), from, count, window.firstScored());
        int scored = model.scored();
        for (int i = 0; i < scored; i++) {
            perplexity.add(model.logProbability(i));
        }
        if (reference != null) {
            reference.run(window.tokens(), from, count, window.firstScored());
            for (int i = 0; i < scored; i++) {
                referencePerplexity.add(reference.logProbability(i));
            }
            divergence.add(reference.logits(), model.logits(), scored, model.vocabulary());
        }
    }

    /** Windows begun. */
    public long windows() {
        return windows;
    }

    /** Tokens of the text that were read, scored or not. */
    public long tokens() {
        return tokens;
    }

    /** The model's. */
    public Perplexity perplexity() {
        return perplexity;
    }

    /** The reference's; of no token where there is none. */
    public Perplexity referencePerplexity() {
        return referencePerplexity;
    }

    /** The model's from the reference; of no token where there is none. */
    public Divergence divergence() {
        return divergence;
    }
}
