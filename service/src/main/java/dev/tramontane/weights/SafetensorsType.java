package dev.tramontane.weights;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Element types of safetensors files, by the names in their headers. All known ones are listed, so that a file can be
 * described and an unsupported one refused by name.
 */
public enum SafetensorsType {
    BOOL(8),
    F4(4),
    F6_E2M3(6),
    F6_E3M2(6),
    U8(8),
    I8(8),
    F8_E5M2(8),
    F8_E4M3(8),
    F8_E8M0(8),
    F8_E4M3FNUZ(8),
    F8_E5M2FNUZ(8),
    I16(16),
    U16(16),
    F16(16),
    BF16(16),
    I32(32),
    U32(32),
    F32(32),
    C64(64),
    F64(64),
    I64(64),
    U64(64);

    private static final Map<String, SafetensorsType> BY_NAME = new HashMap<>();

    static {
        for (SafetensorsType type : values()) {
            BY_NAME.put(type.name(), type);
        }
    }

    private final int bits;

    SafetensorsType(int bits) {
        this.bits = bits;
    }

    /** The type that headers call {@code name}. */
    public static Optional<SafetensorsType> of(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /** Bits of an element. */
    public int bits() {
        return bits;
    }

    /** Bytes at a multiple of which an element has to lie for the kernels. */
    int alignment() {
        return Math.max(1, bits / 8);
    }
}
