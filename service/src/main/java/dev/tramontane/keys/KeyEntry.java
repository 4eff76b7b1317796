package dev.tramontane.keys;

import java.util.HexFormat;

/**
 * A line of the file: a key's hash, whose it is, and what he may do.
 *
 * @param hash SHA-256, not copied
 */
public record KeyEntry(String name, byte[] hash, KeyLimits limits) {

    /** As the file has it. */
    public String line() {
        StringBuilder line = new StringBuilder(name)
                .append(' ')
                .append(KeyFile.HASH_PREFIX)
                .append(HexFormat.of().formatHex(hash));
        append(line, KeyFile.REQUESTS, limits.requestsPerMinute(), "");
        append(line, KeyFile.TOKENS, limits.tokensPerMinute(), "");
        append(line, KeyFile.STREAMS, limits.streams(), "");
        append(line, KeyFile.SHARE, limits.sharePercent(), "%");
        return limits.operator() ? line.append(' ').append(KeyFile.OPERATOR).toString() : line.toString();
    }

    private static void append(StringBuilder line, String name, long limit, String unit) {
        if (limit > 0) {
            line.append(' ').append(name).append('=').append(limit).append(unit);
        }
    }
}
