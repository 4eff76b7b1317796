package dev.tramontane.keys;

/** That somebody has shown a valid key: whose it was, and its hash. Immutable; any thread. */
public final class Credential {
    private final KeyHolder holder;
    private final byte[] hash;

    Credential(KeyHolder holder, byte[] hash) {
        this.holder = holder;
        this.hash = hash;
    }

    public KeyHolder holder() {
        return holder;
    }

    byte[] hash() {
        return hash;
    }
}
