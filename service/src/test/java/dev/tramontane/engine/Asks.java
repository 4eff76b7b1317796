package dev.tramontane.engine;

import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Submissions for tests. */
final class Asks {
    private Asks() {}

    /** Sizes that suit the fake model: tiny pages, a cache for so many sequences of the whole context. */
    static EngineConfig config(int lanes, int budget, int page, int context, int slots) {
        return new EngineConfig(
                new EngineConfig.Step(lanes, budget, Math.max(lanes, 8)),
                new EngineConfig.Cache(page, false, Long.MAX_VALUE / 4),
                new EngineConfig.Admission(slots, context, slots, 1 << 16, 1L << 32));
    }

    static EngineConfig withQueue(EngineConfig c, int requests, long tokens) {
        return new EngineConfig(
                new EngineConfig.Step(c.lanes(), c.tokenBudget(), c.maxSamples(), c.stepNanos()),
                new EngineConfig.Cache(c.pageTokens(), c.halfPrecision(), c.cacheBytes()),
                new EngineConfig.Admission(c.slots(), c.contextTokens(), c.maxChoices(), requests, tokens));
    }

    static int[] prompt(int length, int salt) {
        int[] prompt = new int[length];
        for (int i = 0; i < length; i++) {
            prompt[i] = Math.floorMod(i * 7 + salt * 13 + i * i * salt, 50);
        }
        return prompt;
    }

    static Submission greedy(int[] prompt, int maxTokens) {
        return new Submission(prompt, maxTokens, 0, Set.of(), Sampling.GREEDY, -1, -1, Long.MAX_VALUE);
    }

    static Submission demand(Submission submission, long demand) {
        return new Submission(
                submission.prompt(),
                submission.maxTokens(),
                submission.minTokens(),
                submission.endTokens(),
                submission.sampling(),
                submission.tops(),
                submission.promptTops(),
                demand);
    }

    static Submission scored(int[] prompt, int maxTokens) {
        return new Submission(prompt, maxTokens, 0, Set.of(), Sampling.GREEDY, 2, 2, Long.MAX_VALUE);
    }

    static Sampling sampling(long seed) {
        return Sampling.NEUTRAL.with(SamplingParameter.TEMPERATURE, 0.9).withSeed(seed);
    }

    /** Anything that a client might ask of a model with a vocabulary of 50. */
    static Submission random(RandomGenerator random, int longestPrompt, int longestAnswer, long demand) {
        int[] prompt = prompt(1 + random.nextInt(longestPrompt), random.nextInt(1000));
        Set<Integer> ends = new HashSet<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            ends.add(random.nextInt(50));
        }
        boolean penalised = random.nextInt(3) == 0;
        Sampling sampling = Sampling.NEUTRAL
                .with(SamplingParameter.TEMPERATURE, random.nextBoolean() ? 0 : 0.8)
                .with(SamplingParameter.REPETITION_PENALTY, penalised ? 1.3 : 1)
                .with(SamplingParameter.PRESENCE_PENALTY, penalised ? 0.5 : 0)
                .with(SamplingParameter.FREQUENCY_PENALTY, random.nextInt(4) == 0 ? 0.4 : 0)
                .withBias(random.nextInt(4) == 0 ? Map.of(random.nextInt(50), 3f) : Map.of())
                .withAllowed(random.nextInt(5) == 0 ? fourIds(random) : Set.of())
                .withSeed(random.nextLong());
        return new Submission(
                prompt,
                random.nextInt(longestAnswer + 1),
                random.nextInt(4) == 0 ? random.nextInt(6) : 0,
                ends,
                sampling,
                random.nextInt(5) - 1,
                random.nextInt(3) == 0 ? random.nextInt(3) : -1,
                demand);
    }

    /** One more than the end tokens of {@link #random}, so that a minimum of tokens leaves one. */
    private static Set<Integer> fourIds(RandomGenerator random) {
        int first = random.nextInt(12);
        return Set.of(first, first + 12, first + 24, first + 36);
    }
}
