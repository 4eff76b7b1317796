package dev.tramontane.app;

import dev.tramontane.app.Fact.Section;
import dev.tramontane.kernels.Backend;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.MemoryEstimate;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.ModelPlan;
import dev.tramontane.weights.GgmlType;
import dev.tramontane.weights.GgufFile;
import dev.tramontane.weights.GgufMetadata;
import dev.tramontane.weights.GgufTensor;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** What a model file holds, and what it would cost to run it: the facts of {@code inspect}. */
final class Inspection {
    private final GgufFile file;
    private final GgufMetadata metadata;

    Inspection(GgufFile file) {
        this.file = file;
        metadata = file.metadata();
    }

    /** The file as such. */
    Section file() {
        List<Fact> facts = new ArrayList<>();
        facts.add(Fact.of("path", "path", file.name()));
        facts.add(Fact.bytes("size", "bytes", file.size()));
        facts.add(new Fact("format", "GGUF version " + file.version(), "gguf_version", file.version()));
        for (String key : List.of("name", "size_label", "license", "quantized_by")) {
            String full = "general." + key;
            if (metadata.has(full) && !metadata.isArray(full)) {
                facts.add(Fact.of(key.replace('_', ' '), key, metadata.string(full)));
            }
        }
        long elements = file.tensors().stream().mapToLong(GgufTensor::elements).sum();
        long bytes = file.tensors().stream().mapToLong(GgufTensor::bytes).sum();
        facts.add(Fact.count("tensors", "tensors", file.tensors().size()));
        facts.add(Fact.count("parameters", "parameters", elements));
        if (elements > 0) {
            double bits = Math.round(bytes * 800.0 / elements) / 100.0;
            facts.add(new Fact("bits per parameter", Double.toString(bits), "bits_per_parameter", bits));
        }
        facts.add(types());
        return new Section("File", "file", facts);
    }

    private Fact types() {
        Map<GgmlType, Long> bytes = new EnumMap<>(GgmlType.class);
        for (GgufTensor tensor : file.tensors()) {
            bytes.merge(tensor.type(), tensor.bytes(), Long::sum);
        }
        JsonObject values = new JsonObject();
        List<String> words = new ArrayList<>();
        file.histogram().forEach((type, count) -> {
            long size = bytes.getOrDefault(type, 0L);
            values.put(type.name(), object("tensors", count, "bytes", size, "computed", type.computed()));
            words.add(count + " " + type + " (" + Units.show(size) + (type.computed() ? "" : ", not computed") + ")");
        });
        return new Fact("tensor types", String.join(", ", words), "types", values);
    }

    /** The transformer. */
    static Section geometry(ModelGeometry geometry, boolean tied) {
        List<Integer> windows =
                geometry.groups().stream().map(LayerGroup::window).toList();
        String window = geometry.groups().stream()
                .map(group -> (group.window() == 0 ? "none" : group.window() + " tokens")
                        + (geometry.groups().size() == 1
                                ? ""
                                : " in " + group.layers().size() + " layers"))
                .collect(Collectors.joining(", "));
        return new Section(
                "Model",
                "model",
                List.of(
                        Fact.of("architecture", "architecture", geometry.architecture()),
                        Fact.count("layers", "layers", geometry.layers()),
                        Fact.count("width", "width", geometry.width()),
                        new Fact(
                                "heads",
                                geometry.heads() + " query, " + geometry.kvHeads() + " key/value, of "
                                        + geometry.headDim(),
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
                                "base " + plain(geometry.ropeTheta()) + ", " + geometry.ropeDimensions()
                                        + " dimensions",
                                "rope",
                                object("base", geometry.ropeTheta(), "dimensions", geometry.ropeDimensions()))));
    }

