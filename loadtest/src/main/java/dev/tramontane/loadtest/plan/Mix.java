package dev.tramontane.loadtest.plan;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Shares of behaviours among readers; who is not named reads steadily. */
public final class Mix {
    /** They are named by an option of their own. */
    private static final Set<Behaviour> NOT_NAMED = EnumSet.of(Behaviour.STEADY, Behaviour.RESUME);

    private final Map<Behaviour, Double> shares;
    private final Cut cut;

    private Mix(Map<Behaviour, Double> shares, Cut cut) {
        this.shares = shares;
        this.cut = cut;
    }

    /** Reads "slow=0.1,cancel=0.05"; nothing for steady readers only. */
    public static Mix parse(String option, String text) {
        Map<Behaviour, Double> shares = new EnumMap<>(Behaviour.class);
        double sum = 0;
        for (String part : text.isEmpty() ? List.<String>of() : List.of(text.split(",", -1))) {
            List<String> words = List.of(part.strip().split("=", -1));
            if (words.getFirst().equals(Behaviour.RESUME.word())) {
                throw new InvalidPlanException(
                        option + ": readers who go on where they were are those that --cut SHARE cuts; got " + text);
            }
            Behaviour behaviour = Stream.of(Behaviour.values())
                    .filter(known -> !NOT_NAMED.contains(known) && known.word().equals(words.getFirst()))
                    .findFirst()
                    .orElseThrow(() -> wrong(option, text));
            if (words.size() != 2
                    || !words.get(1).matches("[01](\\.\\d{1,6})?")
                    || shares.put(behaviour, Double.valueOf(words.get(1))) != null) {
                throw wrong(option, text);
            }
            sum += Double.parseDouble(words.get(1));
        }
        if (sum > 1) {
            throw wrong(option, text);
        }
        return new Mix(shares, Cut.NONE);
    }

    /** The same with connections that are cut. */
    public Mix with(String option, Cut some) {
        Map<Behaviour, Double> all = new EnumMap<>(Behaviour.class);
        all.putAll(shares);
        if (some.share() > 0) {
            all.put(Behaviour.RESUME, some.share());
        }
        if (all.values().stream().mapToDouble(Double::doubleValue).sum() > 1) {
            throw new InvalidPlanException(option + " " + some.share() + " is more than the readers that " + this
                    + " leaves: shares are at most 1 together");
        }
        return new Mix(all, some);
    }

    private static InvalidPlanException wrong(String option, String text) {
        return new InvalidPlanException(option + " must be shares of "
                + Stream.of(Behaviour.values())
                        .filter(behaviour -> !NOT_NAMED.contains(behaviour))
                        .map(Behaviour::word)
                        .collect(Collectors.joining(", "))
                + ", each once and at most 1 together, as in slow=0.1,cancel=0.05; got " + text);
    }

    /** Where connections of those who resume are cut. */
    Cut cut() {
        return cut;
    }

    Behaviour draw(RandomGenerator random) {
        double left = random.nextDouble();
        for (Map.Entry<Behaviour, Double> share : shares.entrySet()) {
            left -= share.getValue();
            if (left < 0) {
                return share.getKey();
            }
        }
        return Behaviour.STEADY;
    }

    @Override
    public String toString() {
        return shares.isEmpty()
                ? "steady"
                : shares.entrySet().stream()
                        .map(share -> share.getKey().word() + "=" + share.getValue())
                        .collect(Collectors.joining(","));
    }
}
