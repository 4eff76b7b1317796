package dev.tramontane.generation;

import dev.tramontane.engine.EngineLimits;
import dev.tramontane.engine.Guide;
import dev.tramontane.engine.Speculation;
import dev.tramontane.engine.Submission;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.model.Sampling;
import dev.tramontane.tokenizer.EncodingLimit;
import dev.tramontane.tokenizer.PromptText;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.TooManyTokensException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** What the engine is asked for, for a request whose prompt is known. Prompt threads: guides take time. Immutable. */
final class Submissions {
    private static final int[] NO_TOKENS = {};

    private final EngineLimits limits;
    private final Guides guides;
    private final Tokenizer tokenizer;
    private final Set<Integer> eosIds;
    private final int mostScored;
    private final int mostTokens;

    /**
     * @param mostScored entries of a scored prompt: its tokens times (1 + alternatives)
     * @param mostTokens of an answer; 0 for as many as there is room for
     */
    Submissions(EngineLimits limits, Guides guides, Tokenizer tokenizer, int mostScored, int mostTokens) {
        this.limits = limits;
        this.guides = guides;
        this.mostScored = mostScored;
        this.mostTokens = mostTokens;
        this.tokenizer = tokenizer;
        eosIds = eosIdsOf(tokenizer);
    }

    private static Set<Integer> eosIdsOf(Tokenizer tokenizer) {
        Set<Integer> eosIds = new HashSet<>();
        for (int id = 0; id < tokenizer.size(); id++) {
            if (tokenizer.endsGeneration(id)) {
                eosIds.add(id);
            }
        }
        return Set.copyOf(eosIds);
    }

    /**
     * Checks what a request asks for besides its prompt.
     *
     * @throws GenerationException INVALID, naming the field
     */
    void check(GenerationRequest request) {
        if (request.choices() < 1 || request.choices() > limits.maxChoices()) {
            throw invalid("n must be between 1 and " + limits.maxChoices() + ", got " + request.choices() + ".", "n");
        }
        for (int id : request.stops().tokens()) {
            check(id, "stop_token_ids");
        }
        Continuation continuation = request.continuation();
        if (continuation != null) {
            if (continuation.choice() < 0 || continuation.choice() >= request.choices()) {
                throw invalid(
                        "Answer " + continuation.choice() + " of " + request.choices() + " cannot be continued.",
                        "continuation");
            }
            for (int id : continuation.tokens()) {
                check(id, "continuation");
            }
        }
        for (Map.Entry<String, Set<Integer>> named : request.sampling().ids().entrySet()) {
            for (int id : named.getValue()) {
                check(id, named.getKey());
            }
        }
    }

    private void check(int id, String parameter) {
        if (id < 0 || id >= limits.vocabulary()) {
            throw invalid(
                    "Token " + id + " of " + parameter + " is not below the vocabulary's size, " + limits.vocabulary()
                            + ".",
                    parameter);
        }
    }

    /**
     * Makes a submission.
     *
     * @param complete whether nothing is left to generate of an answer that is continued
     * @param gone whether nobody waits any more
     * @throws GenerationException INVALID or TOO_LARGE, naming the field
     * @throws CancellationException when nobody waits any more
     */
    Submission of(GenerationRequest request, PreparedPrompt prompt, boolean complete, BooleanSupplier gone) {
        AdapterChoice adapter = request.adapter();
        Submission free = free(request, prompt.ids(), complete).adapted(adapter == null ? null : adapter.loaded());
        if (free.maxTokens() == 0) {
            return free;
        }
        Guessing guessing = request.guessing();
        if (guessing != null) {
            free = free.speculating(speculation(guessing, request.continuation() != null, gone));
        }
        Supplier<Guide> each = guides.guides(request, prompt.thinks(), known(request), free.endTokens(), gone);
        return each == null ? free : free.guided(each);
    }

