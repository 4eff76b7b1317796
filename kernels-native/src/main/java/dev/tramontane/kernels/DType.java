package dev.tramontane.kernels;

import java.util.Optional;

/**
 * Element types that the kernels compute with, the one list of them in Java. Numbers and block layouts are those of ggml
 * (ggml.h, ggml-common.h), so that a GGUF file's types need no translation; {@link #F8_E4M3}, which ggml lacks, has a
 * number beyond its own. {@link ElementTypes} holds the list against the library's when that is loaded.
 */
public enum DType {
    F32(0, 1, 4, true),
    F16(1, 1, 2, true),
    Q4_0(2, 32, 18, true),
    Q4_1(3, 32, 20, true),
    Q5_0(6, 32, 22, true),
    Q5_1(7, 32, 24, true),
    Q8_0(8, 32, 34, true),
    Q2_K(10, 256, 84, false),
    Q3_K(11, 256, 110, false),
    Q4_K(12, 256, 144, false),
    Q5_K(13, 256, 176, false),
    Q6_K(14, 256, 210, false),
    IQ4_NL(20, 32, 18, false),
    IQ4_XS(23, 256, 136, false),
    BF16(30, 1, 2, true),
    /** OCP 8-bit floating point: no infinities, NaN at 0x7f and 0xff. The only type with scales beside its elements. */
    F8_E4M3(256, 1, 1, false);

    private final int number;
    private final int blockElements;
    private final int blockBytes;
    private final boolean writable;

    DType(int number, int blockElements, int blockBytes, boolean writable) {
        this.number = number;
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
        this.writable = writable;
    }

    /** The type with this number, if the kernels have it. */
    public static Optional<DType> ofNumber(int number) {
        for (DType type : values()) {
            if (type.number == number) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    /** ggml's number, or 256 and up for types that it lacks. */
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

    /** Whether elements are numbers of their own, without a scale in common: what can be quantised. */
    public boolean unquantised() {
        return blockElements == 1;
    }

    /** Whether {@link KernelLibrary#convert} writes the type, and tensors can be quantised to it when they are loaded. */
    public boolean writable() {
        return writable;
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
