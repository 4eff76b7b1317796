package dev.tramontane.engine;

import dev.tramontane.model.Model;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * The way of blocks between the cache and a {@link PageStore}: out when a turn has ended, in when a prompt begins with what
 * is no longer, or not yet, in memory. Bytes are copied between steps, a bounded number each time; nobody waits for the
 * store but the request that asks, and that not for long. Engine thread only.
 */
final class Snapshots implements Turns {
    /** Copied between two steps at most, but a block at least: some milliseconds. */
    private static final long STEP_BYTES = 8 << 20;

    private final PageStore store;
    private final Model model;
    private final KvCache cache;
    private final PrefixIndex index;
    private final PrefixSpan span;
    private final long[] pageBytes;
    private final int pageTokens;
    private final Consumer<Runnable> later;
    private final ArrayDeque<Block> leaving = new ArrayDeque<>();

    /** The cache is out of reach. */
    private boolean suspended;

    /** @param later has the engine thread do something soon; any thread */
    Snapshots(PageStore store, Model model, KvCache cache, CachePlan plan, Consumer<Runnable> later) {
        this.store = store;
        this.model = model;
        this.cache = cache;
        index = cache.index();
        span = new PrefixSpan(plan.windows());
        pageBytes = plan.pageBytes();
        pageTokens = plan.shape().pageTokens();
        this.later = later;
        store.onRoom(() -> later.accept(() -> {})); // Whatever wakes the thread.
    }

    /** The cache is lost, and what was to leave it: until {@link #resume} nothing is copied. What the store has stays true. */
    void suspend() {
        suspended = true;
        leaving.forEach(block -> block.leaving = false);
        leaving.clear();
    }

    /** The cache can be written again. */
    void resume() {
        suspended = false;
    }

    // ---- out

    /** All blocks of a turn's tokens are to be kept, the beginning first. */
    @Override
    public void ended(TokenChain chain) {
        List<Block> fresh = new ArrayList<>();
        for (Block block = index.whole(chain.key()); block != null; block = index.whole(block.before)) {
            if (!block.leaving && isNews(block)) {
                block.leaving = true;
                fresh.add(block);
            }
        }
        leaving.addAll(fresh.reversed());
    }

    /** Else whoever asks the same gets the same from the store. */
    @Override
    public void spoiled(TokenChain chain) {
        List<String> names = new ArrayList<>();
        PromptBlocks prompt = chain.prompt();
        for (int block = 0; block < Math.min(chain.named(), prompt.whole()); block++) {
            names.add(prompt.key(block).toString());
        }
        for (Block block = index.whole(chain.key()); block != null; block = index.whole(block.before)) {
            names.add(String.valueOf(block.key));
        }
        if (!names.isEmpty()) {
            store.forget(names);
        }
    }

    /** Whether it has pages that the store has not been given, and all that it has. */
    private static boolean isNews(Block block) {
        int groups = block.groups();
        return (groups & ~block.stored) != 0 && (block.stored & ~groups) == 0;
    }

    boolean hasMore() {
        return !leaving.isEmpty();
    }

    /**
     * Between steps: hands some blocks to the store, as far as it has room.
     *
     * @return whether there were any
     */
    boolean step() {
        long copied = 0;
        while (!leaving.isEmpty() && copied < STEP_BYTES) {
            Block block = leaving.element();
            if (isNews(block)) {
                ByteBuffer room = store.room();
                if (room == null) {
                    break;
                }
                copied += room.remaining();
                leave(block, room);
            }
            block.leaving = false; // What was given up in the meantime is gone.
            leaving.remove();
        }
        return copied > 0;
    }

    private void leave(Block block, ByteBuffer room) {
        int groups = block.groups();
        try {
            for (int group = 0; group < pageBytes.length; group++) {
                if ((groups >>> group & 1) != 0) {
                    room.limit(Math.toIntExact(room.position() + pageBytes[group]));
                    model.readPage(group, block.pages[group], room);
                    room.position(room.limit());
                }
            }
        } catch (RuntimeException | Error failure) {
            store.giveBack(room);
            throw failure;
        }
        block.stored = groups;
        store.keep(String.valueOf(block.key), groups, room.flip());
    }

    // ---- in

