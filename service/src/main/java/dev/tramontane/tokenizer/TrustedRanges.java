package dev.tramontane.tokenizer;

import java.util.Arrays;
import java.util.List;

/** Where trusted stretches of a prompt end. Quick for positions near the last one asked for; not thread-safe. */
final class TrustedRanges {
    /** Ends of stretches of equal trust, the first of them untrusted (and empty where the prompt is not). */
    private int[] borders = new int[4];

    private int count;
    private int current;

    TrustedRanges(List<PromptText.Part> parts) {
        boolean trusted = false;
        int at = 0;
        for (PromptText.Part part : parts) {
            if (part.trusted() != trusted && !part.text().isEmpty()) {
                add(at);
                trusted = !trusted;
            }
            at += part.text().length();
        }
        add(at);
    }

    private void add(int border) {
        if (count == borders.length) {
            borders = Arrays.copyOf(borders, count * 2);
        }
        borders[count++] = border;
    }

    /** Whether the prompt has no trusted stretch. */
    boolean isEmpty() {
        return count == 1;
    }

    /** The end of the trusted stretch that holds that position; the position itself if it is not trusted. */
    int endAt(int at) {
        while (current > 0 && borders[current - 1] > at) {
            current--;
        }
        while (current < count && borders[current] <= at) {
            current++;
        }
        return (current & 1) == 1 && current < count ? borders[current] : at;
    }
}
