package dev.tramontane.generation;

import dev.tramontane.engine.Guide;
import dev.tramontane.engine.GuideException;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.structure.Structure;
import dev.tramontane.structure.StructureException;
import dev.tramontane.structure.StructureLimits;
import dev.tramontane.structure.Structures;
import dev.tramontane.structure.TokenTree;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes guides of the forms that answers must have, for one model's vocabulary. What they share is compiled once and kept. Prompt threads: compiling
 * takes milliseconds, and the first time of all the vocabulary is put in order, which takes about a second for a large one.
 */
final class Guides {
    /** Of the heap, for all structures that are kept together, up to {@link #MOST_BYTES}; a sixteenth of it for the masks of one. */
    private static final int SHARE_OF_HEAP = 8;

    private static final long MOST_BYTES = 128L << 20;
    private static final int SHARE_OF_ONE = 16;
    private static final int CHECK_EVERY = 64;

    private final TokenTexts texts;
    private final int vocabulary;
    private final GuideObserver observer;
    private @Nullable Structures structures;

    /** @param vocabulary ids that the model may draw, those without a token included */
    Guides(TokenTexts texts, int vocabulary, GuideObserver observer) {
        this.texts = texts;
        this.vocabulary = vocabulary;
        this.observer = observer;
    }

    /**
     * What gives each choice its guide.
     *
     * @param known tokens of the answer that is continued, which guides are past
     * @param ends ids that end an answer
     * @param gone whether nobody waits any more
     * @throws GenerationException INVALID when the form is wrong, not supported or too large, or the known tokens don't have it
     * @throws CancellationException when nobody waits any more
     */
    Supplier<Guide> guides(AnswerForm form, int[] known, Set<Integer> ends, BooleanSupplier gone) {
        Structure structure = compiled(form);
        int[] endIds = ends.stream().mapToInt(Integer::intValue).toArray();
        if (known.length == 0) {
            return () -> new StructureGuide(structure.matcher(endIds));
        }
        // A continued answer is one choice.
        Guide past = new StructureGuide(structure.matcher(endIds));
        for (int at = 0; at < known.length; at++) {
            if (at % CHECK_EVERY == 0 && gone.getAsBoolean()) {
                throw new CancellationException("nobody waits for the answer");
            }
            follow(past, known, at, form);
        }
        return () -> past;
    }

    private static void follow(Guide past, int[] known, int at, AnswerForm form) {
        try {
            if (past.accept(known[at])) {
                return;
            }
        } catch (GuideException e) {
            throw new GenerationException(Kind.INVALID, e.getMessage() + ".", form.field(), 0);
        }
        throw new GenerationException(
                Kind.INVALID,
                "The answer cannot be continued from there: its token " + at + " does not have the form that "
                        + form.field() + " asks for.",
                "continuation",
                0);
    }

    private Structure compiled(AnswerForm form) {
        Structures all = structures();
        long begun = System.nanoTime();
        long before = all.compiled();
        try {
            return all.structure(form.form());
        } catch (StructureException refused) {
            throw new GenerationException(
                    Kind.INVALID, form.field() + " is refused: " + refused.getMessage() + ".", form.field(), 0);
        } finally {
            observer.structure(all.compiled() > before, System.nanoTime() - begun, all.bytes());
        }
    }

    private synchronized Structures structures() {
        Structures made = structures;
        if (made == null) {
            long most = Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
            StructureLimits usual = StructureLimits.DEFAULT;
            StructureLimits limits = new StructureLimits(
                    usual.sourceCharacters(),
                    usual.nesting(),
                    usual.nodes(),
                    usual.positions(),
                    usual.moves(),
                    usual.states(),
                    Math.max(most / SHARE_OF_ONE, 1 << 20));
            made = new Structures(TokenTree.of(vocabulary, texts::bytes), limits, most);
            structures = made;
        }
        return made;
    }
}
