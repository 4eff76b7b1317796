package dev.tramontane.hub;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * Where models are looked for, and where they come from.
 *
 * @param store the directory of those that are pulled
 * @param ollama another program's, read only: Ollama's models
 * @param huggingFace likewise, the cache of Hugging Face's libraries
 * @param ollamaRegistry asked for names without a host
 * @param huggingFaceHub asked for {@code hf:} names
 * @param token for the Hugging Face hub, and for nobody else
 * @param keys by which registries of Ollama's protocol know the user
 * @param connections of one download
 * @param segment bytes that come at a time; what is lost of each connection's when a process is killed
 * @param patience how long a server may say nothing
 * @param freeBytes that a directory's disk has room for
 * @param pause waits between tries
 */
public record HubConfig(
        Path store,
        Optional<Path> ollama,
        Optional<Path> huggingFace,
        URI ollamaRegistry,
        URI huggingFaceHub,
        Optional<String> token,
        SigningKeys keys,
        int connections,
        long segment,
        Duration patience,
        ToLongFunction<Path> freeBytes,
        Pause pause) {
    /** Of one download, as many as hubs' own clients take. */
    public static final int CONNECTIONS = 4;

    public static final long SEGMENT = 16L << 20;
    public static final Duration PATIENCE = Duration.ofSeconds(30);
    public static final URI OLLAMA_REGISTRY = URI.create("https://registry.ollama.ai");
    public static final URI HUGGING_FACE = URI.create("https://huggingface.co");

    /** Waits. */
    @FunctionalInterface
    public interface Pause {
        void pause(Duration time) throws InterruptedException;
    }

    /** A record's own would show the token. */
    @Override
    public String toString() {
        return "store " + store + ", registries " + ollamaRegistry + " and " + huggingFaceHub;
    }
}
