package dev.tramontane.structure;

/** A set of byte values, as four words of bits. */
record ByteSet(long a, long b, long c, long d) {
    static final ByteSet NONE = new ByteSet(0, 0, 0, 0);

    static ByteSet range(int first, int last) {
        long[] words = new long[4];
        for (int value = first; value <= last; value++) {
            words[value >> 6] |= 1L << value;
        }
        return new ByteSet(words[0], words[1], words[2], words[3]);
    }

    boolean isEmpty() {
        return (a | b | c | d) == 0;
    }

    boolean contains(int value) {
        long word = value < 128 ? (value < 64 ? a : b) : (value < 192 ? c : d);
        return (word >>> value & 1) != 0;
    }

    ByteSet or(ByteSet other) {
        return new ByteSet(a | other.a, b | other.b, c | other.c, d | other.d);
    }

    ByteSet and(ByteSet other) {
        return new ByteSet(a & other.a, b & other.b, c & other.c, d & other.d);
    }

    int size() {
        return Long.bitCount(a) + Long.bitCount(b) + Long.bitCount(c) + Long.bitCount(d);
    }

    /** The smallest member of a set that has one. */
    int first() {
        int value = 0;
        while (!contains(value)) {
            value++;
        }
        return value;
    }
}
