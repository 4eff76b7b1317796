package dev.tramontane.app;

import dev.tramontane.app.Fact.Section;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.WeightTypes;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What running a model takes of memory: facts of {@code inspect}. */
final class MemoryFacts {
    private MemoryFacts() {}

    /**
     * What running it takes, with these sizes.
     *
     * @param split how it is divided among devices; empty where it is not
     */
    static Section of(
            ModelPlan plan, MemoryPlan memory, Backend backend, Optional<DType> quantize, Optional<String> split) {
        Sizing sizing = memory.sizing();
        MemorySum sum = memory.sum();
        long inPlace = sum.bytes("weights_in_place_bytes");
        long repacked = sum.bytes("weights_repacked_bytes");
        int context = sizing.engine().contextTokens();
        int sequences = sizing.plan().sequences(context);
        long cache = sizing.plan().bytes();
        List<Fact> facts = new ArrayList<>(List.of(
                Fact.of("backend", "backend", backend.name().toLowerCase(Locale.ROOT)),
                new Fact(
                        "weights in place",
                        Units.show(inPlace) + " of the mapped file, shared between processes",
                        "weights_in_place_bytes",
                        inPlace),
                new Fact(
                        backend.isDevice() ? "weights copied" : "weights repacked",
                        Units.show(repacked)
                                + switch (backend) {
                                    case REF, CPU -> " of its own";
                                    case CUDA -> " to the device's memory";
                                    case EMU -> " of its own, as a device would have them";
                                },
                        "weights_repacked_bytes",
                        repacked),
                new Fact(
                        "context",
                        String.format(Locale.ROOT, "%,d tokens of prompt and answer", context),
                        "context",
                        context),
                new Fact(
                        "batch",
                        Units.count(sizing.engine().lanes(), "sequence") + ", "
                                + Units.count(sizing.engine().tokenBudget(), "token") + " in a step",
                        "batch",
                        Fact.object(
                                "sequences",
                                sizing.engine().lanes(),
                                "tokens",
                                sizing.engine().tokenBudget())),
                new Fact(
                        "cache per token",
                        Units.show(sizing.plan().tokenBytes()) + " ("
                                + sizing.engine().cacheType().word() + ")",
                        "cache_bytes_per_token",
                        sizing.plan().tokenBytes()),
                new Fact(
                        "cache per sequence",
                        Units.show(sizing.plan().sequenceBytes(context)) + " at most",
                        "cache_bytes_per_sequence",
                        sizing.plan().sequenceBytes(context)),
                new Fact(
                        "cache",
                        Units.show(cache) + ": " + Units.count(sequences, "sequence")
                                + " of the whole context at a time, or more shorter ones",
                        "cache_bytes",
                        cache)));
        split.ifPresent(text -> facts.add(1, Fact.of("devices", "devices", text)));
        quantize.ifPresent(type -> facts.add(3, quantised(WeightTypes.changes(plan, type))));
        if (plan.geometry().groups().size() > 1) {
            facts.add(byWindow(plan.geometry(), sizing, context));
        }
        for (MemorySum.Item item : sum.items()) {
            if (facts.stream().noneMatch(fact -> fact.key().equals(item.key()))) {
                facts.add(new Fact(item.label(), Units.show(item.bytes()), item.key(), item.bytes()));
            }
        }
        facts.add(new Fact("together", Units.show(sum.bytes()) + ": " + sum.text(), "total_bytes", sum.bytes()));
        facts.add(bounds(memory.limit()));
        boolean fits = memory.spare() >= 0;
        String otherwise =
                memory.excess().isPresent() ? "no" : "no: it runs, but reads its weights from disk again and again";
        facts.add(new Fact(
                "fits here", fits ? "yes, with " + Units.show(memory.spare()) + " to spare" : otherwise, "fits", fits));
        for (String note : memory.notes()) {
            facts.add(Fact.of("note", "note", note));
        }
        memory.excess().ifPresent(reason -> facts.add(Fact.of("too much", "excess", reason)));
        return new Section("Memory", "memory", facts);
    }

    private static Fact bounds(MemoryLimit limit) {
        return new Fact(
                "there is",
                limit.text(),
                "memory",
                limit.bounds().stream()
                        .map(bound ->
                                Fact.object("of", bound.name(), "bytes", bound.bytes(), "free_bytes", bound.free()))
                        .toList());
    }

    private static Fact quantised(Map<DType, Integer> changes) {
        JsonObject counts = new JsonObject();
        changes.forEach((type, count) -> counts.put(type.name(), count));
        String text = changes.entrySet().stream()
                .map(entry ->
                        entry.getValue() + (entry.getValue() == 1 ? " matrix to " : " matrices to ") + entry.getKey())
                .collect(Collectors.joining(", "));
        return new Fact("quantised at load", text, "quantized_at_load", counts);
    }

    /** The cache of one sequence, group by group. */
    private static Fact byWindow(ModelGeometry geometry, Sizing sizing, int context) {
        List<String> words = new ArrayList<>();
        List<JsonObject> values = new ArrayList<>();
        for (int group = 0; group < geometry.groups().size(); group++) {
            LayerGroup layers = geometry.groups().get(group);
            long bytes = sizing.plan().pages(group, context) * sizing.plan().pageBytes(group);
            words.add(Units.show(bytes) + " in " + Units.count(layers.layers().size(), "layer") + " "
                    + (layers.window() == 0 ? "without a window" : "with a window of " + layers.window()));
            values.add(Fact.object("window", layers.window(), "cache_bytes_per_sequence", bytes));
        }
        return new Fact("of it by window", String.join(", ", words), "cache_by_window", values);
    }
}
