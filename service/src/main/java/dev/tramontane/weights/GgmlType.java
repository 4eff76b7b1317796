package dev.tramontane.weights;

import dev.tramontane.kernels.DType;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An element type of GGUF tensors by the number of ggml's {@code enum ggml_type} (ggml.h). Those that the kernels
 * compute are {@link DType}'s, whose numbers are the same; the others are listed here (sizes as in gguf-py's
 * {@code GGML_QUANT_SIZES}), so that a file can be described and an unsupported one refused by name.
 *
 * @param name ggml's, "Q4_K"
 * @param number in the file
 * @param blockElements elements of a block, of which a row is a whole number; 1 for types without blocks
 * @param blockBytes bytes of a block
 * @param computed what the kernels compute it as; empty when they don't
 */
public record GgmlType(String name, int number, int blockElements, int blockBytes, Optional<DType> computed) {
    /** Those that the kernels lack. A type that they learn moves to {@link DType}. */
    static final List<GgmlType> NOT_COMPUTED = List.of(
            notComputed("Q8_1", 9, 32, 36),
            notComputed("Q8_K", 15, 256, 292),
            notComputed("IQ2_XXS", 16, 256, 66),
            notComputed("IQ2_XS", 17, 256, 74),
            notComputed("IQ3_XXS", 18, 256, 98),
            notComputed("IQ1_S", 19, 256, 50),
            notComputed("IQ3_S", 21, 256, 110),
            notComputed("IQ2_S", 22, 256, 82),
            notComputed("I8", 24, 1, 1),
            notComputed("I16", 25, 1, 2),
            notComputed("I32", 26, 1, 4),
            notComputed("I64", 27, 1, 8),
            notComputed("F64", 28, 1, 8),
            notComputed("IQ1_M", 29, 256, 56),
            notComputed("TQ1_0", 34, 256, 54),
            notComputed("TQ2_0", 35, 256, 66),
            notComputed("MXFP4", 39, 32, 17),
            notComputed("NVFP4", 40, 64, 36),
            notComputed("Q1_0", 41, 128, 18),
            notComputed("Q2_0", 42, 64, 18));

    /** Beyond ggml's numbers: types of the kernels that no GGUF file has. */
    private static final int NUMBERS = 256;

    private static final GgmlType[] BY_NUMBER = new GgmlType[NUMBERS];

    static {
        Stream<GgmlType> computed = Arrays.stream(DType.values())
                .filter(type -> type.number() < NUMBERS)
                .map(type -> new GgmlType(
                        type.name(), type.number(), type.blockElements(), type.blockBytes(), Optional.of(type)));
        Stream.concat(NOT_COMPUTED.stream(), computed).forEach(type -> BY_NUMBER[type.number] = type);
    }

    private static GgmlType notComputed(String name, int number, int blockElements, int blockBytes) {
        return new GgmlType(name, number, blockElements, blockBytes, Optional.empty());
    }

    /** The type with this number; empty for numbers that are unknown or were withdrawn. */
    public static Optional<GgmlType> of(long number) {
        return number >= 0 && number < NUMBERS ? Optional.ofNullable(BY_NUMBER[(int) number]) : Optional.empty();
    }

    /**
     * What a GGUF file calls a type of the kernels.
     *
     * @throws IllegalArgumentException when it has no name for it
     */
    public static GgmlType of(DType type) {
        return of(type.number()).orElseThrow(() -> new IllegalArgumentException("a GGUF file cannot hold " + type));
    }

    /** The name that a number had before ggml withdrew it; empty for other numbers. */
    static String withdrawn(long number) {
        return switch (Math.clamp(number, -1, NUMBERS)) {
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
        return Arrays.stream(BY_NUMBER)
                .filter(Objects::nonNull)
                .filter(type -> type.computed.isPresent())
                .map(GgmlType::name)
                .collect(Collectors.joining(", "));
    }

    @Override
    public String toString() {
        return name;
    }
}
