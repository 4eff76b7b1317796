package dev.tramontane.jinja.value;

/** What is left of a rendering's limits. One rendering, one thread. */
public final class Budget {
    /** Steps between two looks at the clock. */
    private static final int CLOCK_INTERVAL = 256;
    /** Characters whose copying counts as one step. */
    private static final int CHARACTERS_A_STEP = 32;

    private final Limits limits;
    private final long deadline;
    private long steps;
    private long text;
    private int depth;
    private long nextLook;

    public Budget(Limits limits) {
        this.limits = limits;
        deadline = System.nanoTime() + limits.time().toNanos();
    }

    /** Counts nodes or elements. */
    public void spend(long count) {
        // Compared before adding: a template may ask for more than a long holds.
        if (count > limits.steps() - steps) {
            throw new TemplateException("the template takes more than " + limits.steps() + " steps");
        }
        steps += count;
        if (steps >= nextLook) {
            nextLook = steps + CLOCK_INTERVAL;
            if (System.nanoTime() - deadline > 0) {
                throw new TemplateException(
                        "the template runs for more than " + limits.time().toSeconds() + " seconds");
            }
        }
    }

    /** Counts characters about to be looked at. */
    public void read(long characters) {
        spend(characters / CHARACTERS_A_STEP + 1);
    }

    /** Counts characters about to be made. */
    public void make(long characters) {
        if (characters > limits.text() - text) {
            throw new TemplateException("the template makes more than " + limits.text() + " characters of text");
        }
        text += characters;
        read(characters);
    }

    /** Checks the size of a string about to be made. */
    public void checkString(long characters) {
        if (characters > limits.string()) {
            throw new TemplateException("the template makes a string of more than " + limits.string() + " characters");
        }
    }

    /** Goes one level deeper; always paired with {@link #leave}. */
    public void enter() {
        if (++depth > limits.depth()) {
            depth--;
            throw new TemplateException("the template nests deeper than " + limits.depth() + " levels");
        }
    }

    public void leave() {
        depth--;
    }
}
