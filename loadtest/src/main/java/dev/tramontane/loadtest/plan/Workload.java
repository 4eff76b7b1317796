package dev.tramontane.loadtest.plan;

import java.util.List;
import java.util.SplittableRandom;

/** Requests by their number: the same number is the same request, in whatever order they are sent. */
public final class Workload {
    private static final long STRIDE = 0x9E3779B97F4A7C15L;

    private final Source source;
    private final Tenants tenants;
    private final Mix mix;
    private final long seed;

    /** Where prompts and lengths come from. */
    @FunctionalInterface
    public interface Source {
        /** Of the request of this number. */
        Turn turn(long number, SplittableRandom random);
    }

    /** @param seed of all that is drawn */
    public Workload(Source source, Tenants tenants, Mix mix, long seed) {
        this.source = source;
        this.tenants = tenants;
        this.mix = mix;
        this.seed = seed;
    }

    /** Prompts of common words, about a token each, with lengths from distributions. */
    public static Source drawn(Lengths prompt, Lengths answer) {
        return (number, random) -> {
            int words = prompt.draw(random);
            long text = random.nextLong();
            return new Turn(() -> Words.text(text, words), answer.draw(random), Turn.NO_TIME);
        };
    }

    public Ask ask(long number) {
        SplittableRandom random = new SplittableRandom(seed + STRIDE * (number + 1));
        Turn turn = source.turn(number, random);
        Behaviour behaviour = mix.draw(random);
        Tenant tenant = tenants.draw(random);
        List<Integer> leaves = behaviour == Behaviour.RESUME
                ? mix.cut().places(turn.answer(), random)
                : List.of(1 + random.nextInt(Math.max(1, turn.answer() / 2)));
        return new Ask(number, turn.prompt(), turn.answer(), tenant, behaviour, leaves);
    }

    /** The tenant that asks before and after a run. */
    public Tenants tenants() {
        return tenants;
    }
}
