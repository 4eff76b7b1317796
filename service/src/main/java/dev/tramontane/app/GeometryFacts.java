package dev.tramontane.app;

import dev.tramontane.app.Fact.Section;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.PlannedTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a transformer is made of: facts of {@code inspect}. */
final class GeometryFacts {
    private GeometryFacts() {}

    /** The transformer. */
    static Section of(ModelPlan plan) {
        ModelGeometry geometry = plan.geometry();
        boolean tied = plan.tied();
        List<Integer> windows =
                geometry.groups().stream().map(LayerGroup::window).toList();
        String window = geometry.groups().stream()
                .map(group -> (group.window() == 0 ? "none" : Units.count(group.window(), "token"))
                        + (geometry.groups().size() == 1
                                ? ""
                                : " in " + Units.count(group.layers().size(), "layer")))
                .collect(Collectors.joining(", "));
        List<Fact> facts = new ArrayList<>(List.of(
                Fact.of("architecture", "architecture", geometry.architecture()),
                Fact.count("layers", "layers", geometry.layers()),
                Fact.count("width", "width", geometry.width()),
                new Fact(
                        "heads",
                        geometry.heads() + " query, " + geometry.kvHeads() + " key/value, of " + geometry.headDim(),
                        "heads",
                        Fact.object(
                                "query", geometry.heads(),
                                "key_value", geometry.kvHeads(),
                                "size", geometry.headDim())),
                Fact.count("feed-forward", "feed_forward", geometry.ffn()),
                Fact.count("vocabulary", "vocabulary", geometry.vocabulary()),
                new Fact("output head", tied ? "the embedding (tied)" : "its own", "tied_output", tied),
                Fact.count("made for context", "context_length", geometry.contextLength()),
                new Fact("attention window", window, "windows", windows),
                new Fact(
                        "RoPE",
                        "base " + plain(geometry.ropeTheta()) + ", " + geometry.ropeDimensions() + " dimensions",
                        "rope",
                        Fact.object("base", geometry.ropeTheta(), "dimensions", geometry.ropeDimensions()))));
        facts.addAll(StretchFacts.of(plan));
        if (geometry.experts() > 0) {
            facts.add(4, experts(plan));
        }
        if (geometry.groups().size() > 1) {
            facts.add(new Fact(
                    "layers by window",
                    geometry.groups().stream()
                            .map(group -> (group.window() == 0 ? "none: " : group.window() + ": ")
                                    + group.layers().stream()
                                            .map(String::valueOf)
                                            .collect(Collectors.joining(" ")))
                            .collect(Collectors.joining("; ")),
                    "layers_by_window",
                    geometry.groups().stream()
                            .map(group -> Fact.object("window", group.window(), "layers", group.layers()))
                            .toList()));
        }
        return new Section("Model", "model", facts);
    }

    private static boolean perExpert(PlannedTensor tensor) {
        return switch (tensor.role()) {
            case FFN_GATE, FFN_UP, FFN_DOWN -> true;
            default -> false;
        };
    }

    private static Fact experts(ModelPlan plan) {
        ModelGeometry geometry = plan.geometry();
        long all = 0;
        long active = 0;
        for (PlannedTensor tensor : plan.tensors()) {
            long elements = tensor.rows() * tensor.columns();
            boolean chosen = perExpert(tensor);
            all += elements;
            active += chosen && tensor.expert() >= geometry.expertsUsed() ? 0 : elements;
        }
        return new Fact(
                "experts",
                String.format(
                        Locale.ROOT,
                        "%d in each layer, %d for each token: %,d of %,d parameters at work",
                        geometry.experts(),
                        geometry.expertsUsed(),
                        active,
                        all),
                "experts",
                Fact.object(
                        "count", geometry.experts(),
                        "used", geometry.expertsUsed(),
                        "active_parameters", active));
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? String.format(Locale.ROOT, "%,d", (long) value)
                : Double.toString(value);
    }
}
