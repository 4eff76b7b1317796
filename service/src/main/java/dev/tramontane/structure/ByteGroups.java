package dev.tramontane.structure;

import java.util.Arrays;

/**
 * Bytes that patterns seldom tell apart, each a bit of an int, so that one word says which bytes the tokens of a whole branch of the vocabulary have.
 * However they are cut, masks are the same.
 */
final class ByteGroups {
    private static final String[] TOGETHER = {
        "0123456789",
        "abcdef",
        "ghijklmnopqrstuvwxyz",
        "ABCDEF",
        "GHIJKLMNOPQRSTUVWXYZ",
        "-",
        "_",
        ".",
        " ",
        "/",
        ":",
        "@",
        "+",
        "%",
        "'",
        ",",
        ";",
        "!#$&*=?^`{|}~",
        "()",
        "<>[]",
        "\n",
        "\t\r"
    };

    /** How many there are: all other bytes are two more, those of ASCII and the others. */
    static final int COUNT = TOGETHER.length + 2;

    private static final int[] GROUPS = new int[256];

    static {
        Arrays.fill(GROUPS, 0, 128, TOGETHER.length);
        Arrays.fill(GROUPS, 128, 256, TOGETHER.length + 1);
        for (int group = 0; group < TOGETHER.length; group++) {
            for (int at = 0; at < TOGETHER[group].length(); at++) {
                GROUPS[TOGETHER[group].charAt(at)] = group;
            }
        }
    }

    private ByteGroups() {}

    /** The bit of a byte's group. */
    static int bit(int value) {
        return 1 << GROUPS[value];
    }

    static int of(int value) {
        return GROUPS[value];
    }
}
