package dev.tramontane.source;

import dev.tramontane.kernels.DType;
import dev.tramontane.weights.SafetensorsTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;

/** Small float tensors of safetensors files as Java floats. Exact: every F16 and BF16 is a binary32. */
final class FloatValues {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort B16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private FloatValues() {}

    /** The kernels' type for a tensor's; empty where they have none. */
    static Optional<DType> type(SafetensorsTensor tensor) {
        return switch (tensor.type()) {
            case F32 -> Optional.of(DType.F32);
            case F16 -> Optional.of(DType.F16);
            case BF16 -> Optional.of(DType.BF16);
            case F8_E4M3 -> Optional.of(DType.F8_E4M3);
            default -> Optional.empty();
        };
    }

    /** All elements in order; empty unless they are F32, F16 or BF16. */
    static Optional<float[]> of(SafetensorsTensor tensor) {
        MemorySegment data = tensor.data();
        return switch (tensor.type()) {
            case F32 -> {
                float[] values = new float[Math.toIntExact(data.byteSize() / Float.BYTES)];
                MemorySegment.copy(data, F32, 0, values, 0, values.length);
                yield Optional.of(values);
            }
            case F16, BF16 -> {
                float[] values = new float[Math.toIntExact(data.byteSize() / Short.BYTES)];
                boolean brain = tensor.type().name().equals("BF16");
                for (int i = 0; i < values.length; i++) {
                    short bits = data.get(B16, 2L * i);
                    values[i] = brain ? Float.intBitsToFloat(bits << 16) : Float.float16ToFloat(bits);
                }
                yield Optional.of(values);
            }
            default -> Optional.empty();
        };
    }
}
