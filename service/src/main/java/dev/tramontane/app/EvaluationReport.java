package dev.tramontane.app;

import dev.tramontane.app.Fact.Section;
import dev.tramontane.measure.Divergence;
import dev.tramontane.measure.Evaluation;
import dev.tramontane.measure.Perplexity;
import dev.tramontane.measure.WindowRule;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What an evaluation came to, for people and for programs.
 *
 * @param seconds that scoring took
 * @param whole whether the text's end was reached
 */
record EvaluationReport(WindowRule rule, Evaluation evaluation, double seconds, boolean whole) {
    private static final double PERCENTILE = 0.99;

    void print(Path text, Section model, Optional<Section> reference, boolean json, PrintStream out) {
        List<Section> sections = new ArrayList<>(List.of(text(text), model));
        reference.ifPresent(sections::add);
        sections.add(result());
        reference.ifPresent(there -> sections.add(difference()));
        if (json) {
            Fact.printJson(sections, out);
        } else {
            Fact.print(sections, out);
        }
    }

    private Section text(Path path) {
        return new Section(
                "Text",
                "text",
                List.of(
                        Fact.of("file", "file", path.toString()),
                        Fact.count("tokens", "tokens", evaluation.tokens()),
                        new Fact("whole", whole ? "yes" : "no, it was stopped", "whole", whole),
                        Fact.count("windows", "windows", evaluation.windows()),
                        Fact.count("context", "context", rule.context()),
                        Fact.count("stride", "stride", rule.stride()),
                        Fact.count("unscored of each", "unscored", Math.max(1, rule.unscored())),
                        Fact.count(
                                "scored tokens",
                                "scored_tokens",
                                evaluation.perplexity().tokens())));
    }

    private Section result() {
        Perplexity perplexity = evaluation.perplexity();
        double rate = evaluation.tokens() / Math.max(seconds, 1e-9);
        return new Section(
                "Result",
                "result",
                List.of(
                        number("perplexity", "perplexity", "%.4f", perplexity.value()),
                        number("standard error", "standard_error", "%.4f", perplexity.standardError()),
                        number("mean -ln p", "mean_nll", "%.5f", perplexity.meanNll()),
                        number("tokens per second", "tokens_per_second", "%,.0f", rate),
                        number("seconds", "seconds", "%.1f", seconds)));
    }

    private Section difference() {
        Divergence divergence = evaluation.divergence();
        Perplexity reference = evaluation.referencePerplexity();
        double ratio = evaluation.perplexity().value() / reference.value();
        return new Section(
                "Against the reference",
                "against",
                List.of(
                        number("its perplexity", "perplexity", "%.4f", reference.value()),
                        number("ratio", "perplexity_ratio", "%.6f", ratio),
                        number("mean divergence", "kl_mean", "%.6f nats", divergence.mean()),
                        number("its 99th percentile", "kl_p99", "%.6f nats", divergence.quantile(PERCENTILE)),
                        number("its maximum", "kl_max", "%.6f nats", divergence.largest()),
                        new Fact(
                                "same top token",
                                String.format(Locale.ROOT, "%.3f %%", 100 * divergence.sameTop()),
                                "same_top",
                                divergence.sameTop())));
    }

    private static Fact number(String label, String key, String format, double value) {
        return new Fact(label, String.format(Locale.ROOT, format, value), key, value);
    }
}
