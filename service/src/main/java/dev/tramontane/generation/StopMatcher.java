package dev.tramontane.generation;

import java.util.List;

/**
 * Finds the first of several stop strings in a text that arrives in pieces, holding back no more than what may still
 * become one. The match is the occurrence that ends first, the longest of those that end together, so the result does
 * not depend on how the text was cut into pieces.
 *
 * <p>One Knuth-Morris-Pratt automaton per string: every character is looked at once per string (amortised), whatever
 * the text. Belongs to one stream; not thread-safe.
 */
final class StopMatcher {
    private final List<String> stops;
    private final boolean include;

    /** [stop][k]: length of the longest proper border of the stop's first k characters. */
    private final int[][] borders;

    /** [stop]: how many of its characters the text's end matches. */
    private final int[] matched;

    private final StringBuilder held = new StringBuilder();
    private String match = "";

    /**
     * @param stops none empty
     * @param include whether the stop string itself is part of the text that is let through
     */
    StopMatcher(List<String> stops, boolean include) {
        this.stops = stops;
        this.include = include;
        borders = new int[stops.size()][];
        matched = new int[stops.size()];
        for (int i = 0; i < borders.length; i++) {
            borders[i] = bordersOf(stops.get(i));
        }
    }

    /** Takes more text and returns what is now known to lie before any stop string; once stopped, nothing. */
    String push(String text) {
        if (stopped()) {
            return "";
        }
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            held.append(c);
            for (int i = 0; i < borders.length; i++) {
                String stop = stops.get(i);
                matched[i] = advance(stop, borders[i], matched[i], c);
                if (matched[i] == stop.length() && stop.length() > match.length()) {
                    match = stop;
                }
            }
            if (stopped()) {
                if (!include) {
                    held.setLength(held.length() - match.length());
                }
                return take(held.length());
            }
        }
        int keep = 0;
        for (int depth : matched) {
            keep = Math.max(keep, depth);
        }
        return take(held.length() - keep);
    }

    /** The text held back, once no more will come. */
    String finish() {
        return take(held.length());
    }

    boolean stopped() {
        return !match.isEmpty();
    }

    /** The stop string that was found, or empty. */
    String match() {
        return match;
    }

    private String take(int length) {
        String text = held.substring(0, length);
        held.delete(0, length);
        return text;
    }

    private static int advance(String stop, int[] borders, int depth, char c) {
        while (depth > 0 && (depth == stop.length() || stop.charAt(depth) != c)) {
            depth = borders[depth];
        }
        return stop.charAt(depth) == c ? depth + 1 : depth;
    }

    private static int[] bordersOf(String stop) {
        int[] borders = new int[stop.length() + 1];
        int border = 0;
        for (int k = 1; k < stop.length(); k++) {
            while (border > 0 && stop.charAt(k) != stop.charAt(border)) {
                border = borders[border];
            }
            if (stop.charAt(k) == stop.charAt(border)) {
                border++;
            }
            borders[k + 1] = border;
        }
        return borders;
    }
}
