package dev.tramontane.jinja.value;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * A string each of whose characters is trusted (the template or its operator wrote it) or not (it comes from the data
 * that is rendered). Every operation keeps that apart, so that what a user wrote can never be taken for the template's
 * control strings, however it is cut, joined or changed on the way.
 *
 * <p>Offsets are UTF-16 units inside this package's users; Python's are code points: see {@link #offset}.
 */
public final class Text implements Value {
    public static final Text EMPTY = new Text("", new int[0], false);

    private final String chars;
    /** [2 n] the trusted stretches: starts and ends, ascending, never touching. */
    private final int[] trusted;
    /** jinja2's Markup: the result of {@code escape} or {@code safe}. */
    private final boolean markup;

    /** Code points; as many as UTF-16 units in most texts. */
    private final int length;

    Text(String chars, int[] trusted, boolean markup) {
        this.chars = chars;
        this.trusted = trusted;
        this.markup = markup;
        length = chars.codePointCount(0, chars.length());
    }

    /** Text that the template or its operator wrote. */
    public static Text trusted(String chars) {
        return chars.isEmpty() ? EMPTY : new Text(chars, new int[] {0, chars.length()}, false);
    }

    /** Text out of the data. */
    public static Text untrusted(String chars) {
        return new Text(chars, new int[0], false);
    }

    /** Text of one origin. */
    public static Text of(String chars, boolean isTrusted) {
        return isTrusted ? trusted(chars) : untrusted(chars);
    }

    public String chars() {
        return chars;
    }

    /** The trusted stretches, [start, end) in turn. */
    int[] trustedStretches() {
        return trusted;
    }

    public boolean isMarkup() {
        return markup;
    }

    public Text asMarkup(boolean is) {
        return is == markup ? this : new Text(chars, trusted, is);
    }

    /** Takes a stretch of one origin. */
    @FunctionalInterface
    public interface StretchSink {
        void stretch(String chars, boolean isTrusted);
    }

    /** Gives the stretches of equal origin in order; none is empty. */
    public void stretches(StretchSink sink) {
        int at = 0;
        for (int i = 0; i < trusted.length; i += 2) {
            if (trusted[i] > at) {
                sink.stretch(chars.substring(at, trusted[i]), false);
            }
            sink.stretch(chars.substring(trusted[i], trusted[i + 1]), true);
            at = trusted[i + 1];
        }
        if (at < chars.length()) {
            sink.stretch(chars.substring(at), false);
        }
    }

    /** Whether the template wrote the character at that offset. */
    public boolean isTrusted(int offset) {
        int found = Arrays.binarySearch(trusted, offset);
        // Even places are starts. An offset between two borders is inside when the next border is an end.
        return found >= 0 ? (found & 1) == 0 : ((-found - 1) & 1) == 1;
    }

    /** Whether the template wrote every character. */
    public boolean isAllTrusted() {
        return chars.isEmpty() || (trusted.length == 2 && trusted[0] == 0 && trusted[1] == chars.length());
    }

    /** Whether the template wrote none of it. */
    public boolean isAllUntrusted() {
        return trusted.length == 0;
    }

    public boolean isEmpty() {
        return chars.isEmpty();
    }

    /** Length in code points. */
    public int length() {
        return length;
    }

    /** The UTF-16 offset of a code point, of which there are at least so many. */
    public int offset(int codePoints) {
        return length == chars.length() ? codePoints : chars.offsetByCodePoints(0, codePoints);
    }

    /** The code points in front of a UTF-16 offset. */
    public int index(int offset) {
        return length == chars.length() ? offset : chars.codePointCount(0, offset);
    }

    /** The stretch between two UTF-16 offsets. */
    public Text substring(int from, int to) {
        if (from == 0 && to == chars.length()) {
            return this;
        }
        if (from >= to) {
            return EMPTY;
        }
        // From the first stretch that ends after the beginning to the first that starts at or after the end.
        int first = stretchAfter(from);
        int last = first;
        while (last < trusted.length && trusted[last] < to) {
            last += 2;
        }
        int[] part = new int[last - first];
        for (int i = 0; i < part.length; i += 2) {
            part[i] = Math.max(trusted[first + i], from) - from;
            part[i + 1] = Math.min(trusted[first + i + 1], to) - from;
        }
        return new Text(chars.substring(from, to), part, false);
    }

    /** The place of the first stretch that ends after that offset. */
    private int stretchAfter(int offset) {
        int low = 0;
        int high = trusted.length / 2;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (trusted[2 * middle + 1] > offset) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return 2 * low;
    }

    /** One text for each code point. */
    public List<Value> codePoints(Budget budget) {
        budget.spend(chars.length());
        List<Value> all = new ArrayList<>(chars.length());
        for (int i = 0; i < chars.length(); ) {
            int end = i + Character.charCount(chars.codePointAt(i));
            all.add(substring(i, end));
            i = end;
        }
        return all;
    }

    /** Replaces each code point by a string of the same origin. */
    public Text map(Budget budget, IntFunction<String> change) {
        TextBuilder changed = new TextBuilder(budget);
        for (int i = 0; i < chars.length(); ) {
            int codePoint = chars.codePointAt(i);
            changed.append(change.apply(codePoint), isTrusted(i));
            i += Character.charCount(codePoint);
        }
        return changed.toText();
    }

    /** The same origins under other characters of the same number. */
    public Text withChars(String changed) {
        if (changed.length() != chars.length()) {
            throw new IllegalArgumentException("another length");
        }
        return new Text(changed, trusted, false);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Text text && text.chars.equals(chars);
    }

    @Override
    public int hashCode() {
        return chars.hashCode();
    }

    @Override
    public String toString() {
        return chars;
    }
}