    /**
     * Looks for what the store may know of a prompt beyond what is here.
     *
     * @param then run once, soon, when all that comes has come
     * @return whether that will be; if not, nothing was asked
     */
    boolean seek(Request request, Runnable then) {
        PromptBlocks prompt = request.blocks;
        if (prompt == null || request.scoresPrompt()) {
            return false;
        }
        int count = (prompt.tokens.length - 1) / pageTokens; // The last token is computed in any case.
        int[] here = here(prompt, count);
        int from = span.firstLacking(here);
        if (span.longest(here) == count || from == count) {
            return false;
        }
        List<String> names = new ArrayList<>(count - from);
        for (int block = from; block < count; block++) {
            names.add(prompt.key(block).toString());
        }
        store.look(
                names,
                span.needsAll(),
                there -> later.accept(() -> looked(request.tenant(), prompt, count, from, there, then)));
        return true;
    }

    private int[] here(PromptBlocks prompt, int count) {
        int[] here = new int[count];
        for (int block = 0; block < count; block++) {
            Block known = index.whole(prompt.key(block));
            here[block] = known == null ? 0 : known.groups();
        }
        return here;
    }

    private void looked(Tenant tenant, PromptBlocks prompt, int count, int from, int[] there, Runnable then) {
        if (suspended) {
            then.run();
            return;
        }
        int[] here = here(prompt, count);
        int[] both = here.clone();
        for (int i = 0; i < there.length; i++) {
            both[from + i] |= there[i];
        }
        int known = span.longest(here);
        int blocks = span.longest(both);
        int[] wanted = span.lacking(here, blocks);
        while (blocks > known && !fits(wanted)) { // As much as memory has room for beside what is in use.
            blocks = span.longest(Arrays.copyOf(both, blocks - 1));
            wanted = span.lacking(here, blocks);
        }
        if (blocks <= known) {
            then.run();
            return;
        }
        int brought = blocks;
        List<Integer> numbers = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (int block = 0; block < wanted.length; block++) {
            if (wanted[block] != 0) {
                numbers.add(block);
                names.add(prompt.key(block).toString());
            }
        }
        store.fetch(names, new PageStore.Receiver() {
            @Override
            public void block(int number, int groups, ByteBuffer pages) {
                later.accept(() -> {
                    try {
                        bring(tenant, prompt, numbers.get(number), groups, pages);
                    } finally {
                        store.release(pages);
                    }
                });
            }

            @Override
            public void end() {
                later.accept(() -> {
                    inOrder(prompt, brought);
                    then.run();
                });
            }
        });
    }

    private boolean fits(int[] wanted) {
        for (int group = 0; group < pageBytes.length; group++) {
            int pages = 0;
            for (int groups : wanted) {
                pages += groups >>> group & 1;
            }
            if (pages > cache.spare(group)) {
                return false;
            }
        }
        return true;
    }

    /** The beginning is to be given up last. */
    private void inOrder(PromptBlocks prompt, int count) {
        for (int number = count - 1; number >= 0; number--) {
            Block block = index.whole(prompt.key(number));
            for (int group = 0; block != null && group < pageBytes.length; group++) {
                if (block.pages[group] != PageTable.NO_PAGE) {
                    cache.used(group, block.pages[group]);
                }
            }
        }
    }

    /** Puts a block into pages that nobody uses, to be found like any other. */
    private void bring(Tenant tenant, PromptBlocks prompt, int number, int groups, ByteBuffer bytes) {
        if (suspended) {
            return;
        }
        Block known = index.whole(prompt.key(number));
        int missing = groups & ~(known == null ? 0 : known.groups());
        int[] pages = new int[pageBytes.length];
        Arrays.fill(pages, PageTable.NO_PAGE);
        int at = bytes.position();
        try {
            for (int group = 0; group < pages.length; group++) {
                if ((groups >>> group & 1) == 0) {
                    continue;
                }
                int length = Math.toIntExact(pageBytes[group]);
                if ((missing >>> group & 1) != 0 && cache.spare(group) > 0) {
                    pages[group] = cache.take(group);
                    model.writePage(group, pages[group], bytes.slice(at, length));
                }
                at += length;
            }
            int first = number * pageTokens;
            int[] tokens = Arrays.copyOfRange(prompt.tokens, first, first + pageTokens);
            index.keep(tenant, prompt.before(number), prompt.key(number), tokens, pages);
        } finally { // What could not be written is nobody's again.
            for (int group = 0; group < pages.length; group++) {
                if (pages[group] != PageTable.NO_PAGE) {
                    cache.giveBack(group, pages[group]);
                }
            }
        }
        Block now = index.whole(prompt.key(number));
        if (now != null) {
            now.stored |= groups;
        }
    }
}
