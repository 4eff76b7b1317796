package dev.tramontane.api.openai;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.journal.JournalException;
import dev.tramontane.generation.AdaptedGenerator;
import dev.tramontane.generation.KeepAlive;
import dev.tramontane.generation.ModelProfile;
import dev.tramontane.generation.TextGenerator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The models that can be asked for. Looked up by name only, never as a path. Any thread; must not block. */
public interface ServedModels {

    /** What Hugging Face's clients send where they know an address and no name. */
    Set<String> NAMELESS = Set.of("tgi", "dummy");

    /** The tag that a name has which says none. */
    String LATEST = ":latest";

    /**
     * A model as {@code /v1/models} tells of it.
     *
     * @param createdSeconds since 1970
     * @param profile null while the server's one model is being loaded
     * @param stay how it stands where models come and go; null of a server's one model, which stays
     * @param parent of an adapter the model that it changes; null of a model
     */
    record Entry(
            String id,
            long createdSeconds,
            @Nullable ModelProfile profile,
            @Nullable Stay stay,
            @Nullable String parent) {
        /** Of a model that stays. */
        public Entry(String id, long createdSeconds, @Nullable ModelProfile profile) {
            this(id, createdSeconds, profile, null, null);
        }

        /** Of a model that comes and goes; null for one that stays. */
        public Entry(String id, long createdSeconds, @Nullable ModelProfile profile, @Nullable Stay stay) {
            this(id, createdSeconds, profile, stay, null);
        }

        /** Whether it answers without being loaded first. */
        public boolean isLoaded() {
            return profile != null && (stay == null || stay.state().equals(Stay.LOADED));
        }
    }

    /**
     * How a model stands that comes and goes.
     *
     * @param state unloaded, loading or loaded
     * @param percent of it that is prepared
     * @param leftNanos until it is unloaded should nobody ask for it; empty where nothing runs out
     */
    record Stay(String state, int percent, OptionalLong leftNanos) {
        public static final String LOADED = "loaded";
    }

    /** What requests may say of how long models stay. */
    interface Keeping {
        /**
         * Loads a listed model where it is not.
         *
         * @param keep how long it is to stay; null for as long as the operator says
         * @return comes when it is there; errors are {@link dev.tramontane.generation.GenerationException}
         */
        Mono<Void> load(String id, @Nullable KeepAlive keep);

        /** Unloads a listed model as soon as nothing runs on it. */
        void unload(String id);
    }

    /** What operators may say of adapters while a server runs. */
    interface Adapting {
        /**
         * Loads an adapter from the folder that the operator named.
         *
         * @param path in that folder
         * @return comes when it can be asked for; errors are {@link ApiException}
         */
        Mono<Void> load(String name, String path);

        /**
         * Takes an adapter away: no new request may ask for it, and its place is free when those that use it are over.
         *
         * @throws ApiException when there is none of that name
         */
        void unload(String name);
    }

    /** What operators' requests may do to the list of models while a server runs. */
    interface Pulling {
        /**
         * How far a pull is.
         *
         * @param status for people
         * @param digest of the file that comes: "sha256:..."; empty where none does
         * @param total bytes of that file
         * @param completed bytes of it that are here
         */
        record Progress(String status, String digest, long total, long completed) {}

        /**
         * Fetches a model by its name; who asks for one that is being fetched joins. Ends when nobody listens any more; what has come goes on
         * with the next.
         *
         * @param name of a hub's
         * @return how far it is, of which a slow reader misses some; complete when the model can be asked for. Errors are {@link ApiException}
         */
        Flux<Progress> pull(String name);

        /**
         * Takes a model away: no new request may ask for it, what runs on it ends, then its files go.
         *
         * @param id as it is listed, or a name
         * @return comes when it is gone, whoever cancels; errors are {@link ApiException}
         */
        Mono<Void> delete(String id);
    }

    /** Null where the models are those of the start. */
    default @Nullable Pulling pulling() {
        return null;
    }

    /** Null where adapters are those of the start. */
    default @Nullable Adapting adapting() {
        return null;
    }

    /** All of them; while loading, those that will be. */
    List<Entry> list();

    /** Null where a server's one model stays as long as it runs. */
    default @Nullable Keeping keeping() {
        return null;
    }

    /**
     * The generator of a model.
     *
     * @param name null for the default model
     * @return null when there is no such model
     * @throws ApiException when it exists but cannot be used now
     */
    @Nullable
    TextGenerator find(@Nullable String name);

    /** The same, where a name without a tag and one with the tag {@code latest} are one, as they are for Ollama. */
    default @Nullable TextGenerator tagged(@Nullable String name) {
        TextGenerator exact = find(name);
        if (exact != null || name == null) {
            return exact;
        }
        return find(name.endsWith(LATEST) ? name.substring(0, name.length() - LATEST.length()) : name + LATEST);
    }

    /**
     * The generator that a request names.
     *
     * @param name null for the default model
     * @throws ApiException when there is no such model, or it cannot be used now
     */
    default TextGenerator get(@Nullable String name) {
        TextGenerator generator = tagged(name);
        if (generator == null && NAMELESS.contains(name)) {
            return get(null);
        }
        if (generator == null) {
            throw ApiException.unknownModel(name == null ? "" : name);
        }
        return generator;
    }

    /**
     * The generator that goes on with an answer, maybe of another process: of that name, if it computes with the same, or else of any
     * other name that does.
     *
     * @param name null for the default model
     * @param adapter {@link TextGenerator#adaptedBy} of the one that it began with
     * @throws ApiException when there is no such model, or it cannot be used now
     * @throws JournalException when what has its name here computes with something else
     */
    default TextGenerator going(@Nullable String name, String adapter) {
        TextGenerator named = tagged(name == null || NAMELESS.contains(name) ? null : name);
        if (named != null && named.adaptedBy().equals(adapter)) {
            return named;
        }
        List<Entry> adapters = adapter.isEmpty()
                ? List.of()
                : list().stream().filter(entry -> entry.parent() != null).toList();
        for (Entry entry : adapters) {
            if (find(entry.id()) instanceof AdaptedGenerator other
                    && other.adaptedBy().equals(adapter)) {
                return name == null ? other : other.called(name);
            }
        }
        if (named == null && adapter.isEmpty()) {
            throw ApiException.unknownModel(name == null ? "" : name);
        }
        throw JournalException.ofOtherWeights(name == null ? "" : name);
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
