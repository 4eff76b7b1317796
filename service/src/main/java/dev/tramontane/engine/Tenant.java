package dev.tramontane.engine;

/**
 * For whom the engine works: whoever shares this name is one. Those who wait are served in turns, by the tokens that each
 * was computed, so that no one's flood makes the others wait for all of it.
 *
 * @param name of the tenant; empty for everybody who has none
 * @param sharePercent of the waiting places, of the sequences and of the cache's pages that may be his at a time, 1..100;
 *     one request he may always have
 * @param salt only what was computed for the same name and salt is found again: one who asks for several people can keep
 *     them apart; empty for all that has none
 */
public record Tenant(String name, int sharePercent, String salt) {
    /** Everybody who has no name. */
    public static final Tenant COMMON = new Tenant("", 100);

    /** Without a salt. */
    public Tenant(String name, int sharePercent) {
        this(name, sharePercent, "");
    }

    public Tenant {
        if (sharePercent < 1 || sharePercent > 100) {
            throw new IllegalArgumentException("a share must be 1 to 100 percent, got " + sharePercent);
        }
    }

    /** The same who finds only what was computed with this salt. */
    public Tenant salted(String other) {
        return new Tenant(name, sharePercent, other);
    }
}
