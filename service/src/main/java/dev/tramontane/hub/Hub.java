package dev.tramontane.hub;

import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.hub.PullPlan.PlannedFile;
import dev.tramontane.hub.Reference.HuggingFace;
import dev.tramontane.hub.Reference.Local;
import dev.tramontane.hub.Reference.Ollama;
import dev.tramontane.hub.Reference.Web;
import dev.tramontane.weights.IoReason;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Models by their names: those that are there, in the store and in the caches of other programs, and those that hubs have. Every
 * fault is a {@link HubException} of one line. Blocks, a pull for as long as its line is slow. Any thread.
 */
public final class Hub {
    private final HubConfig config;
    private final ModelStore store;

    public Hub(HubConfig config) {
        this.config = config;
        store = new ModelStore(config.store());
    }

    /** What went when the store was pruned. */
    public record Pruned(int files, long bytes) {}

    /** The model of that name, if it is there whole: of the store, else of another program's cache. */
    public Optional<StoredModel> find(Reference name) {
        return checked(() -> {
            Optional<StoredModel> own = store.find(kept(name));
            return own.isPresent() ? own : foreign(name);
        });
    }

    private static Reference kept(Reference name) {
        return name instanceof Web web ? web.kept() : name;
    }

    private Optional<StoredModel> foreign(Reference name) throws IOException {
        return switch (name) {
            case Ollama ollama
            when config.ollama().isPresent() -> new OllamaCache(config.ollama().get()).find(ollama);
            case HuggingFace repository
            when config.huggingFace().isPresent() ->
                new HuggingFaceCache(config.huggingFace().get()).find(repository);
            default -> Optional.empty();
        };
    }

    /** All models that are there, the store's first, by name. */
    public List<StoredModel> list() {
        return checked(() -> {
            List<StoredModel> all = new ArrayList<>(store.list());
            if (config.ollama().isPresent()) {
                all.addAll(new OllamaCache(config.ollama().get()).list());
            }
            if (config.huggingFace().isPresent()) {
                all.addAll(new HuggingFaceCache(config.huggingFace().get()).list());
            }
            all.sort(Comparator.comparing(StoredModel::place)
                    .thenComparing(model -> model.reference().text()));
            return all;
        });
    }

    /**
     * Takes a model out of the store. A process that has it open goes on with it.
     *
     * @return false where the store has none of that name
     * @throws HubException also for a model of another program's
     */
    public boolean remove(Reference name) {
        return checked(() -> {
            if (store.remove(kept(name)) || store.remove(name)) { // Earlier versions kept all of it.
                return true;
            }
            Optional<StoredModel> other = foreign(name);
            if (other.isPresent()) {
                throw new HubException(
                        Kind.STORE,
                        name.text() + " lies in " + other.get().place().label() + " cache, which is only read: "
                                + other.get().path());
            }
            return false;
        });
    }

    /** Bytes that the store takes of the disk, with what is unfinished. */
    public long taken() {
        return checked(store::taken);
    }

    /** Takes away what belongs to no model, unless a pull is under way. What is unfinished stays. */
    public void sweep() {
        checked(() -> {
            store.sweep();
            return null;
        });
    }

    /**
     * Takes away what is unfinished, and what belongs to no model.
     *
     * @throws HubException when a pull is under way
     */
    public Pruned prune() {
        ModelStore.Pruned pruned = checked(store::prune);
        if (pruned == null) {
            throw new HubException(
                    Kind.STORE, "a pull into " + store.path() + " is under way; prune when it has ended");
        }
        return new Pruned(pruned.files(), pruned.bytes());
    }

    /**
     * Brings a model, or what is newer of it. One that lies in another program's cache stays there, and nothing comes. What is
     * cut off goes on with the next pull. An interrupt ends it.
     *
     * @throws HubException when it cannot be had
     */
    public StoredModel pull(Reference name, PullListener listener) throws InterruptedException {
        if (name instanceof Local local) {
            throw new HubException(
                    Kind.INVALID, local.path() + " is of this machine: say it where a model is asked for");
        }
        try {
            if (store.find(kept(name)).isEmpty()) {
                Optional<StoredModel> other = foreign(name);
                if (other.isPresent()) {
                    return other.get();
                }
            }
            try (StoreLock lock = store.lock(listener::waiting);
                    Transport transport = new Transport(config.patience())) {
                Objects.requireNonNull(lock, "held until the block ends");
                return pull(name, transport, listener);
            }
        } catch (IOException failure) {
            throw unusable(Ended.unlessInterrupted(failure));
        }
    }

    private StoredModel pull(Reference name, Transport transport, PullListener listener)
            throws IOException, InterruptedException {
        return switch (name) {
            case Ollama ollama -> {
                OllamaHub hub = new OllamaHub(transport, config, ollama);
                PullPlan plan = hub.plan(ollama);
                yield new Pull(store, config, transport, hub.endpoint(), hub::advice, listener).run(plan);
            }
            case HuggingFace repository -> {
                Endpoint endpoint =
                        new Endpoint(config.huggingFaceHub(), config.token().orElse(null));
                HuggingFaceHub hub = new HuggingFaceHub(transport, endpoint, config.pause());
                PullPlan plan = hub.plan(repository);
                yield new Pull(store, config, transport, endpoint, () -> hub.advice(repository), listener).run(plan);
            }
            case Web web -> web(web, transport, listener);
            case Local local -> throw new IllegalStateException("refused before");
        };
    }

    private StoredModel web(Web web, Transport transport, PullListener listener)
            throws IOException, InterruptedException {
        Endpoint endpoint = new Endpoint(URI.create(Endpoint.origin(web.uri())), Credentials.of(null));
        String advice = "it wants to know who asks, and no password is ever sent to a URL";
        Optional<StoredModel> own = store.find(web.kept());
        if (own.isPresent() && !web.sha256().isEmpty()) {
            return own.get();
        }
        Ranges.Facts facts = new Ranges(
                        transport, endpoint, new Tries(web.uri(), web.fileName(), () -> advice, config.pause()))
                .facts();
        if (own.isPresent() && !facts.etag().isEmpty() && own.get().revision().equals(facts.etag())) {
            return own.get();
        }
        Digest digest = web.sha256().isEmpty() ? null : new Digest(Digest.Kind.SHA_256, web.sha256());
        List<String> remarks = new ArrayList<>();
        if (digest == null) {
            remarks.add(
                    "nobody says its sum, so that what comes is taken as it is (#sha256=SUM behind the URL says it)");
        }
        if (!facts.ranges()) {
            remarks.add(Endpoint.host(web.uri())
                    + " gives no parts of files: what is cut off begins anew, and nothing goes on after a kill");
        }
        PullPlan plan = new PullPlan(
                web.kept(),
                web.isArchive() ? "" : web.fileName(),
                List.of(new PlannedFile(web.fileName(), web.uri(), facts.bytes(), digest)),
                "",
                facts.etag(),
                remarks,
                Endpoint.host(web.uri()));
        return new Pull(store, config, transport, endpoint, () -> advice, listener).run(plan);
    }

    /** What looks at the store. */
    @FunctionalInterface
    private interface Look<T extends @Nullable Object> {
        T look() throws IOException;
    }

    private <T extends @Nullable Object> T checked(Look<T> look) {
        try {
            return look.look();
        } catch (IOException failure) {
            throw unusable(failure);
        }
    }

    private HubException unusable(IOException failure) {
        return new HubException(
                Kind.STORE, "the models in " + store.path() + " cannot be used: " + IoReason.of(failure), failure);
    }
}
