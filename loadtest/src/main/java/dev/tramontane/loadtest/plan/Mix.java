package dev.tramontane.loadtest.plan;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Shares of behaviours among readers; who is not named reads steadily. */
public final class Mix {
    private static final String RESUME = "resume";

    private final Map<Behaviour, Double> shares;

    private Mix(Map<Behaviour, Double> shares) {
        this.shares = shares;
    }

    /** Reads "slow=0.1,cancel=0.05"; nothing for steady readers only. */
    public static Mix parse(String option, String text) {
        Map<Behaviour, Double> shares = new EnumMap<>(Behaviour.class);
        double sum = 0;
        for (String part : text.isEmpty() ? List.<String>of() : List.of(text.split(",", -1))) {
            List<String> words = List.of(part.strip().split("=", -1));
            if (words.getFirst().equals(RESUME)) {
                throw new InvalidPlanException(option + ": resume has to wait until the service can resume an answer;"
                        + " reconnect asks again from the beginning");
            }
            Behaviour behaviour = Stream.of(Behaviour.values())
                    .filter(known -> known != Behaviour.STEADY && known.word().equals(words.getFirst()))
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
        return new Mix(shares);
    }

    private static InvalidPlanException wrong(String option, String text) {
        return new InvalidPlanException(option + " must be shares of "
                + Stream.of(Behaviour.values())
                        .filter(behaviour -> behaviour != Behaviour.STEADY)
                        .map(Behaviour::word)
                        .collect(Collectors.joining(", "))
                + ", each once and at most 1 together, as in slow=0.1,cancel=0.05; got " + text);
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
