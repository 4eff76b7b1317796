package dev.tramontane.engine;

/**
 * The last tokens of a sequence, and where short runs of them stood last: what followed there is a guess of what follows now
 * (prompt look-up; Saxena, 2023). Takes a few nanoseconds a token and 12 bytes for each of {@value #MOST} tokens at most,
 * whatever the age of a stream. One thread.
 */
final class TokenHistory {
    /** Tokens that are known. */
    static final int MOST = 1 << 14;

    /** No such place. */
    static final int NOWHERE = -1;

    private final int[] ring;

    /** By the hash of three, or two, tokens: the position behind their last occurrence; 0 where there was none. */
    private final int[] behindThree;

    private final int[] behindTwo;
    private int size;

    /** @param length tokens that will come at most */
    TokenHistory(int length) {
        int capacity = Integer.highestOneBit(Math.clamp(2L * length - 1, 8, MOST));
        ring = new int[capacity];
        behindThree = new int[capacity];
        behindTwo = new int[capacity];
    }

    /** Tokens that came. */
    int size() {
        return size;
    }

    /** Whether a token that came is still known. */
    boolean knows(int position) {
        return position >= 0 && position < size && isKnown(position);
    }

    int token(int position) {
        return ring[position & (ring.length - 1)];
    }

    /** What stood before is found only from now on: the end of all is no place to go on from. */
    void append(int token) {
        if (size >= 2) {
            behindTwo[hash(token(size - 2), token(size - 1), 0)] = size;
        }
        if (size >= 3) {
            behindThree[hash(token(size - 3), token(size - 2), token(size - 1))] = size;
        }
        ring[size++ & (ring.length - 1)] = token;
    }

    /** The position behind the last place where three tokens stood; {@link #NOWHERE} where that is not known. */
    int behind(int first, int second, int third) {
        int at = behindThree[hash(first, second, third)];
        return at >= 3 && isKnown(at - 3) && token(at - 3) == first && token(at - 2) == second && token(at - 1) == third
                ? at
                : NOWHERE;
    }

    /** The same of two. */
    int behind(int first, int second) {
        int at = behindTwo[hash(first, second, 0)];
        return at >= 2 && isKnown(at - 2) && token(at - 2) == first && token(at - 1) == second ? at : NOWHERE;
    }

    private boolean isKnown(int position) {
        return position >= size - ring.length;
    }

    private int hash(int first, int second, int third) {
        int mixed = (first * 31 + second) * 0x9E3779B9 + third * 0x85EBCA6B;
        mixed ^= mixed >>> 15;
        mixed *= 0xC2B2AE35;
        return (mixed ^ (mixed >>> 13)) & (ring.length - 1);
    }
}
