package dev.tramontane.tokenizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Byte-pair merging (Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units", 2016):
 * merges the neighbouring pair of best rank, the leftmost of equals, until none is left. Short words are scanned; long
 * ones use a heap over a linked list, n log n in the symbols. The working memory of one encoding; not thread-safe.
 */
final class SymbolMerger {

    /** Told of every merge, in order. */
    @FunctionalInterface
    interface MergeListener {
        /** The symbols that start at {@code start} and {@code middle} became one that ends at {@code end}. */
        void merged(int id, int start, int middle, int end);
    }

    /** Below this many symbols scanning is faster than a heap. */
    private static final int SHORT = 96;

    /** Merges of a long word between two looks at whether it is still wanted. */
    private static final int MERGES_A_LOOK = 1 << 14;

    private static final long NONE = Long.MAX_VALUE;

    private final MergeTable merges;
    private final @Nullable MergeListener listener;
    private final EncodingLimit limit;
    private int size;
    /** [size] symbols and, one longer, where they start. */
    private int[] ids = new int[SHORT];

    private int[] starts = new int[SHORT + 1];
    /** [size] short words: what each symbol makes with the next. */
    private final long[] candidates = new long[SHORT];
    /** [size] long words: neighbours; -1 at the ends. A symbol merged into its left neighbour has next -2. */
    private int[] previous = new int[0];

    private int[] next = new int[0];
    private long[] heap = new long[0];
    private int heapSize;

    /**
     * @param listener is told of merges; null where nobody asks
     * @param limit says when nobody wants the result any more
     */
    SymbolMerger(MergeTable merges, @Nullable MergeListener listener, EncodingLimit limit) {
        this.limit = limit;
        this.merges = merges;
        this.listener = listener;
    }

    /** Begins a word. */
    void begin() {
        size = 0;
    }

    /** Adds a symbol that starts at that index of the word. */
    void add(int id, int start) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, size * 2);
            starts = Arrays.copyOf(starts, size * 2 + 1);
        }
        ids[size] = id;
        starts[size++] = start;
    }

    /** Whether the last symbol that was added has that id. */
    boolean endsWith(int id) {
        return size > 0 && ids[size - 1] == id;
    }

    /** Merges the word, which ends there; afterwards {@link #size}, {@link #id} and {@link #start} give the result. */
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

    /** Where the symbol starts; symbol {@code size()} starts at the end of the word. */
    int start(int i) {
        return starts[i];
    }

    private void mergeShort() {
        for (int i = 0; i + 1 < size; i++) {
            candidates[i] = candidate(ids[i], ids[i + 1]);
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
            if (listener != null) {
                listener.merged(ids[best], starts[best], starts[best + 1], starts[best + 2]);
            }
            int tail = size - best - 2;
            System.arraycopy(ids, best + 2, ids, best + 1, tail);
            System.arraycopy(starts, best + 2, starts, best + 1, tail + 1);
            if (tail > 0) {
                System.arraycopy(candidates, best + 2, candidates, best + 1, tail - 1);
                candidates[best] = candidate(ids[best], ids[best + 1]);
            }
            size--;
            if (best > 0) {
                candidates[best - 1] = candidate(ids[best - 1], ids[best]);
            }
        }
    }

    private long candidate(int left, int right) {
        long merged = merges.get(left, right);
        return merged == MergeTable.NONE ? NONE : merged;
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
        for (int polls = 1; heapSize > 0; polls++) {
            if (polls % MERGES_A_LOOK == 0) {
                limit.checkWanted();
            }
            long entry = poll();
            int left = (int) entry;
            int right = next[left];
            if (right < 0) {
                continue;
            }
            long merged = candidate(ids[left], ids[right]);
            if (merged >>> 32 != entry >>> 32) {
                continue; // The pair that this entry meant is gone.
            }
            ids[left] = (int) merged;
            if (listener != null) {
                listener.merged(ids[left], starts[left], starts[right], endOf(right));
            }
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
        long merged = candidate(ids[left], ids[right]);
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
