package dev.tramontane.source;

import dev.tramontane.chat.MistralVersion;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.weights.SafetensorsSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Mistral's own layout: {@code params.json} beside {@code consolidated.safetensors}. */
final class MistralLayout implements DirectoryLayout {
    private final ModelDirectory directory;
    private final JsonParameters whole;
    private final MistralParams params;

    MistralLayout(ModelDirectory directory, JsonParameters whole) {
        this.directory = directory;
        this.whole = whole;
        params = new MistralParams(whole);
    }

    @Override
    public List<SourceFact> form() {
        List<SourceFact> facts = new ArrayList<>();
        facts.add(SourceFact.of("format", "format", "Mistral's own layout"));
        if (directory.has(DirectoryForm.HUGGING_FACE.config())) {
            facts.add(SourceFact.of(
                    "chosen", "chosen", "its makers' own files, before the Hugging Face files that are there, too"));
        }
        return facts;
    }

    @Override
    public List<SourceFact> metadata() {
        return whole.facts("");
    }

    @Override
    public List<String> configs() {
        return List.of(DirectoryForm.MISTRAL.config());
    }

    @Override
    public boolean seesImages() {
        return params.seesImages();
    }

    @Override
    public TensorNames names(SafetensorsSet weights) {
        return new TensorNames.Mistral(whole.has("moe"));
    }

    @Override
    public ModelGeometry geometry(String name, int vocabulary, OptionalInt window) {
        return params.geometry(name, vocabulary, window);
    }

    @Override
    public boolean tied() {
        return params.tied();
    }

    @Override
    public float[] ropeFactors(ModelGeometry geometry) {
        return RopeScaling.yarn(geometry).orElse(new float[0]);
    }

    @Override
    public TokenizerSource tokenizer(TokenizerFiles files) {
        return files.ofMistral();
    }

    @Override
    public Optional<MistralVersion> version(TokenizerFiles files) {
        return files.mistrals().or(files::plain).map(files::version);
    }

    @Override
    public Set<Integer> eosIds(int vocabulary) {
        return Set.of(); // the tokenizer has them
    }

    @Override
    public List<String> oddities(int vocabulary) {
        return List.of();
    }
}
