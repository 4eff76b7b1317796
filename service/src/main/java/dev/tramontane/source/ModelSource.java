package dev.tramontane.source;

import dev.tramontane.model.SamplingDefaults;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.weights.ForeignDirectory;
import dev.tramontane.weights.GgufFile;
import dev.tramontane.weights.ModelFileException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The files of one model, opened and checked as files; what they say of the model is checked when it is asked for.
 * Every fault is a {@link ModelFileException} of one line. Owns its mappings: tensors are valid until {@link #close},
 * which may be called twice. Any thread.
 */
public sealed interface ModelSource extends AutoCloseable permits GgufSource, DirectorySource {

    /**
     * Opens what lies at a path.
     *
     * @throws ModelFileException when it is not a model, or not one in a format that is known
     */
    static ModelSource open(Path path) {
        if (!Files.isDirectory(path)) {
            return GgufSource.of(GgufFile.open(path));
        }
        ModelDirectory directory = ModelDirectory.open(path);
        for (DirectoryForm form : DirectoryForm.values()) {
            if (form.isIn(directory)) {
                return DirectorySource.open(directory, form);
            }
        }
        for (DirectoryForm form : DirectoryForm.values()) {
            if (form.hasWeightsIn(directory)) {
                String found = "there are the weights " + form.weights() + ".safetensors, but no " + form.config();
                throw ModelFileException.in(path.toString(), found)
                        .expected("both")
                        .advice("download it from where the weights came from");
            }
        }
        throw ForeignDirectory.describe(path);
    }

    /** The path as the user named it. */
    String name();

    /** The format and what else the files say of themselves, for people and programs. */
    List<SourceFact> facts();

    /** The files that the model is made of. */
    List<SourceFile> files();

    /** Every tensor as it is stored, whether a model needs it or not. */
    List<StoredTensor> stored();

    /** What the files say about the model, key by key, for people. */
    List<SourceFact> metadata();

    /**
     * The model: geometry and tensors, each checked against the other.
     *
     * @param window attention window of every layer in tokens, 0 for none; empty for what the files say
     */
    ModelPlan plan(OptionalInt window);

    /** What turns text into tokens, read but not built. */
    TokenizerSource tokenizer();

    /**
     * Builds the tokenizer and checks it against the model. It may have more tokens than the embedding has rows, if text
     * does not need them; who loads the model keeps them from it. Takes up to seconds for large vocabularies.
     *
     * @param plan of this source
     */
    default Tokenizer tokenizer(ModelPlan plan) {
        TokenizerSource source = tokenizer();
        Tokenizer tokenizer = source.build();
        SurplusTokens.check(tokenizer, plan.geometry().vocabulary(), source.file());
        return tokenizer;
    }

    /**
     * What is odd in the files and was left aside, a sentence each. The model gives the answers that it would give without
     * it.
     *
     * @param tokenizer of this source and plan
     */
    default List<String> warnings(ModelPlan plan, Tokenizer tokenizer) {
        int vocabulary = plan.geometry().vocabulary();
        List<String> warnings = new ArrayList<>(SurplusTokens.warnings(tokenizer, vocabulary));
        warnings.addAll(oddities(vocabulary));
        return warnings;
    }

    /**
     * The part of {@link #warnings} that the format knows of.
     *
     * @param vocabulary ids that the model has
     */
    List<String> oddities(int vocabulary);

    /**
     * What turns text into tokens, for people and programs.
     *
     * @param tokenizer of this source
     */
    List<SourceFact> tokenizerFacts(Tokenizer tokenizer);

    /**
     * Ids that end an answer besides those that the tokenizer knows.
     *
     * @param vocabulary ids that the model has
     */
    Set<Integer> eosIds(int vocabulary);

    /**
     * How its makers suggest that answers are sampled.
     *
     * @throws ModelFileException when what the files say of that is no number
     */
    default SamplingDefaults sampling() {
        return SamplingDefaults.NEUTRAL;
    }

    /** What the chat layout is made of. */
    ChatSource chat();

    @Override
    void close();
}
