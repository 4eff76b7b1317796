package dev.tramontane.loadtest.measure;

import dev.tramontane.loadtest.client.End;
import dev.tramontane.loadtest.client.Outcome;
import dev.tramontane.loadtest.plan.InvalidPlanException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An objective for each request: every limit holds, and the answer came whole. Without limits, only that. */
public record Slo(List<Limit> limits) {
    private static final double NANOS = 1e9;

    /** What can be limited. */
    public enum Kind {
        TTFT,
        TPOT,
        GAP,
        E2E;

        long nanos(Outcome outcome) {
            return switch (this) {
                case TTFT -> outcome.firstToken();
                case TPOT -> outcome.perToken();
                case GAP -> outcome.longestGap();
                case E2E -> outcome.whole();
            };
        }

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** One limit, in seconds. */
    public record Limit(Kind kind, double seconds) {}

    /** Reads "ttft=500ms,tpot=50ms,gap=1s,e2e=30s", or nothing. */
    public static Slo parse(String option, String text) {
        List<Limit> limits = new ArrayList<>();
        for (String part : text.isEmpty() ? List.<String>of() : List.of(text.split(",", -1))) {
            List<String> words = List.of(part.strip().split("=", -1));
            Kind kind = Stream.of(Kind.values())
                    .filter(known -> known.word().equals(words.getFirst()))
                    .findFirst()
                    .orElse(null);
            if (kind == null || words.size() != 2 || limits.stream().anyMatch(limit -> limit.kind() == kind)) {
                throw new InvalidPlanException(option + " must be limits of "
                        + Stream.of(Kind.values()).map(Kind::word).collect(Collectors.joining(", "))
                        + ", each once, as in ttft=500ms,tpot=50ms; got " + text);
            }
            limits.add(new Limit(kind, Durations.parse(option, words.get(1))));
        }
        return new Slo(List.copyOf(limits));
    }

    boolean met(Outcome outcome) {
        return outcome.end() == End.FINISHED
                && limits.stream().allMatch(limit -> limit.kind().nanos(outcome) <= limit.seconds() * NANOS);
    }

    @Override
    public String toString() {
        return limits.isEmpty()
                ? "the whole answer"
                : limits.stream()
                        .map(limit -> limit.kind().word() + "=" + Durations.show(limit.seconds()))
                        .collect(Collectors.joining(","));
    }
}