    /** What turns text into tokens. */
    Section tokenizer() {
        String prefix = "tokenizer.ggml.";
        List<Fact> facts = new ArrayList<>();
        for (String key : List.of("model", "pre")) {
            metadata.findString(prefix + key).ifPresent(value -> facts.add(Fact.of(key, key, value)));
        }
        for (String key : List.of("tokens", "merges")) {
            if (metadata.isArray(prefix + key)) {
                facts.add(Fact.count(key, key, metadata.strings(prefix + key).size()));
            }
        }
        for (String key : List.of("bos", "eos", "unknown", "padding")) {
            OptionalLong id = metadata.findInteger(prefix + key + "_token_id", Integer.MIN_VALUE, Integer.MAX_VALUE);
            if (id.isPresent()) {
                String spelling = spelling(id.getAsLong());
                facts.add(new Fact(key, id.getAsLong() + spelling, key, id.getAsLong()));
            }
        }
        boolean adds = metadata.bool(prefix + "add_bos_token", false);
        facts.add(new Fact("puts bos first", adds ? "yes" : "no", "adds_bos", adds));
        String template = metadata.findString("tokenizer.chat_template").orElse("");
        facts.add(new Fact(
                "chat template",
                template.isEmpty() ? "none: chat needs one" : template.length() + " characters of Jinja",
                "chat_template",
                template));
        return new Section("Tokenizer", "tokenizer", facts);
    }

    private String spelling(long id) {
        if (!metadata.isArray("tokenizer.ggml.tokens")) {
            return "";
        }
        List<String> tokens = metadata.strings("tokenizer.ggml.tokens");
        return id >= 0 && id < tokens.size() ? " " + tokens.get((int) id) : " (not in the vocabulary)";
    }

    /** What running it takes, with these sizes. */
    static Section memory(ModelPlan plan, Sizing sizing, Backend backend) {
        MemoryEstimate weights = MemoryEstimate.of(
                plan, backend, sizing.engine().pageTokens(), sizing.engine().halfPrecision());
        int context = sizing.engine().contextTokens();
        int sequences = sizing.plan().sequences(context);
        long cache = sizing.plan().bytes();
        List<Fact> facts = new ArrayList<>(List.of(
                Fact.of("backend", "backend", backend.name().toLowerCase(Locale.ROOT)),
                new Fact(
                        "weights in place",
                        Units.show(weights.inPlace()) + " of the mapped file, shared between processes",
                        "weights_in_place_bytes",
                        weights.inPlace()),
                new Fact(
                        "weights repacked",
                        Units.show(weights.repacked()) + " of its own",
                        "weights_repacked_bytes",
                        weights.repacked()),
                new Fact(
                        "context",
                        String.format(Locale.ROOT, "%,d tokens of prompt and answer", context),
                        "context",
                        context),
                new Fact(
                        "batch",
                        sizing.engine().lanes() + " sequences, "
                                + sizing.engine().tokenBudget() + " tokens in a step",
                        "batch",
                        object(
                                "sequences",
                                sizing.engine().lanes(),
                                "tokens",
                                sizing.engine().tokenBudget())),
                new Fact(
                        "cache per token",
                        Units.show(weights.cacheBytesPerToken())
                                + (sizing.engine().halfPrecision() ? " (f16)" : " (f32)"),
                        "cache_bytes_per_token",
                        weights.cacheBytesPerToken()),
                new Fact(
                        "cache per sequence",
                        Units.show(sizing.plan().sequenceBytes(context)) + " at most",
                        "cache_bytes_per_sequence",
                        sizing.plan().sequenceBytes(context)),
                new Fact(
                        "cache",
                        Units.show(cache) + ": " + sequences + (sequences == 1 ? " sequence" : " sequences")
                                + " of the whole context at a time, or more shorter ones",
                        "cache_bytes",
                        cache)));
        facts.add(new Fact(
                "together",
                Units.show(weights.inPlace() + weights.repacked() + cache) + ", and the workspace of a step",
                "total_bytes",
                weights.inPlace() + weights.repacked() + cache));
        for (String note : sizing.notes()) {
            facts.add(Fact.of("note", "note", note));
        }
        return new Section("Memory", "memory", facts);
    }

    /** Every key of the file. */
    Section metadata() {
        return new Section(
                "Metadata",
                "metadata",
                metadata.keys().stream()
                        .map(key -> Fact.of(key, key, metadata.describe(key)))
                        .toList());
    }

    /** Every tensor of the file. */
    Section tensors() {
        return new Section(
                "Tensors",
                "tensors",
                file.tensors().stream()
                        .map(tensor -> new Fact(
                                tensor.name(),
                                tensor.type() + " " + tensor.dims() + ", " + Units.show(tensor.bytes()) + " at "
                                        + tensor.offset(),
                                tensor.name(),
                                object(
                                        "type", tensor.type().name(),
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
