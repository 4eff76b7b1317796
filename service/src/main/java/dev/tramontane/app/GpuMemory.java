package dev.tramontane.app;

import java.util.Locale;
import java.util.OptionalLong;

/**
 * How much of a device's memory a model may take: a share of all there is, or so many bytes.
 *
 * @param share above 0, at most 1; unused with {@code bytes}
 * @param bytes in place of a share
 */
record GpuMemory(double share, OptionalLong bytes) {
    static final String RULE = "a share such as 0.9, or " + Units.SIZE_RULE + ", at least 1MiB";

    /** @throws IllegalArgumentException when it is neither */
    static GpuMemory of(String text) {
        if (!text.matches("[01](\\.\\d{1,6})?")) {
            return new GpuMemory(1, OptionalLong.of(Units.bytes(text)));
        }
        return new GpuMemory(Double.parseDouble(text), OptionalLong.empty());
    }

    boolean isValid() {
        return share > 0 && share <= 1 && bytes.orElse(Long.MAX_VALUE) >= 1 << 20;
    }

    /** Bytes of a device with so many. */
    long of(long total) {
        return bytes.orElse((long) (share * total));
    }

    /** As it is asked for: "0.9", "12.0 GiB". */
    String text() {
        return bytes.isPresent() ? Units.show(bytes.getAsLong()) : String.format(Locale.ROOT, "%s", share);
    }
}
