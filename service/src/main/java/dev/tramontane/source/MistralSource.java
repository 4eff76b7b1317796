package dev.tramontane.source;

import dev.tramontane.chat.MistralVersion;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.weights.SafetensorsSet;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** A model in Mistral's own layout: {@code params.json} beside {@code consolidated.safetensors}. */
public final class MistralSource implements ModelSource {
    static final String PARAMS = "params.json";
    static final String WEIGHTS = "consolidated";

    private final ModelDirectory directory;
    private final JsonParameters whole;
    private final MistralParams params;
    private final String quantisation;
    private final SafetensorsSet weights;
    private final TokenizerFiles tokenizers;

    private MistralSource(ModelDirectory directory, JsonParameters whole, SafetensorsSet weights) {
        this.directory = directory;
        this.whole = whole;
        this.weights = weights;
        params = new MistralParams(whole);
        quantisation = QuantisationMethod.ofMistral(whole).orElse("none");
        tokenizers = new TokenizerFiles(directory);
    }

    /** Whether a directory holds this layout. */
    static boolean isIn(ModelDirectory directory) {
        return directory.has(PARAMS) && SafetensorsSet.isPresent(directory.path(), WEIGHTS);
    }

    static MistralSource open(ModelDirectory directory) {
        JsonParameters whole = directory.parameters(PARAMS);
        QuantisationMethod.ofMistral(whole); // refused before the weights, whose names would be refused, too
        SafetensorsSet weights = SafetensorsSet.open(directory.path(), WEIGHTS);
        try {
            return new MistralSource(directory, whole, weights);
        } catch (RuntimeException | Error failure) {
            weights.close();
            throw failure;
        }
    }

    @Override
    public String name() {
        return directory.path().toString();
    }

    @Override
    public List<SourceFact> facts() {
        List<SourceFact> facts = new ArrayList<>();
        facts.add(SourceFact.of("format", "format", "Mistral's own layout"));
        if (directory.has(HuggingFaceSource.CONFIG)) {
            facts.add(SourceFact.of(
                    "chosen", "chosen", "its makers' own files, before the Hugging Face files that are there, too"));
        }
        facts.add(SourceFact.of("name", "name", directory.modelName()));
        facts.add(SourceFact.of("quantisation", "quantisation", quantisation));
        if (params.seesImages()) {
            facts.add(SourceFact.of("left out", "left_out", "the part for images"));
        }
        return facts;
    }

    @Override
    public List<SourceFile> files() {
        Set<String> names = new LinkedHashSet<>(List.of(PARAMS));
        names.addAll(tokenizers.names());
        return SafetensorsFacts.files(directory, names, weights);
    }

    @Override
    public List<StoredTensor> stored() {
        return SafetensorsFacts.stored(weights);
    }

    @Override
    public List<SourceFact> metadata() {
        return whole.facts("");
    }

    @Override
    public ModelPlan plan(OptionalInt window) {
        SafetensorsTensors tensors = new SafetensorsTensors(weights, new TensorNames.Mistral(whole.has("moe")));
        ModelGeometry geometry = params.geometry(directory.modelName(), tensors.vocabulary(), window);
        return new ModelPlan(geometry, tensors.planned(geometry, params.tied()), new float[0]);
    }

    @Override
    public List<SourceFact> tokenizerFacts(Tokenizer tokenizer) {
        return TokenizerFacts.of(tokenizer(), tokenizer);
    }

    @Override
    public TokenizerSource tokenizer() {
        return tokenizers.ofMistral();
    }

    @Override
    public Set<Integer> eosIds(int vocabulary) {
        return Set.of();
    }

    @Override
    public List<String> oddities(int vocabulary) {
        return SafetensorsFacts.oddities(weights);
    }

    @Override
    public ChatSource chat() {
        ChatFiles files = new ChatFiles(directory);
        Optional<MistralVersion> version =
                tokenizers.mistrals().or(tokenizers::plain).map(tokenizers::version);
        return new ChatSource(files.template(), version, files.specials());
    }

    @Override
    public void close() {
        weights.close();
    }
}
