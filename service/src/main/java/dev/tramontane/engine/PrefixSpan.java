package dev.tramontane.engine;

import java.util.List;

/**
 * Which blocks of a prompt must be there so that it need not be computed up to the end of one of them. After n tokens a
 * query sees all positions in a group of layers without a window, and the last {@code W - 1} with one. Sets of groups are
 * bits, 1 for the first group. Immutable.
 */
final class PrefixSpan {
    private final RollingWindow[] windows;

    PrefixSpan(List<RollingWindow> windows) {
        this.windows = windows.toArray(RollingWindow[]::new);
    }

    /** Whether every block before the end is needed, of some group. */
    boolean needsAll() {
        return allSeen() != 0;
    }

    private int allSeen() {
        int groups = 0;
        for (int group = 0; group < windows.length; group++) {
            groups |= windows[group].window() == 0 ? 1 << group : 0;
        }
        return groups;
    }

    /** The first block that lacks a group of which every block is needed; all of them where there is no such group. */
    int firstLacking(int[] blocks) {
        int needed = allSeen();
        for (int block = 0; block < blocks.length; block++) {
            if (needed == 0 || (blocks[block] & needed) != needed) {
                return block;
            }
        }
        return blocks.length;
    }

    /** The most first blocks of which all is there that is seen after them; 0 for none. */
    int longest(int[] blocks) {
        int[] run = new int[windows.length]; // Blocks without a gap up to the current one, of each group.
        int longest = 0;
        for (int block = 0; block < blocks.length; block++) {
            boolean enough = true;
            for (int group = 0; group < run.length; group++) {
                run[group] = (blocks[block] >>> group & 1) != 0 ? run[group] + 1 : 0;
                enough &= run[group] >= block + 1 - firstSeen(group, block + 1);
            }
            longest = enough ? block + 1 : longest;
        }
        return longest;
    }

    /** Of each of the first blocks, the groups that are seen after the last of them and not there. */
    int[] lacking(int[] there, int blocks) {
        int[] lacking = new int[blocks];
        for (int group = 0; group < windows.length; group++) {
            for (int block = firstSeen(group, blocks); block < blocks; block++) {
                lacking[block] |= ~there[block] & 1 << group;
            }
        }
        return lacking;
    }

    /** The first block that a query after so many whole ones sees; after the last of them where it sees nothing. */
    private int firstSeen(int group, int blocks) {
        RollingWindow window = windows[group];
        return window.remembers() ? (int) Math.min(blocks, window.firstPageSeen(window.start(blocks))) : blocks;
    }
}
