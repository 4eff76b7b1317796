package dev.tramontane.generation;

import dev.tramontane.answer.CallRules;
import dev.tramontane.answer.Tools;
import dev.tramontane.engine.Tenant;
import dev.tramontane.engine.Urgency;
import dev.tramontane.model.Sampling;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A request for text.
 *
 * @param prompt what to continue
 * @param choices answers wanted (n); they share the prompt's pages
 * @param maxTokens limit of each answer; empty: up to the end of the context; 0: only score the prompt
 * @param stops what ends an answer before that
 * @param sampling how tokens are sampled; choice i uses seed + i
 * @param showControl whether control tokens appear in the text by their spelling (skip_special_tokens false)
 * @param tops alternatives per generated token, 0..20; -1: no log-probabilities
 * @param promptTops alternatives per prompt token, 0..20; -1: the prompt is not scored
 * @param tenant for whom
 * @param continuation null for the whole; else only that answer is generated, from there on: its deltas, with the index
 *     it has, are those that would have followed, and its usage is that of the whole answer. The prompt is not scored
 * @param urgency when
 * @param form what each answer must be; null where it may be anything
 * @param calls which of the prompt's tools each answer may call, and whether it must
 * @param thinking tokens that thoughts of each answer may have; empty for any number
 * @param guessing whether and how its tokens are guessed ahead; null for what the engine does by itself
 * @param adapter that all of it is computed with; null for none
 */
public record GenerationRequest(
        Prompt prompt,
        int choices,
        OptionalInt maxTokens,
        StopRules stops,
        Sampling sampling,
        boolean showControl,
        int tops,
        int promptTops,
        Tenant tenant,
        @Nullable Continuation continuation,
        Urgency urgency,
        @Nullable AnswerForm form,
        CallRules calls,
        OptionalInt thinking,
        @Nullable Guessing guessing,
        @Nullable AdapterChoice adapter) {

    /** The whole, for nobody in particular, whenever its turn comes. */
    public GenerationRequest(
            Prompt prompt,
            int choices,
            OptionalInt maxTokens,
            StopRules stops,
            Sampling sampling,
            boolean showControl,
            int tops,
            int promptTops) {
        this(
                prompt,
                choices,
                maxTokens,
                stops,
                sampling,
                showControl,
                tops,
                promptTops,
                Tenant.COMMON,
                null,
                Urgency.NONE,
                null,
                CallRules.FREE,
                OptionalInt.empty(),
                null,
                null);
    }

    /** The same, computed with an adapter. */
    public GenerationRequest adapted(@Nullable AdapterChoice other) {
        Draft draft = new Draft(this);
        draft.adapter = other;
        return draft.request();
    }

    /** The tools that an answer may call, and by which rules; null where it is read as a text, whatever it looks like. */
    @Nullable
    Tools tools() {
        Tools offered = prompt.tools();
        return offered == null ? null : offered.by(calls);
    }

    /** The same for somebody. */
    public GenerationRequest of(Tenant other) {
        Draft draft = new Draft(this);
        draft.tenant = other;
        return draft.request();
    }

    /** The rest of an interrupted answer to this request. */
    public GenerationRequest continuing(Continuation from) {
        Draft draft = new Draft(this);
        draft.continuation = from;
        return draft.request();
    }

    /** The same at another time. */
    public GenerationRequest when(Urgency other) {
        Draft draft = new Draft(this);
        draft.urgency = other;
        return draft.request();
    }

    /** The same for another prompt. */
    public GenerationRequest asking(Prompt other) {
        Draft draft = new Draft(this);
        draft.prompt = other;
        draft.continuation = null;
        return draft.request();
    }

    /** The same, and the prompt is scored with so many alternatives for a token; -1: it is not. */
    public GenerationRequest scoring(int alternatives) {
        Draft draft = new Draft(this);
        draft.promptTops = alternatives;
        return draft.request();
    }

    /** The same, and each answer must be this. */
    public GenerationRequest formed(@Nullable AnswerForm other) {
        Draft draft = new Draft(this);
        draft.form = other;
        return draft.request();
    }

    /** The same, and each answer may make these calls. */
    public GenerationRequest calling(CallRules other) {
        Draft draft = new Draft(this);
        draft.calls = other;
        return draft.request();
    }

    /** The same, and thoughts of each answer have so many tokens at most. */
    public GenerationRequest thinkingAtMost(OptionalInt tokens) {
        Draft draft = new Draft(this);
        draft.thinking = tokens;
        return draft.request();
    }

    /** The same, guessed ahead like this; null for what the engine does by itself. */
    public GenerationRequest guessed(@Nullable Guessing other) {
        Draft draft = new Draft(this);
        draft.guessing = other;
        return draft.request();
    }

    /** The same without an answer: the prompt is computed, and not scored. */
    public GenerationRequest preparing() {
        Draft draft = new Draft(this);
        draft.maxTokens = OptionalInt.of(0);
        draft.tops = -1;
        draft.promptTops = -1;
        draft.continuation = null;
        draft.form = null;
        draft.calls = CallRules.FREE;
        draft.thinking = OptionalInt.empty();
        draft.guessing = null;
        return draft.request();
    }

    /** Another request, of which all that is not said otherwise is as in the first. */
    private static final class Draft {
        private final GenerationRequest as;
        private Prompt prompt;
        private OptionalInt maxTokens;
        private int tops;
        private int promptTops;
        private Tenant tenant;
        private @Nullable Continuation continuation;
        private Urgency urgency;
        private @Nullable AnswerForm form;
        private CallRules calls;
        private OptionalInt thinking;
        private @Nullable Guessing guessing;
        private @Nullable AdapterChoice adapter;

        Draft(GenerationRequest as) {
            this.as = as;
            prompt = as.prompt;
            maxTokens = as.maxTokens;
            tops = as.tops;
            promptTops = as.promptTops;
            tenant = as.tenant;
            continuation = as.continuation;
            urgency = as.urgency;
            form = as.form;
            calls = as.calls;
            thinking = as.thinking;
            guessing = as.guessing;
            adapter = as.adapter;
        }

        GenerationRequest request() {
            return new GenerationRequest(
                    prompt,
                    as.choices,
                    maxTokens,
                    as.stops,
                    as.sampling,
                    as.showControl,
                    tops,
                    promptTops,
                    tenant,
                    continuation,
                    urgency,
                    form,
                    calls,
                    thinking,
                    guessing,
                    adapter);
        }
    }
}
