package dev.tramontane.tokenizer;

import java.util.Arrays;

/**
 * Byte-pair merging (Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units", 2016):
 * merges the neighbouring pair of best rank, the leftmost of equals, until none is left. Short words are scanned; long
 * ones use a heap over a linked list, n log n in the symbols. The working memory of one encoding; not thread-safe.
 */
final class SymbolMerger {

    /** Which pairs merge. */
    interface Pairs {
        long NONE = -1L;

        /**
         * What two neighbouring symbols become: {@code rank << 32 | id}, rank and id in {@code 0 .. 2^31-1}, the lowest
         * rank first; or {@link #NONE}.
         *
         * @param start first byte of the left symbol in the word
         * @param end one after the last byte of the right symbol
         */
        long merged(int left, int right, byte[] word, int start, int end);

        /** Two symbols {@code word[start, middle)} and {@code word[middle, end)} were merged. */
        default void onMerge(int id, int start, int middle, int end) {}
    }

    /** Below this many symbols scanning is faster than a heap. */
    private static final int SHORT = 96;

    private static final long NONE = Long.MAX_VALUE;

    private final Pairs pairs;
    private byte[] word = new byte[0];
    private int size;
    /** [size] symbols and, one longer, their first bytes. */
    private int[] ids = new int[SHORT];

    private int[] starts = new int[SHORT + 1];
    /** [size] short words: what each symbol makes with the next. */
    private final long[] candidates = new long[SHORT];
    /** [size] long words: neighbours; -1 at the ends. A symbol merged into its left neighbour has next -2. */
    private int[] previous = new int[0];

    private int[] next = new int[0];
    private long[] heap = new long[0];
    private int heapSize;

    SymbolMerger(Pairs pairs) {
        this.pairs = pairs;
    }

    /** Begins a word, whose bytes stay unchanged until {@link #merge} has returned. */
    void begin(byte[] bytes) {
        word = bytes;
        size = 0;
    }

    /** Adds a symbol that starts at that byte. */
    void add(int id, int start) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, size * 2);
            starts = Arrays.copyOf(starts, size * 2 + 1);
        }
        ids[size] = id;
        starts[size++] = start;
    }

    /** Merges; afterwards {@link #size}, {@link #id} and {@link #start} give the result. */
    void merge(int end) {
        starts[size] = end;
        if (size < SHORT) {
            mergeShort();
        } else {
            mergeLong();
        }
    }

    int size() {
        return size;
    }

    int id(int i) {
        return ids[i];
    }

    /** First byte of the symbol; that of symbol {@code size()} is the end of the word. */
    int start(int i) {
        return starts[i];
    }

    private void mergeShort() {
        for (int i = 0; i + 1 < size; i++) {
            candidates[i] = candidate(ids[i], ids[i + 1], starts[i], starts[i + 2]);
        }
        while (size > 1) {
            int best = -1;
            long bestRank = NONE >>> 32;
            for (int i = 0; i + 1 < size; i++) {
                if (candidates[i] >>> 32 < bestRank) {
                    best = i;
                    bestRank = candidates[i] >>> 32;
                }
            }
            if (best < 0) {
                return;
            }
            ids[best] = (int) candidates[best];
            pairs.onMerge(ids[best], starts[best], starts[best + 1], starts[best + 2]);
            int tail = size - best - 2;
            System.arraycopy(ids, best + 2, ids, best + 1, tail);
            System.arraycopy(starts, best + 2, starts, best + 1, tail + 1);
            if (tail > 0) {
                System.arraycopy(candidates, best + 2, candidates, best + 1, tail - 1);
                candidates[best] = candidate(ids[best], ids[best + 1], starts[best], starts[best + 2]);
            }
            size--;
            if (best > 0) {
                candidates[best - 1] = candidate(ids[best - 1], ids[best], starts[best - 1], starts[best + 1]);
            }
        }
    }

    private long candidate(int left, int right, int start, int end) {
        long merged = pairs.merged(left, right, word, start, end);
        return merged == Pairs.NONE ? NONE : merged;
    }

    private void mergeLong() {
        previous = new int[size];
        next = new int[size];
        heap = new long[size];
        heapSize = 0;
        for (int i = 0; i < size; i++) {
            previous[i] = i - 1;
            next[i] = i + 1 < size ? i + 1 : -1;
        }
        for (int i = 0; i + 1 < size; i++) {
            offer(i);
        }
        while (heapSize > 0) {
            long entry = poll();
            int left = (int) entry;
            int right = next[left];
            if (right < 0) {
                continue;
            }
            int end = endOf(right);
            long merged = candidate(ids[left], ids[right], starts[left], end);
            if (merged >>> 32 != entry >>> 32) {
                continue; // The pair that this entry meant is gone.
            }
            ids[left] = (int) merged;
            pairs.onMerge(ids[left], starts[left], starts[right], end);
            next[left] = next[right];
            next[right] = -2;
            if (next[left] >= 0) {
                previous[next[left]] = left;
                offer(left);
            }
            if (previous[left] >= 0) {
                offer(previous[left]);
            }
        }
        compact();
        previous = next = new int[0];
        heap = new long[0];
    }

    private int endOf(int symbol) {
        return next[symbol] >= 0 ? starts[next[symbol]] : starts[size];
    }

    private void compact() {
        int end = starts[size];
        int count = 0;
        for (int i = 0; i >= 0; i = next[i]) {
            ids[count] = ids[i];
            starts[count++] = starts[i];
        }
        size = count;
        starts[size] = end;
    }

    /** Puts the pair that begins at that symbol, if it merges, as {@code rank << 32 | symbol}. */
    private void offer(int left) {
        int right = next[left];
        long merged = candidate(ids[left], ids[right], starts[left], endOf(right));
        if (merged == NONE) {
            return;
        }
        if (heapSize == heap.length) {
            heap = Arrays.copyOf(heap, heapSize * 2);
        }
        long entry = (merged & ~0xFFFFFFFFL) | left;
        int i = heapSize++;
        while (i > 0) {
            int parent = (i - 1) >> 1;
            if (heap[parent] <= entry) {
                break;
            }
            heap[i] = heap[parent];
            i = parent;
        }
        heap[i] = entry;
    }

    private long poll() {
        long top = heap[0];
        long last = heap[--heapSize];
        int i = 0;
        while (true) {
            int child = 2 * i + 1;
            if (child >= heapSize) {
                break;
            }
            if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
                child++;
            }
            if (last <= heap[child]) {
                break;
            }
            heap[i] = heap[child];
            i = child;
        }
        heap[i] = last;
        return top;
    }
}
