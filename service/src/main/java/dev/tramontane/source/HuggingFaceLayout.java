package dev.tramontane.source;

import dev.tramontane.chat.MistralVersion;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.weights.SafetensorsSet;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Hugging Face's layout: transformers' {@code config.json} beside safetensors files. */
final class HuggingFaceLayout implements DirectoryLayout {
    private final JsonParameters whole;
    private final GenerationFile generation;
    private final HuggingFaceConfig config;

    HuggingFaceLayout(JsonParameters whole, GenerationFile generation) {
        this.whole = whole;
        this.generation = generation;
        config = new HuggingFaceConfig(whole);
    }

    @Override
    public List<SourceFact> form() {
        return List.of(SourceFact.of("format", "format", "Hugging Face directory"));
    }

    @Override
    public List<SourceFact> metadata() {
        return whole.facts("");
    }

    @Override
    public List<String> configs() {
        return List.of(DirectoryForm.HUGGING_FACE.config());
    }

    @Override
    public boolean seesImages() {
        return config.seesImages();
    }

    @Override
    public TensorNames names(SafetensorsSet weights) {
        TensorNames.HuggingFace names = new TensorNames.HuggingFace("model.", "lm_head");
        return switch (config.architecture()) {
            case MIXTRAL -> new TensorNames.Mixtral(names);
            case MISTRAL3 -> {
                // Saved by transformers before 4.52, and since.
                String old = "language_model.";
                yield weights.find(old + "model.embed_tokens.weight").isPresent()
                        ? new TensorNames.HuggingFace(old + "model.", old + "lm_head")
                        : new TensorNames.HuggingFace("model.language_model.", "lm_head");
            }
            case MISTRAL, MINISTRAL, MINISTRAL3, LLAMA -> names;
        };
    }

    @Override
    public ModelGeometry geometry(String name, int vocabulary, OptionalInt window) {
        return config.geometry(name, vocabulary, window);
    }

    @Override
    public boolean tied() {
        return config.tied();
    }

    @Override
    public float[] ropeFactors(ModelGeometry geometry) {
        return config.rope(geometry.headDim()).factors();
    }

    @Override
    public TokenizerSource tokenizer(TokenizerFiles files) {
        return files.ofHuggingFace();
    }

    @Override
    public Optional<MistralVersion> version(TokenizerFiles files) {
        return files.mistrals().map(files::version);
    }

    @Override
    public Set<Integer> eosIds(int vocabulary) {
        Set<Integer> eosIds = new LinkedHashSet<>(EndIds.of(config.text(), vocabulary));
        generation.parameters().ifPresent(file -> eosIds.addAll(EndIds.of(file, vocabulary)));
        return eosIds;
    }

    @Override
    public List<String> oddities(int vocabulary) {
        List<String> oddities = new ArrayList<>(EndIds.warnings(config.text(), vocabulary));
        generation.parameters().ifPresent(file -> oddities.addAll(EndIds.warnings(file, vocabulary)));
        return oddities;
    }
}
