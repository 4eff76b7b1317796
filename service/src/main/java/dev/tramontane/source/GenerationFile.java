package dev.tramontane.source;

import dev.tramontane.model.SamplingDefaults;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * transformers' {@code generation_config.json}, which may lie beside either layout's files: read at most once, when it is
 * first asked for. Any thread.
 */
final class GenerationFile {
    static final String NAME = "generation_config.json";

    private final ModelDirectory directory;
    private @Nullable JsonParameters read;

    GenerationFile(ModelDirectory directory) {
        this.directory = directory;
    }

    /**
     * What it says; empty when there is none.
     *
     * @throws dev.tramontane.weights.ModelFileException when it is no JSON object
     */
    synchronized Optional<JsonParameters> parameters() {
        if (read == null && directory.has(NAME)) {
            read = directory.parameters(NAME);
        }
        return Optional.ofNullable(read);
    }

    /** @throws dev.tramontane.weights.ModelFileException as {@link #parameters}, and when a value is no number */
    SuggestedSampling suggested() {
        return parameters().map(SuggestedSampling::of).orElse(SuggestedSampling.NONE);
    }

    /** What it suggests, for people and programs; empty for nothing. */
    List<SourceFact> facts() {
        SamplingDefaults suggested = suggested().defaults();
        return suggested.told().isEmpty()
                ? List.of()
                : List.of(new SourceFact(
                        "suggested sampling",
                        suggested.toString(),
                        "suggested_sampling",
                        List.of(suggested.toString().split(", "))));
    }
}
