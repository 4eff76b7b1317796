package dev.tramontane.app;

import dev.tramontane.answer.CallStyle;
import dev.tramontane.app.Fact.Section;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import dev.tramontane.source.SourceFact;
import dev.tramontane.source.SourceFile;
import dev.tramontane.source.StoredTensor;
import dev.tramontane.tokenizer.Tokenizer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a model's files hold: facts of {@code inspect}. */
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
            values.put(type, Fact.object("tensors", all.tensors(), "bytes", all.bytes(), "computed", all.computed()));
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
                Fact.object("name", layout.name(), "reason", layout.reason())));
        CallStyle calls = layout.layout().form().calls();
        facts.add(new Fact("answers", layout.answers(), "tool_parser", calls == null ? "none" : calls.label()));
        List<String> warnings = source.warnings(plan, tokenizer);
        if (!warnings.isEmpty()) {
            facts.add(new Fact("left aside", String.join("; ", warnings), "left_aside", warnings));
        }
        return new Section("Tokenizer", "tokenizer", facts);
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
                                Fact.object(
                                        "type", tensor.type(),
                                        "dims", tensor.dims(),
                                        "bytes", tensor.bytes(),
                                        "offset", tensor.offset())))
                        .toList());
    }
}
