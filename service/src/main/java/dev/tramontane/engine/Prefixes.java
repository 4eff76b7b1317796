package dev.tramontane.engine;

/**
 * Lets sequences share what was computed once: finds the beginning of a prompt, and keeps what becomes whole. Engine
 * thread only.
 */
final class Prefixes {
    private final KvCache cache;
    private final PrefixIndex index;
    private final RollingWindow[] windows;
    private final int pageTokens;
    private Turns turns = Turns.UNHEARD;
    private long sought;
    private long found;

    Prefixes(KvCache cache, CachePlan plan) {
        this.cache = cache;
        index = cache.index();
        windows = plan.windows().toArray(RollingWindow[]::new);
        pageTokens = plan.shape().pageTokens();
    }

    /** From now on this hears of turns. */
    void tell(Turns listener) {
        turns = listener;
    }

    /** A sequence ends here. */
    void turnEnded(Sequence sequence) {
        ended(sequence);
        TokenChain chain = sequence.table().chain;
        if (chain != null && sequence.computed > 0) {
            turns.ended(chain);
        }
    }

    /** Prompt tokens that were looked for since the start. */
    long sought() {
        return sought;
    }

    /** Prompt tokens of these that were there. */
    long found() {
        return found;
    }

    /**
     * Takes over what is there of a sequence's prompt, also in the middle of it, when others have come further in the
     * meantime. The last token is left to compute, for what comes after it.
     *
     * @return whether there was more than it had
     */
    boolean find(Sequence sequence) {
        Request request = sequence.request;
        PromptBlocks prompt = request.blocks;
        int most = request.prompt().length - 1;
        if (prompt == null || request.scoresPrompt() || sequence.computed >= most) {
            return false;
        }
        if (!request.sought) {
            request.sought = true;
            sought += request.prompt().length;
        } else if (!index.mayKnowMore(prompt, sequence.computed)) {
            return false;
        }
        PrefixHit hit = index.find(prompt, most, sequence.computed);
        TokenChain chain = sequence.table().chain;
        if (hit == null || chain == null) {
            return false;
        }
        cache.adopt(sequence.table(), hit);
        chain.found(hit.tokens());
        found += hit.tokens() - sequence.computed;
        sequence.cached += hit.tokens() - sequence.computed;
        sequence.computed = hit.tokens();
        return true;
    }

    /** More of a sequence is computed: blocks that are whole now can be found from now on. */
    void computed(Sequence sequence) {
        if (sequence.hasTable()) {
            keepWhole(sequence.table(), sequence.computed);
        }
    }

    /** The prompt or the sequence ends here, so somebody will likely go on from here. */
    void ended(Sequence sequence) {
        PageTable table = sequence.table();
        TokenChain chain = table.chain;
        int computed = sequence.computed;
        if (chain == null || computed == 0) {
            return;
        }
        keepWhole(table, computed);
        if (computed % pageTokens > 0) {
            int[] tokens = chain.tokensTo(computed);
            index.keep(table.reservation.tenant, chain.key(), null, tokens, pages(table, computed - 1));
        }
        for (int group = 0; group < windows.length; group++) {
            RollingWindow window = windows[group];
            if (window.window() > 1) {
                long last = window.page(computed - 1);
                for (long block = window.firstPageSeen(computed); block <= last; block++) {
                    index.kept(group).keepLong(table.pages[group][window.entryOfPage(block)]);
                }
            }
        }
    }

    /** What a sequence computed is not to be trusted, or what it found: also what its windows have moved past. */
    void spoiled(Sequence sequence) {
        PageTable table = sequence.table();
        TokenChain chain = table.chain;
        if (chain != null) {
            turns.spoiled(chain);
            PromptBlocks prompt = chain.prompt();
            for (Block block = index.whole(chain.key()); block != null; ) {
                Block before = index.whole(block.before);
                drop(block);
                block = before;
            }
            for (int number = 0; number < Math.min(chain.named(), prompt.whole()); number++) {
                Block block = index.whole(prompt.key(number));
                if (block != null) { // Behind one that was given up.
                    drop(block);
                }
            }
        }
        for (int group = 0; group < windows.length; group++) {
            for (int page : table.pages[group]) {
                if (page != PageTable.NO_PAGE) {
                    cache.drop(group, page);
                }
            }
        }
    }

    private void drop(Block block) {
        for (int group = 0; group < windows.length; group++) {
            if (block.pages[group] != PageTable.NO_PAGE) {
                cache.drop(group, block.pages[group]);
            }
        }
    }

    private void keepWhole(PageTable table, int computed) {
        TokenChain chain = table.chain;
        if (chain == null) {
            return;
        }
        while ((chain.named() + 1) * pageTokens <= computed) {
            int end = (chain.named() + 1) * pageTokens;
            int[] tokens = chain.tokensTo(end);
            BlockKey before = chain.key();
            index.keep(table.reservation.tenant, before, chain.nameNext(), tokens, pages(table, end - 1));
        }
    }

    /** Of each group, the page in which a position lies. */
    private int[] pages(PageTable table, int position) {
        int[] pages = new int[windows.length];
        for (int group = 0; group < pages.length; group++) {
            pages[group] = table.pages[group][windows[group].entry(position)];
        }
        return pages;
    }
}
