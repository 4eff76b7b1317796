package dev.tramontane.app;

import dev.tramontane.engine.EngineAdapter;
import dev.tramontane.generation.AdapterChoice;
import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.metrics.AdapterMetrics;
import dev.tramontane.model.Adapter;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** An adapter that can be asked for, whether or not its model is loaded: what it was when it was first loaded, or refused. Any thread. */
final class NamedAdapter implements AdapterChoice {
    private final String name;
    private final Path directory;
    private final String digest;
    private final Adapter.Type type;
    private final long createdSeconds;

    /** In the memory of the model that is loaded now; null where none is. */
    private @Nullable EngineAdapter place;

    /** Why it cannot be used; null where it can. */
    private @Nullable String fault;

    private boolean gone;

    /**
     * @param digest of its numbers
     * @param type to which these are rounded
     * @param createdSeconds of its directory, since 1970
     */
    NamedAdapter(String name, Path directory, String digest, Adapter.Type type, long createdSeconds) {
        this.name = name;
        this.directory = directory;
        this.digest = digest;
        this.type = type;
        this.createdSeconds = createdSeconds;
    }

    String name() {
        return name;
    }

    Path directory() {
        return directory;
    }

    String digest() {
        return digest;
    }

    long createdSeconds() {
        return createdSeconds;
    }

    @Override
    public String mark() {
        return digest + " " + type.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public synchronized EngineAdapter loaded() {
        EngineAdapter now = place;
        if (now == null) {
            throw new GenerationException(
                    Kind.GONE,
                    fault == null
                            ? "The adapter has just been unloaded."
                            : "The adapter cannot be used: " + fault + ".",
                    "model",
                    0);
        }
        return now;
    }

    /** Its model has it. */
    synchronized void placed(EngineAdapter adapter) {
        if (gone) {
            adapter.giveUp();
        } else {
            place = adapter;
            fault = null;
        }
    }

    /** Its model has it no more. */
    synchronized void displaced() {
        place = null;
    }

    /** Its model is loaded without it. */
    synchronized void refused(String why) {
        place = null; // Of a model that is gone, if it came in as that went.
        fault = why;
    }

    /** Nobody may ask for it any more; who uses it does so to the end. */
    synchronized void giveUp() {
        gone = true;
        if (place != null) {
            place.giveUp();
        }
    }

    /**
     * Who uses it now.
     *
     * @param shown its name there
     */
    synchronized AdapterMetrics.Use use(String shown) {
        EngineAdapter now = place;
        int running = now == null ? 0 : now.running();
        return new AdapterMetrics.Use(shown, running, now == null ? 0 : Math.max(0, now.users() - running));
    }
}
