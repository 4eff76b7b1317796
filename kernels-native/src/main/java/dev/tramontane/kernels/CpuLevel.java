package dev.tramontane.kernels;

/** Instruction sets the cpu backend can be held to, in rising order; the numbers are {@code TM_CPU_*}. */
public enum CpuLevel {
    /** The highest the machine has. */
    AUTO(0, "auto"),
    PORTABLE(1, "portable"),
    /** AVX2, FMA and F16C. */
    AVX2(2, "avx2"),
    /** AVX-512 F, BW, VL, DQ and VNNI. */
    AVX512(3, "avx512");

    private final int number;
    private final String label;

    CpuLevel(int number, String label) {
        this.number = number;
        this.label = label;
    }

    /** The word for command lines and logs. */
    public String label() {
        return label;
    }

    int number() {
        return number;
    }

    static CpuLevel of(int number) {
        for (CpuLevel level : values()) {
            if (level.number == number) {
                return level;
            }
        }
        throw new KernelException("the kernel library reports the unknown cpu level " + number);
    }
}
