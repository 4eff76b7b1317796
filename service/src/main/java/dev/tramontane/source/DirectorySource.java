package dev.tramontane.source;

import dev.tramontane.chat.MistralVersion;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.SamplingDefaults;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.weights.SafetensorsSet;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** A model in a directory: hyperparameters in JSON and a tokenizer beside safetensors files, in one of two layouts. */
public final class DirectorySource implements ModelSource {
    private final ModelDirectory directory;
    private final DirectoryLayout layout;
    private final GenerationFile generation;
    private final String quantisation;
    private final SafetensorsSet weights;
    private final TokenizerFiles tokenizers;

    private DirectorySource(
            ModelDirectory directory,
            DirectoryLayout layout,
            GenerationFile generation,
            String quantisation,
            SafetensorsSet weights) {
        this.directory = directory;
        this.layout = layout;
        this.generation = generation;
        this.quantisation = quantisation;
        this.weights = weights;
        tokenizers = new TokenizerFiles(directory);
    }

    /** @param form that is in the directory */
    static DirectorySource open(ModelDirectory directory, DirectoryForm form) {
        JsonParameters config = directory.parameters(form.config());
        // Refused before the weights, whose names would be refused, too.
        String quantisation = form.quantisation(config).orElse("none");
        SafetensorsSet weights = SafetensorsSet.open(directory.path(), form.weights());
        try {
            GenerationFile generation = new GenerationFile(directory);
            return new DirectorySource(
                    directory, form.layout(directory, config, generation), generation, quantisation, weights);
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
        List<SourceFact> facts = new ArrayList<>(layout.form());
        facts.add(SourceFact.of("name", "name", directory.modelName()));
        facts.add(SourceFact.of("quantisation", "quantisation", quantisation));
        facts.addAll(generation.facts());
        if (layout.seesImages()) {
            facts.add(SourceFact.of("left out", "left_out", "the part for images"));
        }
        long scales = weights.tensors().stream()
                .filter(tensor -> SafetensorsTensors.leavesAside(tensor.name()))
                .count();
        if (scales > 0) {
            facts.add(new SourceFact(
                    "left aside",
                    scales + " scales of activations and caches: neither is FP8 here",
                    "scales_left_aside",
                    scales));
        }
        return facts;
    }

    @Override
    public List<SourceFile> files() {
        Set<String> names = new LinkedHashSet<>(layout.configs());
        names.add(GenerationFile.NAME);
        names.addAll(tokenizers.names());
        return SafetensorsFacts.files(directory, names, weights);
    }

    @Override
    public List<StoredTensor> stored() {
        return SafetensorsFacts.stored(weights);
    }

    @Override
    public List<SourceFact> metadata() {
        List<SourceFact> facts = new ArrayList<>(layout.metadata());
        generation.parameters().ifPresent(file -> facts.addAll(file.facts("generation.")));
        return facts;
    }

    @Override
    public ModelPlan plan(OptionalInt window) {
        SafetensorsTensors tensors = new SafetensorsTensors(weights, layout.names(weights));
        ModelGeometry geometry = layout.geometry(directory.modelName(), tensors.vocabulary(), window);
        return new ModelPlan(geometry, tensors.planned(geometry, layout.tied()), layout.ropeFactors(geometry));
    }

    @Override
    public List<SourceFact> tokenizerFacts(Tokenizer tokenizer) {
        return TokenizerFacts.of(tokenizer(), tokenizer);
    }

    @Override
    public TokenizerSource tokenizer() {
        return layout.tokenizer(tokenizers);
    }

    @Override
    public Set<Integer> eosIds(int vocabulary) {
        return layout.eosIds(vocabulary);
    }

    @Override
    public SamplingDefaults sampling() {
        return generation.suggested().defaults();
    }

    @Override
    public List<String> oddities(int vocabulary) {
        List<String> oddities = new ArrayList<>(layout.oddities(vocabulary));
        oddities.addAll(generation.suggested().warnings());
        oddities.addAll(SafetensorsFacts.oddities(weights));
        return oddities;
    }

    @Override
    public ChatSource chat() {
        ChatFiles files = new ChatFiles(directory);
        Optional<MistralVersion> version = layout.version(tokenizers);
        return new ChatSource(
                files.template(),
                version,
                version.filter(MistralVersion::hasSettings).flatMap(of -> tokenizers.settings()),
                files.systemPrompt(),
                files.specials());
    }

    @Override
    public void close() {
        weights.close();
    }
}