    /** @param goesOn whether it began elsewhere, where there may have been a draft model: without one it is not guessed */
    private Speculation speculation(Guessing guessing, boolean goesOn, BooleanSupplier gone) {
        if (guessing.method() == Speculation.Method.MODEL && !limits.drafts() && !goesOn) {
            throw invalid("This server has no draft model. Say auto or ngram.", "speculation.method");
        }
        Speculation wish = new Speculation(guessing.method(), guessing.tokens());
        if (guessing.expected().isEmpty() || !wish.guesses()) {
            return wish;
        }
        try {
            PromptText text = PromptText.of(guessing.expected());
            return wish.expecting(tokenizer.encode(text, new EncodingLimit(limits.contextTokens(), gone)));
        } catch (TooManyTokensException tooMany) {
            throw invalid(
                    "The predicted text has more than " + limits.contextTokens()
                            + " tokens, but no answer has. Send what is likely to be in the answer.",
                    "prediction");
        }
    }

    private Submission free(GenerationRequest request, int[] ids, boolean complete) {
        int room = limits.contextTokens() - ids.length;
        int maxTokens = request.maxTokens().orElse(Math.max(room, 1));
        if (maxTokens > room) {
            boolean asked = request.maxTokens().isPresent();
            throw tooLong(
                    "The prompt takes " + ids.length + (asked ? " and the answer was to have " + maxTokens + "." : "."),
                    "Shorten the prompt" + (asked ? " or max_tokens." : "."),
                    ids.length < limits.contextTokens() ? "max_tokens" : "prompt");
        }
        int answer = mostTokens == 0 ? maxTokens : Math.min(maxTokens, mostTokens);
        int[] known = known(request);
        if (known.length > answer) {
            throw invalid(
                    "An answer of " + answer + " tokens at most cannot be continued after " + known.length + ".",
                    "max_tokens");
        }
        Set<Integer> endTokens = new HashSet<>(request.stops().tokens());
        if (!request.stops().ignoreEnd()) {
            endTokens.addAll(eosIds);
        }
        return new Submission(
                known.length == 0 ? ids : joined(ids, known),
                known.length,
                complete ? known.length : answer,
                Math.min(request.stops().minTokens(), answer),
                endTokens,
                samplingOf(request),
                request.tops(),
                promptTops(request, ids.length),
                // Demand follows through the handles, token by token; scoring alone samples none.
                maxTokens == 0 ? 1 : 0,
                request.tenant(),
                request.urgency());
    }

    private int promptTops(GenerationRequest request, int promptTokens) {
        int tops = request.continuation() == null ? request.promptTops() : -1;
        if (tops >= 0 && (long) promptTokens * (1 + tops) > mostScored) {
            throw invalid(
                    "Scoring " + promptTokens + " prompt tokens with " + tops + " alternatives each gives more than "
                            + mostScored + " entries. Ask for fewer alternatives or send a shorter prompt.",
                    "logprobs");
        }
        return tops;
    }

    /** The engine knows only the choice that is continued, which keeps the seed of its number. */
    private static Sampling samplingOf(GenerationRequest request) {
        Continuation continuation = request.continuation();
        Sampling sampling = request.sampling();
        return continuation == null ? sampling : sampling.withSeed(sampling.seed() + continuation.choice());
    }

    private static int[] known(GenerationRequest request) {
        Continuation continuation = request.continuation();
        return continuation == null ? NO_TOKENS : continuation.tokens();
    }

    private static int[] joined(int[] first, int[] second) {
        int[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /** Of a prompt that has more tokens than there is room for. */
    GenerationException tooLong() {
        return tooLong("The prompt has more.", "Shorten the prompt.", "prompt");
    }

    private GenerationException tooLong(String given, String advice, String parameter) {
        return new GenerationException(
                Kind.TOO_LARGE,
                "This model's context is " + limits.contextTokens() + " tokens. " + given + " " + advice,
                parameter,
                0);
    }

    private static GenerationException invalid(String message, String parameter) {
        return new GenerationException(Kind.INVALID, message, parameter, 0);
    }
}
