package dev.tramontane.model;

import dev.tramontane.weights.GgufFile;
import dev.tramontane.weights.ModelFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * The files of one model, opened and checked as files; what they say of the model is checked when it is asked for.
 * Every fault is a {@link ModelFileException} of one line. Owns its mappings: tensors are valid until {@link #close},
 * which may be called twice. Any thread.
 */
public sealed interface ModelSource extends AutoCloseable permits GgufSource {

    /**
     * Opens what lies at a path.
     *
     * @throws ModelFileException when it is not a model, or not one in a format that is known
     */
    static ModelSource open(Path path) {
        return GgufSource.of(GgufFile.open(path));
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

    /** What turns text into tokens, for people and programs, as far as the files say it. */
    List<SourceFact> tokenizerFacts();

    /** What turns text into tokens, read but not built. */
    TokenizerSource tokenizer();

    /** What the chat layout is made of. */
    ChatSource chat();

    @Override
    void close();
}
