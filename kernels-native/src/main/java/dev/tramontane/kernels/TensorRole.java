package dev.tramontane.kernels;

/**
 * What a tensor is to the model. The numbers are those of tramontane.h, which gives each one's shape.
 */
public enum TensorRole {
    TOKEN_EMBEDDING(0, false),
    OUTPUT_NORM(1, false),
    OUTPUT(2, false),
    ROPE_FACTORS(3, false),
    ATTENTION_NORM(4, true),
    ATTENTION_Q(5, true),
    ATTENTION_K(6, true),
    ATTENTION_V(7, true),
    ATTENTION_OUT(8, true),
    FFN_NORM(9, true),
    FFN_ROUTER(10, true),
    FFN_GATE(11, true),
    FFN_UP(12, true),
    FFN_DOWN(13, true);

    private final int number;
    private final boolean perLayer;

    TensorRole(int number, boolean perLayer) {
        this.number = number;
        this.perLayer = perLayer;
    }

    /** Whether every layer has its own. */
    public boolean perLayer() {
        return perLayer;
    }

    int number() {
        return number;
    }
}
