package dev.tramontane.generation.guide;

/** Whether a text of UTF-8 that comes byte by byte is between two characters. What is no UTF-8 is over as soon as it is seen. */
final class Characters {
    private int missing;

    void push(byte[] bytes) {
        for (byte each : bytes) {
            int value = each & 0xff;
            if (missing > 0 && value >= 0x80 && value < 0xc0) {
                missing--;
            } else {
                missing = value >= 0xf0 && value < 0xf5
                        ? 3
                        : value >= 0xe0 && value < 0xf0 ? 2 : value >= 0xc2 && value < 0xe0 ? 1 : 0;
            }
        }
    }

    /** Goes on where another is. */
    void follow(Characters other) {
        missing = other.missing;
    }

    boolean areWhole() {
        return missing == 0;
    }

    void reset() {
        missing = 0;
    }
}
