package dev.tramontane.api.openai;

import dev.tramontane.api.ApiException;
import dev.tramontane.generation.ModelProfile;
import dev.tramontane.generation.TextGenerator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The models that can be asked for. Looked up by name only, never as a path. Any thread; must not block. */
public interface ServedModels {

    /** What Hugging Face's clients send where they know an address and no name. */
    Set<String> NAMELESS = Set.of("tgi", "dummy");

    /**
     * A model as {@code /v1/models} tells of it.
     *
     * @param createdSeconds since 1970
     * @param profile null while it is being loaded
     */
    record Entry(String id, long createdSeconds, @Nullable ModelProfile profile) {}

    /** All of them; while loading, those that will be. */
    List<Entry> list();

    /**
     * The generator of a model.
     *
     * @param name null for the default model
     * @return null when there is no such model
     * @throws ApiException when it exists but cannot be used now
     */
    @Nullable
    TextGenerator find(@Nullable String name);

    /**
     * The generator that a request names.
     *
     * @param name null for the default model
     * @throws ApiException when there is no such model, or it cannot be used now
     */
    default TextGenerator get(@Nullable String name) {
        TextGenerator generator = find(name);
        if (generator == null && NAMELESS.contains(name)) {
            return get(null);
        }
        if (generator == null) {
            throw ApiException.unknownModel(name == null ? "" : name);
        }
        return generator;
    }

    /** One model that is there from the start. */
    static ServedModels of(TextGenerator generator, long createdSeconds) {
        Entry entry = new Entry(generator.model(), createdSeconds, generator.profile());
        return new ServedModels() {
            @Override
            public List<Entry> list() {
                return List.of(entry);
            }

            @Override
            public @Nullable TextGenerator find(@Nullable String name) {
                return name == null || name.equals(entry.id()) ? generator : null;
            }
        };
    }
}
