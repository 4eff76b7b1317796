package dev.tramontane.structure;

import java.lang.ref.Cleaner;
import java.util.List;

/**
 * What an answer must be, for one vocabulary. Any thread and any number of sequences at a time: they share what they find out. Making masks takes
 * up to milliseconds, so never on an event loop.
 */
public final class Structure {
    private static final Cleaner CLEANER = Cleaner.create();

    private final TokenTree tokens;
    private final Machine machine;
    private final long[] scratch;

    /** Of what never changes. */
    private final long fixedBytes;

    private final CacheMeter.Share share;
    private final long effort;
    private final int nodes;
    private final int characters;

    private long masksMade;

    private Structure(Form form, int characters, TokenTree tokens, StructureLimits limits, CacheMeter meter) {
        this.tokens = tokens;
        this.characters = characters;
        Effort effort = new Effort(limits);
        Network network = NetworkBuilder.build(FormExpressions.of(form, effort), tokens.single(), limits.nodes());
        this.nodes = network.kinds().length;
        this.effort = effort.spent() + nodes;
        this.share = meter.new Share();
        try {
            this.machine = new Machine(network, limits, tokens, share);
        } catch (WorkExceededException ambiguous) {
            throw new StructureException("", String.valueOf(ambiguous.getMessage()));
        }
        this.scratch = new long[(tokens.tokens() + 63) / 64];
        this.fixedBytes = network.bytes() + 8L * scratch.length;
        CLEANER.register(this, share);
    }

    /**
     * What a form means. {@link Structures} does the same and keeps what it made.
     *
     * @throws StructureException where it is wrong, not supported or too large, or no text fits
     */
    public static Structure of(Form form, TokenTree tokens, StructureLimits limits) {
        return of(form, FormKey.of(form, limits).characters(), tokens, limits, new CacheMeter(Long.MAX_VALUE));
    }

    /** @param characters of the form */
    static Structure of(Form form, int characters, TokenTree tokens, StructureLimits limits, CacheMeter meter) {
        try {
            return new Structure(form, characters, tokens, limits, meter);
        } catch (StructureException refused) {
            if (!StructureException.NO_TEXT.equals(refused.getMessage())) {
                throw refused;
            }
            throw EmptyParts.named(refused, form, tokens.single(), limits);
        }
    }

    /**
     * One of these texts.
     *
     * @throws StructureException where there are none, they are too long together, or none can be spelled in this vocabulary
     */
    public static Structure choice(List<String> choices, TokenTree tokens, StructureLimits limits) {
        return of(new Form.Choice(choices), tokens, limits);
    }

    /**
     * A text that a regular expression matches from its beginning to its end: see {@link RegexReader} for the dialect.
     *
     * @throws StructureException where it is wrong, not supported or too large, or nothing matches
     */
    public static Structure regex(String pattern, TokenTree tokens, StructureLimits limits) {
        return of(new Form.Regex(pattern), tokens, limits);
    }

    static void checkLength(long length, StructureLimits limits) {
        if (length > limits.sourceCharacters()) {
            throw new StructureException(
                    "", "it has " + length + " characters; at most " + limits.sourceCharacters() + " are read");
        }
    }

    /**
     * At the beginning of a text.
     *
     * @param ends ids that end an answer: allowed where the text is complete, and nowhere else
     */
    public Matcher matcher(int... ends) {
        for (int end : ends) {
            if (end < 0 || end >= tokens.tokens()) {
                throw new IllegalArgumentException("token " + end + " of " + tokens.tokens());
            }
        }
        return new Matcher(this, machine.start(), ends.clone());
    }

    int maskWords() {
        return scratch.length;
    }

    /** Bytes of heap that all of it takes at present, about, without its vocabulary. */
    public long bytes() {
        return fixedBytes + cachedBytes();
    }

    /** Bytes of heap that its states and masks take at present, about; what is forgotten beyond its limit is made anew. */
    public long cachedBytes() {
        return share.bytes();
    }

    /** It isn't kept any more: what it keeps itself counts where somebody still uses it, and else no longer. */
    void leave() {
        share.leave();
    }

    /** What compiling it took, as {@link Effort} counts. */
    long effort() {
        return effort;
    }

    /** Of its network. */
    int nodes() {
        return nodes;
    }

    /** Of the form that it was compiled from. */
    int characters() {
        return characters;
    }

    /** Masks that were computed since it was compiled, as opposed to found. */
    long masksMade() {
        synchronized (machine) {
            return masksMade;
        }
    }

    /**
     * Writes which tokens may follow.
     *
     * @param matcher keeps what was begun where it takes more moves: it is gone on with there, whatever the machine forgets meanwhile
     * @return the moves that it took
     */
    int mask(State state, int moves, long[] words, Matcher matcher) {
        boolean sliced = state.slice != TokenTree.NO_SLICE;
        State canonical = state.canonical;
        Mask known = sliced ? canonical.others : canonical.mask;
        int took = 0;
        if (known == null) {
            synchronized (machine) {
                try {
                    State here = machine.begin(canonical, moves);
                    Mask found = sliced ? here.others : here.mask;
                    known = found == null ? made(here, sliced, matcher) : found;
                    took = found == null ? machine.moves() : 0;
                } finally {
                    machine.end();
                }
            }
        }
        if (sliced) {
            tokens.writePlain(words, state.slice);
            known.add(words);
        } else {
            known.write(words);
        }
        return took;
    }

    /** @param others whether of tokens that aren't plain only */
    private Mask made(State state, boolean others, Matcher matcher) {
        TokenTree tree = others ? tokens.withoutPlain() : tokens;
        Walk begun = matcher.takeBegun();
        Walk walk = begun != null && begun.isOf(state, tree) ? begun : new Walk(state, tree, machine, scratch);
        try {
            walk.go();
        } catch (WorkExceededException more) {
            walk.leave();
            matcher.keepBegun(walk);
            throw more;
        }
        masksMade++;
        Mask made = walk.mask();
        machine.keep(state, made, others);
        return made;
    }

    /** The state after a token; {@link State#DEAD} where it doesn't fit. */
    State after(State state, int token, int moves) {
        byte[] bytes = token < 0 || token >= tokens.tokens() ? new byte[0] : tokens.bytes(token);
        if (bytes.length == 0) {
            return State.DEAD;
        }
        synchronized (machine) {
            try {
                State reached = machine.begin(state, moves);
                for (int at = 0; at < bytes.length && !reached.isDead(); at++) {
                    reached = machine.pass(reached, machine.network().classes()[bytes[at] & 0xff]);
                }
                return reached;
            } finally {
                machine.end();
            }
        }
    }
}
