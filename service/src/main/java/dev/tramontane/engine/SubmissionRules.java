package dev.tramontane.engine;

import dev.tramontane.engine.RefusedException.Cause;
import dev.tramontane.model.StepBatch;

/** What a submission must satisfy before it may wait. Immutable; any thread. */
final class SubmissionRules {
    private final CachePlan plan;
    private final EngineLimits limits;

    SubmissionRules(CachePlan plan, EngineLimits limits) {
        this.plan = plan;
        this.limits = limits;
    }

    EngineLimits limits() {
        return limits;
    }

    /**
     * Tokens of prompt and answer at most: the answer ends with the context at the latest.
     *
     * @throws IllegalArgumentException when the submission means nothing; the message names the field
     * @throws RefusedException TOO_LARGE when it could not run even alone
     */
    int length(Submission submission, int choices) throws RefusedException {
        check(submission, choices);
        if (submission.continued() == 0) {
            return length(submission.prompt().length, submission.maxTokens(), choices);
        }
        int asked = submission.asked();
        int context = limits.contextTokens();
        if (submission.prompt().length > context || asked == context) {
            throw tooLarge("the prompt has " + asked + " tokens and its answer " + submission.continued()
                    + ", but the context holds " + context + " together with the answer; shorten the prompt");
        }
        return fitting(submission.prompt().length, (int) Math.min((long) asked + submission.maxTokens(), context), 1);
    }

    /** The same of a prompt of so many tokens, from the beginning. */
    int length(int prompt, int maxTokens, int choices) throws RefusedException {
        check(choices >= 1, "choices must be at least 1, got", choices);
        check(prompt >= 1, "the prompt must have at least 1 token, got", prompt);
        check(maxTokens >= 0, "max_tokens must be 0 or more, got", maxTokens);
        if (choices > limits.maxChoices()) {
            throw tooLarge(
                    choices + " choices are more than the " + limits.maxChoices() + " that one request may have");
        }
        int context = limits.contextTokens();
        if (prompt > context || (prompt == context && maxTokens > 0)) {
            throw tooLarge("the prompt has " + prompt + " tokens, but the context holds " + context
                    + " together with the answer; shorten the prompt");
        }
        return fitting(prompt, (int) Math.min((long) prompt + maxTokens, context), choices);
    }

    private int fitting(int prompt, int length, int choices) throws RefusedException {
        if (!plan.fits(prompt, length, choices)) {
            throw tooLarge((choices == 1 ? "an answer" : choices + " answers") + " up to token " + length
                    + (choices == 1 ? " needs" : " need")
                    + " more cache than there is; ask for fewer choices or fewer tokens");
        }
        return length;
    }

    private void check(Submission submission, int choices) {
        for (int token : submission.prompt()) {
            check(token >= 0 && token < limits.vocabulary(), "a prompt token is outside the vocabulary:", token);
        }
        check(
                submission.continued() == 0
                        || (submission.continued() > 0 && submission.continued() < submission.prompt().length),
                "the continued tokens must be fewer than the prompt's (" + submission.prompt().length + "), got",
                submission.continued());
        check(submission.continued() == 0 || choices == 1, "a continued answer has 1 choice, got", choices);
        check(
                submission.continued() == 0 || submission.continued() <= submission.maxTokens(),
                "the continued tokens must be max_tokens (" + submission.maxTokens() + ") at most, got",
                submission.continued());
        check(submission.minTokens() >= 0, "min_tokens must be 0 or more, got", submission.minTokens());
        for (int token : submission.endTokens()) {
            check(token >= 0 && token < limits.vocabulary(), "an end token is outside the vocabulary:", token);
        }
        submission.sampling().ids().forEach((field, ids) -> {
            for (int token : ids) {
                check(token >= 0 && token < limits.vocabulary(), field + " has an id outside the vocabulary:", token);
            }
        });
        checkTops("top logprobs", submission.tops());
        checkTops("top prompt logprobs", submission.promptTops());
        check(submission.initialDemand() >= 0, "the initial demand must be 0 or more, got", submission.initialDemand());
    }

    private static void checkTops(String what, int tops) {
        check(
                tops >= -1 && tops <= StepBatch.MAX_TOP,
                what + " must be between 0 and " + StepBatch.MAX_TOP + ", got",
                tops);
    }

    private static void check(boolean holds, String rule, long given) {
        if (!holds) {
            throw new IllegalArgumentException(rule + " " + given);
        }
    }

    private static RefusedException tooLarge(String message) {
        return new RefusedException(Cause.TOO_LARGE, message, 0);
    }
}
