package dev.tramontane.source;

import dev.tramontane.model.ModelGeometry;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.Vocabulary;
import dev.tramontane.weights.GgufFile;
import dev.tramontane.weights.GgufMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/** A model in a GGUF file: llama.cpp's format, which Ollama's blobs have, too. */
public final class GgufSource implements ModelSource {
    private static final String TOKENIZER = "tokenizer.ggml.";

    private final GgufFile file;
    private final GgufMetadata metadata;

    private GgufSource(GgufFile file) {
        this.file = file;
        metadata = file.metadata();
    }

    /** The model in an opened file, which belongs to the source from now on. */
    public static GgufSource of(GgufFile file) {
        return new GgufSource(file);
    }

    @Override
    public String name() {
        return file.name();
    }

    @Override
    public List<SourceFact> facts() {
        List<SourceFact> facts = new ArrayList<>();
        facts.add(SourceFact.of("format", "format", "GGUF version " + file.version()));
        for (String key : List.of("name", "size_label", "license", "quantized_by")) {
            String full = "general." + key;
            if (metadata.has(full) && !metadata.isArray(full)) {
                facts.add(SourceFact.of(key.replace('_', ' '), key, metadata.string(full)));
            }
        }
        return facts;
    }

    @Override
    public List<SourceFile> files() {
        return file.files().stream()
                .map(part -> new SourceFile(part.path(), part.bytes()))
                .toList();
    }

    @Override
    public List<StoredTensor> stored() {
        return file.tensors().stream()
                .map(tensor -> StoredTensor.of(
                        tensor, tensor.type().name(), tensor.type().computed().isPresent(), tensor.dims()))
                .toList();
    }

    @Override
    public List<SourceFact> metadata() {
        return metadata.keys().stream()
                .map(key -> SourceFact.of(key, key, metadata.describe(key)))
                .toList();
    }

    @Override
    public ModelPlan plan(OptionalInt window) {
        file.checkRunnable();
        ModelGeometry geometry = GgufGeometry.of(file, window);
        return new ModelPlan(geometry, new GgufTensors(file, geometry).planned(), RopeFactors.of(file, geometry));
    }

    @Override
    public List<SourceFact> tokenizerFacts(Tokenizer tokenizer) {
        List<SourceFact> facts = new ArrayList<>();
        for (String key : List.of("model", "pre")) {
            metadata.findString(TOKENIZER + key).ifPresent(value -> facts.add(SourceFact.of(key, key, value)));
        }
        for (String key : List.of("tokens", "merges")) {
            if (metadata.isArray(TOKENIZER + key)) {
                facts.add(SourceFact.count(
                        key, key, metadata.strings(TOKENIZER + key).size()));
            }
        }
        for (String key : List.of("bos", "eos", "unknown", "padding")) {
            OptionalLong id = metadata.usableInteger(TOKENIZER + key + "_token_id", Long.MIN_VALUE, Long.MAX_VALUE);
            if (id.isPresent()) {
                facts.add(new SourceFact(key, id.getAsLong() + spelling(id.getAsLong()), key, id.getAsLong()));
            }
        }
        boolean adds = metadata.bool(TOKENIZER + "add_bos_token", false);
        facts.add(new SourceFact("puts bos first", adds ? "yes" : "no", "adds_bos", adds));
        return facts;
    }

    private String spelling(long id) {
        if (!metadata.isArray(TOKENIZER + "tokens")) {
            return "";
        }
        List<String> tokens = metadata.strings(TOKENIZER + "tokens");
        return id >= 0 && id < tokens.size() ? " " + tokens.get((int) id) : " (not in the vocabulary)";
    }

    @Override
    public TokenizerSource tokenizer() {
        return new TokenizerSource.Gguf(file.name(), vocabulary());
    }

    @Override
    public Set<Integer> eosIds(int vocabulary) {
        return Set.of(); // the vocabulary has them
    }

    @Override
    public ChatSource chat() {
        return ChatSource.of(file, vocabulary());
    }

    private Vocabulary vocabulary() {
        return GgufVocabulary.of(file);
    }

    @Override
    public List<String> oddities(int vocabulary) {
        return new GgufTokenIds(metadata, metadata.strings(TOKENIZER + "tokens").size()).warnings();
    }

    @Override
    public void close() {
        file.close();
    }
}
