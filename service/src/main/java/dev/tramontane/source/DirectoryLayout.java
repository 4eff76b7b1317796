package dev.tramontane.source;

import dev.tramontane.chat.MistralVersion;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.weights.SafetensorsSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** What a directory's files mean by one form: all in which {@link DirectorySource}s differ. */
sealed interface DirectoryLayout permits MistralLayout, HuggingFaceLayout {

    /** What it is, and why it if there was a choice. */
    List<SourceFact> form();

    /** What they say about the model, key by key. */
    List<SourceFact> metadata();

    /** Names of the files that hold hyperparameters, there or not. */
    List<String> configs();

    /** Whether there is a part for images, which is left out. */
    boolean seesImages();

    /** What the tensors are called. */
    TensorNames names(SafetensorsSet weights);

    /**
     * Reads and checks the geometry.
     *
     * @param name the model's own, for people
     * @param vocabulary rows of the embedding
     * @param window attention window of every layer, 0 for none; empty for what the files say
     */
    ModelGeometry geometry(String name, int vocabulary, OptionalInt window);

    /** Whether the head is the embedding where the weights have none of its own. */
    boolean tied();

    /** Divisors of the rotary frequencies of that geometry; empty for none. */
    float[] ropeFactors(ModelGeometry geometry);

    /** The tokenizer's file. */
    TokenizerSource tokenizer(TokenizerFiles files);

    /** The version of Mistral's chat layout, where a file of the tokenizer tells it. */
    Optional<MistralVersion> version(TokenizerFiles files);

    /**
     * Ids that end an answer besides those that the tokenizer knows.
     *
     * @param vocabulary ids that the model has
     */
    Set<Integer> eosIds(int vocabulary);

    /** What is odd in the hyperparameters and was left aside, a sentence each. */
    List<String> oddities(int vocabulary);
}
