package dev.tramontane.weights;

import java.util.Optional;

/**
 * Element types of GGUF tensors by the number of ggml's {@code enum ggml_type} (ggml.h; sizes as in gguf-py's
 * {@code GGML_QUANT_SIZES}). All known ones are listed, so that a file can be described and an unsupported one refused
 * by name; {@link #computed} says which the kernels compute.
 */
public enum GgmlType {
    F32(0, 1, 4, true),
    F16(1, 1, 2, true),
    Q4_0(2, 32, 18, true),
    Q4_1(3, 32, 20, true),
    Q5_0(6, 32, 22, true),
    Q5_1(7, 32, 24, true),
    Q8_0(8, 32, 34, true),
    Q8_1(9, 32, 36, false),
    Q2_K(10, 256, 84, true),
    Q3_K(11, 256, 110, true),
    Q4_K(12, 256, 144, true),
    Q5_K(13, 256, 176, true),
    Q6_K(14, 256, 210, true),
    Q8_K(15, 256, 292, false),
    IQ2_XXS(16, 256, 66, false),
    IQ2_XS(17, 256, 74, false),
    IQ3_XXS(18, 256, 98, false),
    IQ1_S(19, 256, 50, false),
    IQ4_NL(20, 32, 18, true),
    IQ3_S(21, 256, 110, false),
    IQ2_S(22, 256, 82, false),
    IQ4_XS(23, 256, 136, true),
    I8(24, 1, 1, false),
    I16(25, 1, 2, false),
    I32(26, 1, 4, false),
    I64(27, 1, 8, false),
    F64(28, 1, 8, false),
    IQ1_M(29, 256, 56, false),
    BF16(30, 1, 2, true),
    TQ1_0(34, 256, 54, false),
    TQ2_0(35, 256, 66, false),
    MXFP4(39, 32, 17, false),
    NVFP4(40, 64, 36, false),
    Q1_0(41, 128, 18, false),
    Q2_0(42, 64, 18, false);

    private static final GgmlType[] BY_NUMBER = new GgmlType[43];

    static {
        for (GgmlType type : values()) {
            BY_NUMBER[type.number] = type;
        }
    }

    private final int number;
    private final int blockElements;
    private final int blockBytes;
    private final boolean computed;

    GgmlType(int number, int blockElements, int blockBytes, boolean computed) {
        this.number = number;
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
        this.computed = computed;
    }

    /** The type with this number; empty for numbers that are unknown or were withdrawn. */
    public static Optional<GgmlType> of(long number) {
        return number >= 0 && number < BY_NUMBER.length
                ? Optional.ofNullable(BY_NUMBER[(int) number])
                : Optional.empty();
    }

    /** The name that a number had before ggml withdrew it; empty for other numbers. */
    static String withdrawn(long number) {
        return switch (Math.clamp(number, -1, BY_NUMBER.length)) {
            case 4 -> "Q4_2";
            case 5 -> "Q4_3";
            case 31 -> "Q4_0_4_4";
            case 32 -> "Q4_0_4_8";
            case 33 -> "Q4_0_8_8";
            case 36 -> "IQ4_NL_4_4";
            case 37 -> "IQ4_NL_4_8";
            case 38 -> "IQ4_NL_8_8";
            default -> "";
        };
    }

    /** The names of the computed types, for messages. */
    public static String computedNames() {
        StringBuilder names = new StringBuilder();
        for (GgmlType type : values()) {
            if (type.computed) {
                names.append(names.isEmpty() ? "" : ", ").append(type);
            }
        }
        return names.toString();
    }

    /** The number in the file, and in the kernels' ABI. */
    public int number() {
        return number;
    }

    /** Elements of a block; a row is a whole number of blocks. 1 for types without blocks. */
    public int blockElements() {
        return blockElements;
    }

    /** Bytes of a block. */
    public int blockBytes() {
        return blockBytes;
    }

    /** Whether the kernel library computes with this type. */
    public boolean computed() {
        return computed;
    }
}
