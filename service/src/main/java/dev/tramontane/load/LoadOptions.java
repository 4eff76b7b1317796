package dev.tramontane.load;

import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.CpuLevel;
import dev.tramontane.kernels.DType;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What the operator decides about a model file.
 *
 * @param backend that computes
 * @param cpuLevel highest instruction set that the cpu backend may use
 * @param threads compute threads; 0 for as many as the process may use
 * @param window attention window of every layer in tokens, 0 for none; empty for what the file says
 * @param device of the backend's; 0 where it has none
 * @param quantize what unquantised matrices are rounded to at load ({@link dev.tramontane.source.WeightTypes}); empty for nothing
 */
public record LoadOptions(
        Backend backend, CpuLevel cpuLevel, int threads, int device, OptionalInt window, Optional<DType> quantize) {
    public LoadOptions {
        if (threads < 0) {
            throw new IllegalArgumentException("threads must be 0 or more, got " + threads);
        }
        if (window.orElse(0) < 0) {
            throw new IllegalArgumentException("the window must be 0 (none) or more, got " + window.getAsInt());
        }
        if (!quantize.map(DType::writable).orElse(true)) {
            throw new IllegalArgumentException("weights cannot be quantised to " + quantize.get());
        }
    }

    /** The backend's first device, where it has some. */
    public LoadOptions(Backend backend, CpuLevel cpuLevel, int threads, OptionalInt window, Optional<DType> quantize) {
        this(backend, cpuLevel, threads, 0, window, quantize);
    }

    /** Quantises nothing. */
    public LoadOptions(Backend backend, CpuLevel cpuLevel, int threads, OptionalInt window) {
        this(backend, cpuLevel, threads, window, Optional.empty());
    }

    /** The file's own window, all processors. */
    public static LoadOptions on(Backend backend) {
        return new LoadOptions(backend, CpuLevel.AUTO, 0, OptionalInt.empty());
    }

    /** The same with another window; 0 for none. */
    public LoadOptions withWindow(int tokens) {
        return new LoadOptions(backend, cpuLevel, threads, device, OptionalInt.of(tokens), quantize);
    }

    /** The same on another device. */
    public LoadOptions onDevice(int other) {
        return new LoadOptions(backend, cpuLevel, threads, other, window, quantize);
    }

    /** The same with unquantised matrices rounded to {@code type}. */
    public LoadOptions quantizedTo(DType type) {
        return new LoadOptions(backend, cpuLevel, threads, device, window, Optional.of(type));
    }
}
