package dev.tramontane.convert;

import dev.tramontane.kernels.DType;
import java.util.Locale;

/** What the matrices of a converted file are stored in. */
public enum OutputType {
    F32(DType.F32, 0),
    F16(DType.F16, 1),
    BF16(DType.BF16, 32),
    Q8_0(DType.Q8_0, 7),
    Q4_0(DType.Q4_0, 2),
    Q4_1(DType.Q4_1, 3),
    Q5_0(DType.Q5_0, 8),
    Q5_1(DType.Q5_1, 9);

    private final DType type;
    private final int fileType;

    OutputType(DType type, int fileType) {
        this.type = type;
        this.fileType = fileType;
    }

    /** The type of a matrix that has no reason for another ({@link dev.tramontane.source.WeightTypes}). */
    public DType type() {
        return type;
    }

    /** The number in {@code general.file_type} (llama.cpp's {@code enum llama_ftype}). */
    int fileType() {
        return fileType;
    }

    /** Its word on a command line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
