package dev.tramontane.weights;

import java.util.Locale;
import java.util.Optional;

/** Types of metadata values by their number in a GGUF file. */
public enum GgufValueType {
    U8(0, 1),
    I8(1, 1),
    U16(2, 2),
    I16(3, 2),
    U32(4, 4),
    I32(5, 4),
    F32(6, 4),
    BOOL(7, 1),
    STRING(8, 0),
    ARRAY(9, 0),
    U64(10, 8),
    I64(11, 8),
    F64(12, 8);

    private static final GgufValueType[] BY_NUMBER = values();

    private final int number;
    private final int bytes;

    GgufValueType(int number, int bytes) {
        this.number = number;
        this.bytes = bytes;
    }

    static Optional<GgufValueType> of(long number) {
        return number >= 0 && number < BY_NUMBER.length ? Optional.of(BY_NUMBER[(int) number]) : Optional.empty();
    }

    /** The number in a file. */
    int number() {
        return number;
    }

    /** Bytes of a value; 0 for strings and arrays, whose length is in the file. */
    int bytes() {
        return bytes;
    }

    boolean isInteger() {
        return switch (this) {
            case U8, I8, U16, I16, U32, I32, U64, I64 -> true;
            case F32, BOOL, STRING, ARRAY, F64 -> false;
        };
    }

    boolean isReal() {
        return this == F32 || this == F64;
    }

    /** Its name as messages spell it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
