package dev.tramontane.kernels;

/** What a processor has, as far as the kernels care; the bits are {@code TM_HAS_*}. */
public enum CpuFeature {
    AVX2(1 << 0, "avx2"),
    FMA(1 << 1, "fma"),
    F16C(1 << 2, "f16c"),
    /** F, BW, VL and DQ. */
    AVX512(1 << 3, "avx512"),
    AVX512_VNNI(1 << 4, "avx512-vnni"),
    AVX512_BF16(1 << 5, "avx512-bf16"),
    AMX_INT8(1 << 6, "amx-int8"),
    AMX_BF16(1 << 7, "amx-bf16"),
    NEON(1 << 8, "neon");

    private final int bit;
    private final String label;

    CpuFeature(int bit, String label) {
        this.bit = bit;
        this.label = label;
    }

    int bit() {
        return bit;
    }

    /** The word for people. */
    public String label() {
        return label;
    }
}
