package dev.tramontane.structure;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** How a character of a text is written in bytes. */
enum Spelling {
    /** As UTF-8. */
    RAW,
    /** In a JSON string as a printer writes it: as itself, by a short escape, or by {@code \}{@code u00XX} where there is no other way. */
    PRINTED;

    /** What stands in a JSON string as itself. */
    static final CodePoints BARE =
            CodePoints.range(0x20, 0x10ffff).minus(CodePoints.of('"')).minus(CodePoints.of('\\'));

    private static final String SHORT = "\"\\\b\f\n\r\t";
    private static final String SHORT_NAMES = "\"\\bfnrt";
    private static final ByteSet[] HEXADECIMAL = new ByteSet[16];

    static {
        for (int digit = 0; digit < 16; digit++) {
            char lower = Character.forDigit(digit, 16);
            char upper = Character.toUpperCase(lower);
            HEXADECIMAL[digit] = ByteSet.range(lower, lower).or(ByteSet.range(upper, upper));
        }
    }

    /** Which of a set stand as themselves. */
    CodePoints bare(CodePoints set) {
        return this == RAW ? set : set.and(BARE);
    }

    /** All ways to write the others of a set, each a sequence of sets of bytes. */
    List<ByteSet[]> escapes(CodePoints set) {
        List<ByteSet[]> ways = new ArrayList<>();
        CodePoints rest = this == RAW ? CodePoints.NONE : set.minus(BARE);
        for (int range = 0; range < rest.ranges(); range++) {
            for (int each = rest.first(range); each <= rest.last(range); each++) {
                int named = SHORT.indexOf(each);
                ways.add(
                        named >= 0
                                ? bytes("\\" + SHORT_NAMES.charAt(named))
                                : joined(bytes("\\u00"), HEXADECIMAL[each >> 4], HEXADECIMAL[each & 15]));
            }
        }
        return ways;
    }

    /** A text in one of these ways. */
    byte[] bytes(CharSequence text, String before, String after) {
        if (text.codePoints().anyMatch(each -> each >= Character.MIN_SURROGATE && each <= Character.MAX_SURROGATE)) {
            throw new StructureException("", "a text with half a surrogate pair, which no answer can have");
        }
        StringBuilder written = new StringBuilder(before);
        text.codePoints().forEach(codePoint -> {
            int named = SHORT.indexOf(codePoint);
            if (this == RAW || BARE.contains(codePoint)) {
                written.appendCodePoint(codePoint);
            } else if (named >= 0) {
                written.append('\\').append(SHORT_NAMES.charAt(named));
            } else {
                written.append("\\u00")
                        .append(Character.forDigit(codePoint >> 4, 16))
                        .append(Character.forDigit(codePoint & 15, 16));
            }
        });
        return written.append(after).toString().getBytes(StandardCharsets.UTF_8);
    }

    private static ByteSet[] bytes(String ascii) {
        return ascii.chars().mapToObj(each -> ByteSet.range(each, each)).toArray(ByteSet[]::new);
    }

    private static ByteSet[] joined(ByteSet[] before, ByteSet... after) {
        List<ByteSet> all = new ArrayList<>(List.of(before));
        all.addAll(List.of(after));
        return all.toArray(ByteSet[]::new);
    }
}
