package dev.tramontane.kernels;

import java.util.Optional;

/**
 * Element types that the kernels compute with. Numbers and block layouts are those of ggml (ggml.h, ggml-common.h), so
 * that a GGUF file's types need no translation.
 */
public enum DType {
    F32(0, 1, 4),
    F16(1, 1, 2),
    Q4_0(2, 32, 18),
    Q4_1(3, 32, 20),
    Q8_0(8, 32, 34),
    Q4_K(12, 256, 144),
    Q6_K(14, 256, 210),
    BF16(30, 1, 2);

    private final int number;
    private final int blockElements;
    private final int blockBytes;

    DType(int number, int blockElements, int blockBytes) {
        this.number = number;
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
    }

    /** The type with ggml's number, if the kernels have it. */
    public static Optional<DType> ofNumber(int number) {
        for (DType type : values()) {
            if (type.number == number) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    /** ggml's number. */
    public int number() {
        return number;
    }

    /** Elements that are stored together; a row is a multiple of it. */
    public int blockElements() {
        return blockElements;
    }

    /** Bytes of a block. */
    public int blockBytes() {
        return blockBytes;
    }

    /**
     * Bytes of a matrix.
     *
     * @throws IllegalArgumentException when a size is not positive, a row is not a whole number of blocks, or the bytes
     *     don't fit in 63 bits
     */
    public long bytes(long rows, long columns) {
        if (rows < 1 || columns < 1) {
            throw new IllegalArgumentException("a matrix needs rows and columns, got " + rows + " x " + columns);
        }
        if (columns % blockElements != 0) {
            throw new IllegalArgumentException(
                    "a row of " + this + " has a multiple of " + blockElements + " elements, got " + columns);
        }
        try {
            return Math.multiplyExact(rows, Math.multiplyExact(columns / blockElements, (long) blockBytes));
        } catch (ArithmeticException overflow) {
            throw new IllegalArgumentException(
                    "a matrix of " + rows + " x " + columns + " " + this + " is larger than any memory", overflow);
        }
    }
}
