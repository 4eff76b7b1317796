package dev.tramontane.app;

import dev.tramontane.model.Stretch;
import dev.tramontane.source.ModelPlan;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What was done to a model for a longer context. */
final class StretchFacts {
    private StretchFacts() {}

    static List<Fact> of(ModelPlan plan) {
        Stretch stretch = plan.geometry().stretch();
        List<Fact> facts = new ArrayList<>();
        if (plan.ropeFactors().length > 0) {
            facts.add(Fact.of(
                    "RoPE scaling",
                    "rope_scaling",
                    stretch.yarn().map(StretchFacts::yarn).orElse("frequencies are divided, for a longer context")));
        }
        if (stretch.magnitude() != 1) {
            facts.add(new Fact(
                    "RoPE magnitude",
                    number(stretch.magnitude()) + " times, queries and keys",
                    "rope_magnitude",
                    stretch.magnitude()));
        }
        if (stretch.queryBeta() != 0) {
            facts.add(new Fact(
                    "attention temperature",
                    String.format(
                            Locale.ROOT,
                            "queries times 1 + %s ln(1 + floor(position / %,d))",
                            number(stretch.queryBeta()),
                            stretch.queryPositions()),
                    "attention_temperature",
                    new JsonObject().put("beta", stretch.queryBeta()).put("positions", stretch.queryPositions())));
        }
        return facts;
    }

    private static String yarn(Stretch.Yarn yarn) {
        return String.format(
                Locale.ROOT,
                "YaRN: %s times %,d tokens, fast %s, slow %s",
                number(yarn.factor()),
                yarn.context(),
                number(yarn.fast()),
                number(yarn.slow()));
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Float.toString((float) value);
    }
}
