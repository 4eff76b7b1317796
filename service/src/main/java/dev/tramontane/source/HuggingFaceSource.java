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

/** A model in a Hugging Face directory: transformers' {@code config.json} beside safetensors files. */
public final class HuggingFaceSource implements ModelSource {
    static final String CONFIG = "config.json";
    static final String WEIGHTS = "model";
    private static final String GENERATION = "generation_config.json";

    private final ModelDirectory directory;
    private final JsonParameters whole;
    private final HuggingFaceConfig config;
    private final String quantisation;
    private final SafetensorsSet weights;
    private final TokenizerFiles tokenizers;

    private HuggingFaceSource(ModelDirectory directory, JsonParameters whole, SafetensorsSet weights) {
        this.directory = directory;
        this.whole = whole;
        this.weights = weights;
        config = new HuggingFaceConfig(whole);
        quantisation = QuantisationMethod.ofHuggingFace(whole).orElse("none");
        tokenizers = new TokenizerFiles(directory);
    }

    /** Whether a directory holds this layout. */
    static boolean isIn(ModelDirectory directory) {
        return directory.has(CONFIG) && SafetensorsSet.isPresent(directory.path(), WEIGHTS);
    }

    static HuggingFaceSource open(ModelDirectory directory) {
        JsonParameters whole = directory.parameters(CONFIG);
        QuantisationMethod.ofHuggingFace(whole); // refused before the weights, whose names would be refused, too
        SafetensorsSet weights = SafetensorsSet.open(directory.path(), WEIGHTS);
        try {
            return new HuggingFaceSource(directory, whole, weights);
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
        facts.add(SourceFact.of("format", "format", "Hugging Face directory"));
        facts.add(SourceFact.of("name", "name", directory.modelName()));
        facts.add(SourceFact.of("quantisation", "quantisation", quantisation));
        GenerationDefaults generation = generation(TransformerShape.MAX_VOCABULARY);
        if (!generation.sampling().isEmpty()) {
            facts.add(new SourceFact(
                    "suggested sampling",
                    String.join(", ", generation.sampling()),
                    "suggested_sampling",
                    generation.sampling()));
        }
        if (config.seesImages()) {
            facts.add(SourceFact.of("left out", "left_out", "the part for images"));
        }
        return facts;
    }

    @Override
    public List<SourceFile> files() {
        Set<String> names = new LinkedHashSet<>(List.of(CONFIG, GENERATION));
        names.addAll(tokenizers.names());
        return SafetensorsFacts.files(directory, names, weights);
    }

    @Override
    public List<StoredTensor> stored() {
        return SafetensorsFacts.stored(weights);
    }

    @Override
    public List<SourceFact> metadata() {
        List<SourceFact> facts = new ArrayList<>(whole.facts(""));
        if (directory.has(GENERATION)) {
            facts.addAll(directory.parameters(GENERATION).facts("generation."));
        }
        return facts;
    }

    @Override
    public ModelPlan plan(OptionalInt window) {
        SafetensorsTensors tensors = new SafetensorsTensors(weights, names());
        ModelGeometry geometry = config.geometry(directory.modelName(), tensors.vocabulary(), window);
        return new ModelPlan(
                geometry,
                tensors.planned(geometry, config.tied()),
                config.rope(geometry.headDim()).factors());
    }

    private TensorNames names() {
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
            case MISTRAL, MINISTRAL, LLAMA -> names;
        };
    }

    @Override
    public List<SourceFact> tokenizerFacts(Tokenizer tokenizer) {
        return TokenizerFacts.of(tokenizer(), tokenizer);
    }

    @Override
    public TokenizerSource tokenizer() {
        return tokenizers.ofHuggingFace();
    }

    @Override
    public Set<Integer> eosIds(int vocabulary) {
        Set<Integer> eosIds = new LinkedHashSet<>(GenerationDefaults.eosIds(config.text(), vocabulary));
        eosIds.addAll(generation(vocabulary).eosIds());
        return eosIds;
    }

    @Override
    public List<String> oddities(int vocabulary) {
        List<String> oddities = new ArrayList<>(GenerationDefaults.warnings(config.text(), vocabulary));
        if (directory.has(GENERATION)) {
            oddities.addAll(GenerationDefaults.warnings(directory.parameters(GENERATION), vocabulary));
        }
        oddities.addAll(SafetensorsFacts.oddities(weights));
        return oddities;
    }

    private GenerationDefaults generation(int vocabulary) {
        return directory.has(GENERATION)
                ? GenerationDefaults.of(directory.parameters(GENERATION), vocabulary)
                : GenerationDefaults.NONE;
    }

    @Override
    public ChatSource chat() {
        ChatFiles files = new ChatFiles(directory);
        Optional<MistralVersion> version = tokenizers.mistrals().map(tokenizers::version);
        return new ChatSource(files.template(), version, files.specials());
    }

    @Override
    public void close() {
        weights.close();
    }
}
