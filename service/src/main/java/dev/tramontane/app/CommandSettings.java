package dev.tramontane.app;

import static dev.tramontane.app.Setting.BACKEND;
import static dev.tramontane.app.Setting.BATCH_TOKENS;
import static dev.tramontane.app.Setting.CACHE_MEMORY;
import static dev.tramontane.app.Setting.CPU_LEVEL;
import static dev.tramontane.app.Setting.DEVICE;
import static dev.tramontane.app.Setting.GPU_MEMORY;
import static dev.tramontane.app.Setting.HF_ENDPOINT;
import static dev.tramontane.app.Setting.KERNEL_LIBRARY;
import static dev.tramontane.app.Setting.KV;
import static dev.tramontane.app.Setting.LIBRARY_DIRECTORY;
import static dev.tramontane.app.Setting.LISTEN;
import static dev.tramontane.app.Setting.LOG_FORMAT;
import static dev.tramontane.app.Setting.LOG_LEVEL;
import static dev.tramontane.app.Setting.MODEL;
import static dev.tramontane.app.Setting.MODEL_STORE;
import static dev.tramontane.app.Setting.OLLAMA_KEY;
import static dev.tramontane.app.Setting.OLLAMA_REGISTRY;
import static dev.tramontane.app.Setting.PULL;
import static dev.tramontane.app.Setting.QUANTIZE;
import static dev.tramontane.app.Setting.STAGE_AUTHORITIES;
import static dev.tramontane.app.Setting.STAGE_CERTIFICATE;
import static dev.tramontane.app.Setting.STAGE_KEY;
import static dev.tramontane.app.Setting.STAGE_SECRET_FILE;
import static dev.tramontane.app.Setting.STAGE_TIMEOUT;
import static dev.tramontane.app.Setting.STUCK_TIMEOUT;
import static dev.tramontane.app.Setting.THREADS;
import static dev.tramontane.app.Setting.WINDOW;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Which settings a command takes. */
final class CommandSettings {
    private CommandSettings() {}

    /** Those of a server. */
    static List<Setting> ofServer() {
        return Arrays.stream(Setting.values())
                .filter(setting -> setting != LISTEN)
                .toList();
    }

    /** What a stage takes: which model, who computes it, and who may ask it to. */
    static List<Setting> ofStage() {
        return List.of(
                MODEL,
                PULL,
                MODEL_STORE,
                OLLAMA_REGISTRY,
                OLLAMA_KEY,
                HF_ENDPOINT,
                BACKEND,
                DEVICE,
                GPU_MEMORY,
                CPU_LEVEL,
                THREADS,
                STUCK_TIMEOUT,
                STAGE_SECRET_FILE,
                STAGE_CERTIFICATE,
                STAGE_KEY,
                STAGE_AUTHORITIES,
                STAGE_TIMEOUT,
                LISTEN,
                KERNEL_LIBRARY,
                LIBRARY_DIRECTORY,
                LOG_FORMAT,
                LOG_LEVEL);
    }

    /** What every command takes that looks for models by name, and {@code more}. */
    static List<Setting> ofHubs(Setting... more) {
        List<Setting> settings = new ArrayList<>(List.of(MODEL_STORE, LOG_FORMAT, LOG_LEVEL));
        settings.addAll(List.of(more));
        settings.sort(null);
        return settings;
    }

    /** What every command takes that runs a model for one person, and {@code more}. */
    static List<Setting> ofModel(Setting... more) {
        List<Setting> settings = new ArrayList<>(List.of(
                MODEL,
                PULL,
                MODEL_STORE,
                OLLAMA_REGISTRY,
                OLLAMA_KEY,
                HF_ENDPOINT,
                WINDOW,
                QUANTIZE,
                KV,
                BACKEND,
                DEVICE,
                GPU_MEMORY,
                CPU_LEVEL,
                THREADS,
                BATCH_TOKENS,
                CACHE_MEMORY,
                KERNEL_LIBRARY,
                LIBRARY_DIRECTORY,
                LOG_FORMAT,
                LOG_LEVEL));
        settings.addAll(List.of(more));
        settings.sort(null); // As they are declared, and so as --help shows them.
        return settings;
    }
}
