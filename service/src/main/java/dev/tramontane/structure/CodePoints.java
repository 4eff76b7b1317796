package dev.tramontane.structure;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** A set of Unicode scalar values (code points without surrogates), as ascending ranges. Immutable. */
final class CodePoints {
    static final CodePoints NONE = new CodePoints(new int[0]);
    static final CodePoints ALL = new CodePoints(new int[] {0, 0xd7ff, 0xe000, 0x10ffff});
    /** What most texts are made of: no quote, no backslash, nothing below U+0020, no separators of lines and paragraphs. */
    static final CodePoints PLAIN =
            range(0x20, 0x10ffff).minus(of('"')).minus(of('\\')).minus(range(0x2028, 0x2029));

    /** First and last of each range by turns: ascending, disjoint, not adjacent but around the surrogates. */
    private final int[] bounds;

    private CodePoints(int[] bounds) {
        this.bounds = bounds;
    }

    /** How many characters some UTF-8 has. */
    static int count(byte[] utf8) {
        int count = 0;
        for (byte each : utf8) {
            count += (each & 0xc0) == 0x80 ? 0 : 1;
        }
        return count;
    }

    static CodePoints of(int codePoint) {
        return range(codePoint, codePoint);
    }

    /** All scalar values between two, both included. */
    static CodePoints range(int first, int last) {
        return new CodePoints(new int[] {first, last}).and(ALL);
    }

    boolean isEmpty() {
        return bounds.length == 0;
    }

    boolean isSingle() {
        return bounds.length == 2 && bounds[0] == bounds[1];
    }

    int ranges() {
        return bounds.length / 2;
    }

    int first(int range) {
        return bounds[2 * range];
    }

    int last(int range) {
        return bounds[2 * range + 1];
    }

    boolean contains(int codePoint) {
        int at = Arrays.binarySearch(bounds, codePoint);
        return at >= 0 || (-at - 1) % 2 == 1;
    }

    boolean containsAll(CodePoints other) {
        return other.minus(this).isEmpty();
    }

    CodePoints or(CodePoints other) {
        int[] merged = new int[bounds.length + other.bounds.length];
        int size = 0;
        int mine = 0;
        int its = 0;
        while (mine < bounds.length || its < other.bounds.length) {
            boolean takeMine =
                    its == other.bounds.length || (mine < bounds.length && bounds[mine] <= other.bounds[its]);
            int[] from = takeMine ? bounds : other.bounds;
            int at = takeMine ? mine : its;
            if (size > 0 && from[at] <= merged[size - 1] + 1) {
                merged[size - 1] = Math.max(merged[size - 1], from[at + 1]);
            } else {
                merged[size++] = from[at];
                merged[size++] = from[at + 1];
            }
            mine += takeMine ? 2 : 0;
            its += takeMine ? 0 : 2;
        }
        return new CodePoints(Arrays.copyOf(merged, size));
    }

    /** All that is in some of them: sorted once, where adding one after the other would copy all of them each time. */
    static CodePoints union(List<CodePoints> sets) {
        long[] ranges = sets.stream()
                .flatMapToLong(set -> IntStream.range(0, set.ranges())
                        .mapToLong(range -> (long) set.first(range) << 32 | set.last(range)))
                .sorted()
                .toArray();
        int[] merged = new int[2 * ranges.length];
        int size = 0;
        for (long range : ranges) {
            int first = (int) (range >> 32);
            int last = (int) range;
            if (size > 0 && first <= merged[size - 1] + 1) {
                merged[size - 1] = Math.max(merged[size - 1], last);
            } else {
                merged[size++] = first;
                merged[size++] = last;
            }
        }
        return new CodePoints(Arrays.copyOf(merged, size));
    }

    CodePoints and(CodePoints other) {
        int[] common = new int[bounds.length + other.bounds.length];
        int size = 0;
        int its = 0;
        for (int mine = 0; mine < bounds.length; mine += 2) {
            while (its < other.bounds.length && other.bounds[its + 1] < bounds[mine]) {
                its += 2;
            }
            for (int at = its; at < other.bounds.length && other.bounds[at] <= bounds[mine + 1]; at += 2) {
                if (size + 2 > common.length) {
                    common = Arrays.copyOf(common, 2 * common.length);
                }
                common[size++] = Math.max(bounds[mine], other.bounds[at]);
                common[size++] = Math.min(bounds[mine + 1], other.bounds[at + 1]);
            }
        }
        return new CodePoints(Arrays.copyOf(common, size));
    }

    /** All scalar values that are not in it. */
    CodePoints complement() {
        int[] gaps = new int[bounds.length + 2];
        int size = 0;
        int next = 0;
        for (int at = 0; at < bounds.length; at += 2) {
            if (bounds[at] > next) {
                gaps[size++] = next;
                gaps[size++] = bounds[at] - 1;
            }
            next = bounds[at + 1] + 1;
        }
        if (next <= 0x10ffff) {
            gaps[size++] = next;
            gaps[size++] = 0x10ffff;
        }
        return new CodePoints(Arrays.copyOf(gaps, size)).and(ALL);
    }

    CodePoints minus(CodePoints other) {
        return and(other.complement());
    }
}
