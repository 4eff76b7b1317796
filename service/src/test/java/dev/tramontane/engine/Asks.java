package dev.tramontane.engine;

import dev.tramontane.fixtures.FakeGuide;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Submissions for tests. */
final class Asks {
    private Asks() {}

    /** Sizes that suit the fake model: tiny pages, a cache for so many sequences of the whole context. */
    static EngineConfig config(int lanes, int budget, int page, int context, int slots) {
        return new EngineConfig(
                new EngineConfig.Step(lanes, budget, Math.max(lanes, 8)),
                new EngineConfig.Cache(page, CacheType.F32, Long.MAX_VALUE / 4),
                new EngineConfig.Admission(slots, context, slots, 1 << 16, 1L << 32));
    }

    /** The same where every prompt is computed anew. */
    static EngineConfig cold(EngineConfig c) {
        return new EngineConfig(
                new EngineConfig.Step(c.lanes(), c.tokenBudget(), c.maxSamples(), c.stepNanos()),
                new EngineConfig.Cache(c.pageTokens(), c.cacheType(), c.cacheBytes(), false),
                new EngineConfig.Admission(
                        c.slots(), c.contextTokens(), c.maxChoices(), c.queueRequests(), c.queueTokens()));
    }

    static EngineConfig withQueue(EngineConfig c, int requests, long tokens) {
        return new EngineConfig(
                new EngineConfig.Step(c.lanes(), c.tokenBudget(), c.maxSamples(), c.stepNanos()),
                new EngineConfig.Cache(c.pageTokens(), c.cacheType(), c.cacheBytes(), c.keepsPrefixes()),
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
        return like(
                submission,
                submission.prompt(),
                submission.continued(),
                submission.maxTokens(),
                demand,
                submission.tenant(),
                submission.urgency(),
                submission.guides());
    }

    /** With its adapter, and guessed ahead as the engine does by itself. */
    private static Submission like(
            Submission other,
            int[] prompt,
            int continued,
            int maxTokens,
            long demand,
            Tenant tenant,
            Urgency urgency,
            @Nullable Supplier<? extends Guide> guides) {
        return new Submission(
                        prompt,
                        continued,
                        maxTokens,
                        other.minTokens(),
                        other.endTokens(),
                        other.sampling(),
                        other.tops(),
                        other.promptTops(),
                        demand,
                        tenant,
                        urgency,
                        guides)
                .adapted(other.adapter());
    }

    /** The same, of which so many last tokens of the prompt were generated. */
    static Submission continuing(Submission submission, int continued) {
        return continued(submission.prompt(), continued, submission.maxTokens(), submission);
    }

    /** The same, of whose answer these tokens are known. */
    static Submission continued(Submission submission, List<Integer> known) {
        int[] tokens = Arrays.copyOf(submission.prompt(), submission.prompt().length + known.size());
        for (int i = 0; i < known.size(); i++) {
            tokens[submission.prompt().length + i] = known.get(i);
        }
        return continued(tokens, known.size(), submission.maxTokens(), submission);
    }

    /** The same of another prompt, for somebody. */
    static Submission of(Tenant tenant, int[] prompt, Submission other) {
        return like(other, prompt, 0, other.maxTokens(), other.initialDemand(), tenant, Urgency.NONE, other.guides());
    }

    /** Tokens one after the other. */
    static int[] joined(int[] first, List<Integer> second, int... third) {
        return IntStream.concat(
                        IntStream.concat(Arrays.stream(first), second.stream().mapToInt(Integer::intValue)),
                        Arrays.stream(third))
                .toArray();
    }

    private static Submission continued(int[] tokens, int continued, int maxTokens, Submission other) {
        return like(
                other,
                tokens,
                continued,
                maxTokens,
                other.initialDemand(),
                other.tenant(),
                Urgency.NONE,
                other.guides() instanceof FakeGuide.Rule rule
                        ? rule.after(Arrays.stream(tokens)
                                .skip(tokens.length - continued)
                                .boxed()
                                .toList())
                        : other.guides());
    }

    /** Anything of {@link #random}, now and then a continued answer. */
    static Submission randomlyContinued(RandomGenerator random, int longestPrompt, int longestAnswer, long demand) {
        Submission whole = random(random, longestPrompt, longestAnswer, demand);
        // What is taken for the answer's beginning are any tokens, which no guide allows.
        int continued = random.nextInt(3) == 0 && whole.guides() == null ? random.nextInt(whole.prompt().length) : 0;
        return continued(whole.prompt(), continued, whole.maxTokens() + continued, whole);
    }

    /** The same for somebody, at some time. */
    static Submission of(Tenant tenant, Urgency urgency, Submission s) {
        return like(s, s.prompt(), s.continued(), s.maxTokens(), s.initialDemand(), tenant, urgency, s.guides());
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
        Submission free = new Submission(
                prompt,
                random.nextInt(longestAnswer + 1),
                random.nextInt(4) == 0 ? random.nextInt(6) : 0,
                ends,
                sampling,
                random.nextInt(5) - 1,
                random.nextInt(3) == 0 ? random.nextInt(3) : -1,
                demand);
        if (!sampling.allowed().isEmpty() || random.nextInt(4) > 0) {
            return free;
        }
        return free.guided(new FakeGuide.Rule(1 + random.nextInt(longestAnswer + 1), ends, random.nextInt(4), -1));
    }

    /** One more than the end tokens of {@link #random}, so that a minimum of tokens leaves one. */
    private static Set<Integer> fourIds(RandomGenerator random) {
        int first = random.nextInt(12);
        return Set.of(first, first + 12, first + 24, first + 36);
    }
}
