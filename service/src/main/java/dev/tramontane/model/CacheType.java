package dev.tramontane.model;

import java.util.Locale;

/** What keys and values are kept as. */
public enum CacheType {
    F32(4, 0),
    F16(2, 0),
    BF16(2, 0),
    /** E4M3, and for a head's key and for its value at each position a scale, a power of two. */
    FP8(1, 2);

    private final int elementBytes;
    private final int scaleBytes;

    CacheType(int elementBytes, int scaleBytes) {
        this.elementBytes = elementBytes;
        this.scaleBytes = scaleBytes;
    }

    /** Bytes of a number. */
    public int elementBytes() {
        return elementBytes;
    }

    /** Bytes of the scale of a head's key, and of its value's, at one position; 0 for none. */
    public int scaleBytes() {
        return scaleBytes;
    }

    /** Bytes of a head's key and value at one position, its scales included. */
    public long headBytes(int headDim) {
        return 2L * (headDim * elementBytes + scaleBytes);
    }

    /** As it is written: {@code "f16"}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
