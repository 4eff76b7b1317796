package dev.tramontane.generation;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.ThoughtStyle;
import dev.tramontane.answer.Tools;
import dev.tramontane.engine.Guide;
import dev.tramontane.engine.GuideException;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.generation.guide.BudgetGuide;
import dev.tramontane.generation.guide.Course;
import dev.tramontane.generation.guide.Courses;
import dev.tramontane.generation.guide.Part;
import dev.tramontane.generation.guide.StructureGuide;
import dev.tramontane.generation.guide.Tokens;
import dev.tramontane.generation.guide.UnforcedException;
import dev.tramontane.structure.Form;
import dev.tramontane.structure.MaskWarmUp;
import dev.tramontane.structure.Structure;
import dev.tramontane.structure.StructureException;
import dev.tramontane.structure.StructureLimits;
import dev.tramontane.structure.Structures;
import dev.tramontane.structure.Together;
import dev.tramontane.structure.TokenTree;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes guides of the forms that answers must have, for one model's vocabulary. What they share is compiled once and kept. Prompt threads: compiling
 * takes milliseconds, and before the first time of all the vocabulary is put in order, which takes about a second for a large one: {@link #warmUp} does it before anybody asks.
 */
final class Guides {
    private static final Logger LOG = LoggerFactory.getLogger(Guides.class);

    /** Of the heap, for all structures that are kept together, up to {@link #MOST_BYTES}; a sixteenth of it for the masks of one. */
    private static final int SHARE_OF_HEAP = 8;

    private static final long MOST_BYTES = 128L << 20;
    private static final int SHARE_OF_ONE = 16;
    private static final String BUDGET = "thinking_token_budget";
    private static final int CHECK_EVERY = 64;

    private final Courses courses;
    private final TokenTexts texts;
    private final int vocabulary;
    private final GuideObserver observer;
    private @Nullable Structures structures;
    private @Nullable Tokens tokens;
    private @Nullable TokenTree tree;

    /**
     * @param style of the model's answers
     * @param vocabulary ids that the model may draw, those without a token included
     */
    Guides(AnswerStyle style, TokenTexts texts, int vocabulary, GuideObserver observer) {
        this.courses = new Courses(style, texts::controlId);
        this.texts = texts;
        this.vocabulary = vocabulary;
        this.observer = observer;
    }

    /**
     * What gives each choice its guide.
     *
     * @param thinking whether the prompt has opened a thought
     * @param known tokens of the answer that is continued, which guides are past
     * @param ends ids that end an answer
     * @param gone whether nobody waits any more
     * @return null where an answer may be anything
     * @throws GenerationException INVALID when what is asked for is wrong, not supported or too large, or the known tokens don't have it
     * @throws CancellationException when nobody waits any more
     */
    @Nullable
    Supplier<Guide> guides(
            GenerationRequest request, boolean thinking, int[] known, Set<Integer> ends, BooleanSupplier gone) {
        AnswerForm form = request.form();
        Tools tools = request.tools();
        int[] endIds = ends.stream().mapToInt(Integer::intValue).toArray();
        @Nullable Supplier<Guide> made;
        if (tools != null && courses.concern(form != null, tools, request.calls())) {
            Course course = course(request, tools, thinking, endIds, gone);
            made = course::guide;
        } else if (form != null) {
            Structure structure = compiled(form.form(), form.field());
            made = () -> new StructureGuide(structure.matcher(endIds));
        } else {
            made = null;
        }
        if (request.thinking().isPresent()) {
            made = budgeted(
                    made,
                    tools == null ? Tools.NONE : tools,
                    thinking,
                    request.thinking().getAsInt());
        }
        if (made == null || known.length == 0) {
            return made;
        }
        Guide past = made.get(); // A continued answer is one choice.
        for (int at = 0; at < known.length; at++) {
            if (at % CHECK_EVERY == 0 && gone.getAsBoolean()) {
                throw new CancellationException("nobody waits for the answer");
            }
            follow(
                    past,
                    known,
                    at,
                    form != null ? form.field() : request.calls().isFree() ? BUDGET : "tool_choice");
        }
        return () -> past;
    }

    /**
     * @param rest what an answer is held to besides; null for nothing
     * @param tools that it may call
     */
    private Supplier<Guide> budgeted(@Nullable Supplier<Guide> rest, Tools tools, boolean thinking, int most) {
        ThoughtStyle style = courses.style().thoughts();
        if (style == null) {
            throw new GenerationException(
                    Kind.INVALID,
                    "Nothing is known of thoughts in this model's answers, so they cannot be limited.",
                    BUDGET,
                    0);
        }
        OptionalInt close = texts.controlId(style.close());
        Structure spelled = close.isPresent() ? null : compiled(Form.text(style.close()), BUDGET);
        return () -> new BudgetGuide(
                rest == null ? null : rest.get(),
                tokens(),
                texts.meter(courses.style(), tools, thinking),
                most,
                close,
                spelled);
    }

    private Course course(GenerationRequest request, Tools tools, boolean thinking, int[] ends, BooleanSupplier gone) {
        AnswerForm form = request.form();
        try {
            Part start = courses.start(form == null ? null : form.form(), tools, request.calls(), thinking);
            Map<Part, Structure> compiled = new HashMap<>();
            Together together = structures().together();
            for (Part part : start.all()) {
                if (gone.getAsBoolean()) {
                    throw new CancellationException("nobody waits for the answer");
                }
                Form text = part.form();
                if (text != null) {
                    compiled.put(part, compiled(together, text, form == null ? "tools" : form.field()));
                }
            }
            return new Course(start, compiled, tokens(), ends);
        } catch (UnforcedException unforced) {
            String field = form != null && request.calls().isFree() ? form.field() : unforced.field();
            throw new GenerationException(Kind.INVALID, String.valueOf(unforced.getMessage()), field, 0);
        }
    }

    private static void follow(Guide past, int[] known, int at, String field) {
        try {
            if (past.accept(known[at])) {
                return;
            }
        } catch (GuideException e) {
            throw new GenerationException(Kind.INVALID, e.getMessage() + ".", field, 0);
        }
        throw new GenerationException(
                Kind.INVALID,
                "The answer cannot be continued from there: its token " + at + " does not have the form that " + field
                        + " asks for.",
                "continuation",
                0);
    }

    private Structure compiled(Form form, String field) {
        return compiled(structures().together(), form, field);
    }

    private Structure compiled(Together together, Form form, String field) {
        Structures all = structures();
        long begun = System.nanoTime();
        long before = all.compiled();
        try {
            return together.structure(form);
        } catch (StructureException refused) {
            throw new GenerationException(Kind.INVALID, field + " is refused: " + refused.getMessage() + ".", field, 0);
        } finally {
            observer.structure(all.compiled() > before, System.nanoTime() - begun, all.bytes());
        }
    }

    /**
     * Puts the vocabulary in order, and makes some masks over it. Stops early where the thread is interrupted. Any thread that may take seconds. What fails is logged: whoever
     * asks for a form then hears of it.
     */
    void warmUp() {
        try {
            warm();
        } catch (RuntimeException | Error fault) { // Nobody waits for what this thread throws.
            LOG.error("forms of answers could not be prepared; requests without one are answered all the same", fault);
        }
    }

    private void warm() {
        long begun = System.nanoTime();
        structures();
        tokens();
        long ordered = System.nanoTime();
        long masks = MaskWarmUp.run(tree(), limits());
        LOG.info(
                "forms of answers: the vocabulary of {} tokens was put in order in {} ms, and masks are warm after {}"
                        + " ms more and {} of them",
                vocabulary,
                (ordered - begun) / 1_000_000,
                (System.nanoTime() - ordered) / 1_000_000,
                masks);
    }

    private synchronized Structures structures() {
        Structures made = structures;
        if (made == null) {
            made = new Structures(tree(), limits(), mostBytes());
            structures = made;
        }
        return made;
    }

    private synchronized Tokens tokens() {
        Tokens made = tokens;
        if (made == null) {
            made = new Tokens(vocabulary, texts::isSilent, texts::bytes);
            tokens = made;
        }
        return made;
    }

    private synchronized TokenTree tree() {
        TokenTree made = tree;
        if (made == null) {
            made = TokenTree.of(vocabulary, texts::bytes);
            tree = made;
        }
        return made;
    }

    private static StructureLimits limits() {
        StructureLimits usual = StructureLimits.DEFAULT;
        return new StructureLimits(
                usual.sourceCharacters(),
                usual.nesting(),
                usual.nodes(),
                usual.positions(),
                usual.moves(),
                usual.states(),
                Math.max(mostBytes() / SHARE_OF_ONE, 1 << 20));
    }

    private static long mostBytes() {
        return Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
    }
}
