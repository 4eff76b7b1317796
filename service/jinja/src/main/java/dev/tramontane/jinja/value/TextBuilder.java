package dev.tramontane.jinja.value;

import java.util.Arrays;

/** Text in the making, within a budget. */
public final class TextBuilder {
    private final Budget budget;
    private final StringBuilder chars = new StringBuilder();
    private int[] trusted = new int[8];
    private int size;

    public TextBuilder(Budget budget) {
        this.budget = budget;
    }

    public TextBuilder append(Text text) {
        int base = chars.length();
        add(text.chars(), 0, text.chars().length());
        int[] stretches = text.trustedStretches();
        for (int i = 0; i < stretches.length; i += 2) {
            mark(base + stretches[i], base + stretches[i + 1]);
        }
        return this;
    }

    /** Appends a stretch of a text. */
    public TextBuilder append(Text text, int from, int to) {
        return from < to ? append(text.substring(from, to)) : this;
    }

    public TextBuilder append(String text, boolean isTrusted) {
        int base = chars.length();
        add(text, 0, text.length());
        if (isTrusted) {
            mark(base, chars.length());
        }
        return this;
    }

    public int length() {
        return chars.length();
    }

    public Text toText() {
        return chars.isEmpty() ? Text.EMPTY : new Text(chars.toString(), Arrays.copyOf(trusted, size), false);
    }

    private void add(String text, int from, int to) {
        budget.checkString((long) chars.length() + to - from);
        budget.make(to - from);
        chars.append(text, from, to);
    }

    private void mark(int from, int to) {
        if (from == to) {
            return;
        }
        if (size > 0 && trusted[size - 1] == from) {
            trusted[size - 1] = to;
            return;
        }
        if (size == trusted.length) {
            trusted = Arrays.copyOf(trusted, size * 2);
        }
        trusted[size++] = from;
        trusted[size++] = to;
    }
}
