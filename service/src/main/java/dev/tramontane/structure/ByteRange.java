package dev.tramontane.structure;

import java.util.Arrays;
import java.util.List;

/** A range of bytes, as in the UTF-8 of a range of characters. */
record ByteRange(int first, int last) {
    private static final int[] ENDS = {0x7f, 0x7ff, 0xffff, 0x10ffff};
    private static final int[] LEADS = {0, 0xc0, 0xe0, 0xf0};

    /** Adds the UTF-8 of all scalar values from one to another, none of which is a surrogate, as sequences of ranges. */
    static void utf8(int first, int last, List<ByteRange[]> into) {
        int start = first;
        for (int more = 0; more < ENDS.length; more++) {
            int end = Math.min(last, ENDS[more]);
            if (start <= end) {
                split(new ByteRange[0], start, end, more, LEADS[more], into);
                start = end + 1;
            }
        }
    }

    /** Splits a range of numbers, of which each byte but the first holds six bits, into products of ranges of bytes. */
    private static void split(ByteRange[] before, int first, int last, int more, int lead, List<ByteRange[]> into) {
        int shift = 6 * more;
        int low = first >> shift;
        int high = last >> shift;
        int rest = (1 << shift) - 1;
        if (more == 0) {
            into.add(joined(before, lead + low, lead + high));
        } else if (low == high) {
            split(joined(before, lead + low, lead + low), first & rest, last & rest, more - 1, 0x80, into);
        } else {
            if ((first & rest) != 0) {
                split(joined(before, lead + low, lead + low), first & rest, rest, more - 1, 0x80, into);
                low++;
            }
            int whole = (last & rest) == rest ? high : high - 1;
            if (low <= whole) {
                split(joined(before, lead + low, lead + whole), 0, rest, more - 1, 0x80, into);
            }
            if (whole != high) {
                split(joined(before, lead + high, lead + high), 0, last & rest, more - 1, 0x80, into);
            }
        }
    }

    private static ByteRange[] joined(ByteRange[] before, int first, int last) {
        ByteRange[] all = Arrays.copyOf(before, before.length + 1);
        all[before.length] = new ByteRange(first, last);
        return all;
    }
}
