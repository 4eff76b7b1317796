package dev.tramontane.app;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.app.Configuration.LoraChoice;
import dev.tramontane.engine.Engine;
import dev.tramontane.engine.EngineAdapter;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.metrics.AdapterMetrics;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.PeftAdapter;
import dev.tramontane.weights.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The adapters of a served model by their names: those of the start, and those that requests load from the operator's folder.
 * Asked on any thread; loads one at a time, on a thread of its own.
 */
final class Adapters implements ServedModels.Adapting, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Adapters.class);
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._/-]{1,128}");

    /** Loads that may wait for the one under way. */
    private static final int MOST_WAITING = 64;

    private static final List<String> FILES = List.of("adapter_config.json", "adapter_model.safetensors");

    /**
     * One that can be asked for.
     *
     * @param createdSeconds of its directory, since 1970
     */
    record Named(EngineAdapter adapter, long createdSeconds) {}

    private final String base;
    private final Engine engine;
    private final ModelGeometry geometry;
    private final Optional<Path> directory;
    private final Map<String, Named> named = new ConcurrentSkipListMap<>();
    private final Scheduler loader = Schedulers.newBoundedElastic(1, MOST_WAITING, "adapter-loader", 60, true);

    /**
     * @param base the model's name
     * @param directory from which requests may load; empty: from nowhere
     */
    Adapters(String base, Engine engine, ModelGeometry geometry, Optional<Path> directory) {
        this.base = base;
        this.engine = engine;
        this.geometry = geometry;
        this.directory = directory;
    }

    static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    /**
     * Loads those of the start. Blocks; the engine runs.
     *
     * @throws UsageException naming the adapter that cannot be used
     */
    void load(LoraChoice choice) {
        choice.atStart().forEach((name, path) -> {
            try {
                load(name, path);
            } catch (ModelFileException | ApiException | ModelException refused) {
                throw new UsageException(
                        Setting.LORA.flag() + ": the adapter " + name + " cannot be loaded: " + refused.getMessage(),
                        refused);
            }
        });
    }

    /** In the order of names. */
    Map<String, Named> all() {
        return named;
    }

    /** Who uses them now, in the order of names. */
    List<AdapterMetrics.Use> uses() {
        return named.entrySet().stream()
                .map(each -> {
                    EngineAdapter adapter = each.getValue().adapter();
                    int running = adapter.running();
                    return new AdapterMetrics.Use(each.getKey(), running, Math.max(0, adapter.users() - running));
                })
                .toList();
    }

    /** @param asked NAME or MODEL:NAME */
    Optional<EngineAdapter> find(String asked) {
        return Optional.ofNullable(named.get(bare(asked, base))).map(Named::adapter);
    }

    /** @param asked NAME or MODEL:NAME */
    static String bare(String asked, String model) {
        String prefix = model + ":";
        return asked.startsWith(prefix) ? asked.substring(prefix.length()) : asked;
    }

    /** Whether requests may load any. */
    boolean changes() {
        return directory.isPresent();
    }

    @Override
    public Mono<Void> load(String name, String path) {
        return Mono.<Void>fromRunnable(() -> {
                    try {
                        load(name, inside(path));
                    } catch (ModelFileException refused) {
                        throw ApiException.field("lora_path", String.valueOf(refused.getMessage()));
                    } catch (ModelException refused) {
                        throw ApiException.field("lora_name", String.valueOf(refused.getMessage()));
                    }
                })
                .subscribeOn(loader)
                .onErrorMap(
                        RejectedExecutionException.class,
                        full -> ApiException.unavailable("Too many adapters wait to be loaded. Try again.", 1));
    }

    /** A directory of the operator's folder, links resolved, with files that lie there, too. */
    private Path inside(String path) {
        Path folder = directory.orElseThrow();
        try {
            Path root = folder.toRealPath();
            Path found = root.resolve(path).toRealPath();
            List<Path> needed = new ArrayList<>(List.of(found));
            for (String file : FILES) {
                needed.add(found.resolve(file).toRealPath());
            }
            if (needed.stream().allMatch(each -> each.startsWith(root)) && !found.equals(root)) {
                return found;
            }
        } catch (IOException | IllegalArgumentException absent) {
            LOG.debug("no adapter at {}", path, absent);
        }
        // What lies elsewhere is told apart from what is not there by nobody.
        throw ApiException.field(
                "lora_path",
                "lora_path names no directory with an adapter in the folder of " + Setting.LORA_DIR.flag());
    }

    private synchronized void load(String name, Path path) {
        if (!isName(name) || name.equals(base)) {
            throw ApiException.field(
                    "lora_name",
                    "lora_name must be 1 to 128 letters, digits, '.', '_', '-' or '/', and not the model's own name");
        }
        if (named.containsKey(name)) {
            throw new ApiException(
                    409,
                    "invalid_request_error",
                    "The adapter '" + name + "' is loaded already.",
                    "lora_name",
                    null,
                    0);
        }
        if (!Files.isDirectory(path)) {
            throw ModelFileException.in(path.toString(), "there is no such directory")
                    .advice("give the directory that PEFT's save_pretrained() wrote");
        }
        long created;
        try {
            created = Files.getLastModifiedTime(path).toInstant().getEpochSecond();
        } catch (IOException gone) {
            throw ModelFileException.in(path.toString(), "it has just gone")
                    .cause(gone)
                    .advice("try again");
        }
        PeftAdapter files = PeftAdapter.open(path, geometry);
        try { // They stay open as long as the engine may load them again.
            EngineAdapter adapter =
                    engine.loadAdapter(files.adapter(), files::close).join();
            named.put(name, new Named(adapter, created));
            LOG.info("adapter {} is loaded, rank {}: {}", name, files.adapter().rank(), adapter.digest());
        } catch (CompletionException failed) {
            throw told(failed.getCause(), failed);
        }
    }

    private static RuntimeException told(@Nullable Throwable cause, CompletionException failed) {
        return switch (cause) {
            case RefusedException full ->
                new ApiException(
                        full.refusal() == RefusedException.Cause.BUSY ? 409 : 503,
                        "invalid_request_error",
                        "The adapter cannot be loaded: " + full.getMessage() + ".",
                        null,
                        null,
                        0);
            case ModelException refused -> refused;
            case null, default -> failed;
        };
    }

    @Override
    public void unload(String name) {
        Named gone = named.remove(name);
        if (gone == null) {
            throw ApiException.unknownModel(name);
        }
        gone.adapter().giveUp();
        LOG.info(
                "adapter {} is unloaded; {} requests still use it",
                name,
                gone.adapter().users());
    }

    /** Nothing is loaded any more. */
    @Override
    public void close() {
        loader.dispose();
    }
}
