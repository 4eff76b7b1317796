package dev.tramontane.app;

import dev.tramontane.answer.CallStyle;
import dev.tramontane.app.Fact.Section;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import dev.tramontane.source.PlannedTensor;
import dev.tramontane.source.SourceFact;
import dev.tramontane.source.SourceFile;
import dev.tramontane.source.StoredTensor;
import dev.tramontane.source.WeightTypes;
import dev.tramontane.tokenizer.Tokenizer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a model's files hold, and what it would cost to run it: the facts of {@code inspect}. */
final class Inspection {
    private final ModelSource source;

    Inspection(ModelSource source) {
        this.source = source;
    }

    /** The files as such. */
    Section file() {
        List<Fact> facts = new ArrayList<>();
        facts.add(Fact.of("path", "path", source.name()));
        facts.add(Fact.bytes(
                "size",
                "bytes",
                source.files().stream().mapToLong(SourceFile::bytes).sum()));
        facts.addAll(reported(source.facts()));
        List<String> names = source.files().stream().map(SourceFile::name).toList();
        if (names.size() > 1) {
            facts.add(new Fact("files", String.join(", ", names), "files", names));
        }
        List<StoredTensor> tensors = source.stored();
        long elements = tensors.stream().mapToLong(StoredTensor::elements).sum();
        long bytes = tensors.stream().mapToLong(StoredTensor::bytes).sum();
        facts.add(Fact.count("tensors", "tensors", tensors.size()));
        facts.add(Fact.count("parameters", "parameters", elements));
        if (elements > 0) {
            double bits = Math.round(bytes * 800.0 / elements) / 100.0;
            facts.add(new Fact("bits per parameter", Double.toString(bits), "bits_per_parameter", bits));
        }
        facts.add(types(tensors));
        return new Section("File", "file", facts);
    }

    /** Tensors of one type. */
    private record OfType(boolean computed, int tensors, long bytes) {
        OfType and(OfType other) {
            return new OfType(computed, tensors + other.tensors, bytes + other.bytes);
        }
    }

    private static Fact types(List<StoredTensor> tensors) {
        Map<String, OfType> types = new TreeMap<>();
        for (StoredTensor tensor : tensors) {
            types.merge(tensor.type(), new OfType(tensor.computed(), 1, tensor.bytes()), OfType::and);
        }
        JsonObject values = new JsonObject();
        List<String> words = new ArrayList<>();
        types.forEach((type, all) -> {
            values.put(type, object("tensors", all.tensors(), "bytes", all.bytes(), "computed", all.computed()));
            words.add(all.tensors() + " " + type + " (" + Units.show(all.bytes())
                    + (all.computed() ? "" : ", not computed") + ")");
        });
        return new Fact("tensor types", String.join(", ", words), "types", values);
    }

    private static List<Fact> reported(List<SourceFact> facts) {
        return facts.stream()
                .map(fact -> new Fact(fact.label(), fact.text(), fact.key(), fact.value()))
                .toList();
    }

    /** The transformer. */
    static Section geometry(ModelPlan plan) {
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
                        object(
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
                        object("base", geometry.ropeTheta(), "dimensions", geometry.ropeDimensions()))));
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
                            .map(group -> object("window", group.window(), "layers", group.layers()))
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
                object(
                        "count", geometry.experts(),
                        "used", geometry.expertsUsed(),
                        "active_parameters", active));
    }

    /** What turns text into tokens. */
    Section tokenizer(ModelPlan plan, Tokenizer tokenizer, LayoutChoice layout) {
        List<Fact> facts = new ArrayList<>(reported(source.tokenizerFacts(tokenizer)));
        String template = source.chat().template().orElse("");
        facts.add(new Fact(
                "chat template",
                template.isEmpty() ? "none" : Units.count(template.length(), "character") + " of Jinja",
                "chat_template",
                template));
        facts.add(new Fact(
                "chat layout",
                layout.name() + (layout.exists() ? ", because " : ": ") + layout.reason(),
                "chat_layout",
                object("name", layout.name(), "reason", layout.reason())));
        CallStyle calls = layout.layout().form().calls();
        facts.add(new Fact("answers", layout.answers(), "tool_parser", calls == null ? "none" : calls.label()));
        List<String> warnings = source.warnings(plan, tokenizer);
        if (!warnings.isEmpty()) {
            facts.add(new Fact("left aside", String.join("; ", warnings), "left_aside", warnings));
        }
        return new Section("Tokenizer", "tokenizer", facts);
    }

    /**
     * What running it takes, with these sizes.
     *
     * @param split how it is divided among devices; empty where it is not
     */
    static Section memory(
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
                        object(
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
                        .map(bound -> object("of", bound.name(), "bytes", bound.bytes(), "free_bytes", bound.free()))
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
            values.add(object("window", layers.window(), "cache_bytes_per_sequence", bytes));
        }
        return new Fact("of it by window", String.join(", ", words), "cache_by_window", values);
    }

    /** Everything that the files say of the model. */
    Section metadata() {
        return new Section("Metadata", "metadata", reported(source.metadata()));
    }

    /** Every tensor of the files. */
    Section tensors() {
        return new Section(
                "Tensors",
                "tensors",
                source.stored().stream()
                        .map(tensor -> new Fact(
                                tensor.name(),
                                tensor.type() + " " + tensor.dims() + ", " + Units.show(tensor.bytes()) + " at "
                                        + tensor.offset(),
                                tensor.name(),
                                object(
                                        "type", tensor.type(),
                                        "dims", tensor.dims(),
                                        "bytes", tensor.bytes(),
                                        "offset", tensor.offset())))
                        .toList());
    }

    /** A JSON object in this order. */
    private static JsonObject object(Object... pairs) {
        JsonObject object = new JsonObject();
        for (int i = 0; i < pairs.length; i += 2) {
            object.put((String) pairs[i], pairs[i + 1]);
        }
        return object;
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? String.format(Locale.ROOT, "%,d", (long) value)
                : Double.toString(value);
    }
}
