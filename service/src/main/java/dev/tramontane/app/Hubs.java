package dev.tramontane.app;

import dev.tramontane.fetch.UserCache;
import dev.tramontane.hub.Hub;
import dev.tramontane.hub.HubConfig;
import dev.tramontane.hub.SigningKeys;
import dev.tramontane.weights.IoReason;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where models are by name, from the settings, and from the variables by which Ollama and Hugging Face's libraries are told where
 * theirs are: whoever has set these up has set this program up.
 */
final class Hubs {
    /** A token has some tens. */
    private static final int MOST_TOKEN = 4096;

    private final Configuration configuration;
    private final Environment environment;

    private Hubs(Configuration configuration, Environment environment) {
        this.configuration = configuration;
        this.environment = environment;
    }

    /** @throws UsageException when there is no place to keep models in, or a variable is no URL or token */
    static Hub of(Configuration configuration, Environment environment) {
        Hubs hubs = new Hubs(configuration, environment);
        return new Hub(hubs.config(
                configuration.hub().huggingFace().or(hubs::endpoint).orElse(HubConfig.HUGGING_FACE), hubs.token()));
    }

    /**
     * For what is here already: nobody is asked, so what would be said to others is not looked at.
     *
     * @throws UsageException when there is no place to keep models in
     */
    static Hub here(Configuration configuration, Environment environment) {
        return new Hub(new Hubs(configuration, environment).config(HubConfig.HUGGING_FACE, Optional.empty()));
    }

    private HubConfig config(URI huggingFaceHub, Optional<String> token) {
        return new HubConfig(
                store(),
                ollama(),
                huggingFace().map(home -> variable("HF_HUB_CACHE").map(Path::of).orElse(home.resolve("hub"))),
                configuration.hub().ollamaRegistry(),
                huggingFaceHub,
                token,
                new SigningKeys(configuration.hub().ollamaKey(), cache().map(cache -> cache.resolve("keys"))),
                HubConfig.CONNECTIONS,
                HubConfig.SEGMENT,
                HubConfig.PATIENCE,
                Hubs::free,
                Thread::sleep);
    }

    /** Not by the disk's store, which the JDK looks for among mounts that a container may not see. */
    private static long free(Path directory) {
        return directory.toFile().getUsableSpace();
    }

    private Path store() {
        return configuration
                .hub()
                .store()
                .or(() -> cache().map(cache -> cache.resolve("hub")))
                .orElseThrow(() -> new UsageException("this user has no home directory to keep models in: say"
                        + " --model-store DIR, or set XDG_CACHE_HOME"));
    }

    private Optional<Path> cache() {
        return UserCache.directory(
                environment.variables(), environment.property("user.home"), environment.property("os.name"));
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(environment.variables().get(name)).filter(text -> !text.isBlank());
    }

    private Optional<Path> home() {
        String home = environment.property("user.home");
        return home.startsWith("/") ? Optional.of(Path.of(home)) : Optional.empty();
    }

    /** The user's own, or where Ollama's installer for Linux has its service keep them. */
    private Optional<Path> ollama() {
        Path service = Path.of("/usr/share/ollama/.ollama/models");
        return variable("OLLAMA_MODELS")
                .map(Path::of)
                .or(() -> home().map(home -> home.resolve(".ollama/models")).filter(Files::isDirectory))
                .or(() -> Optional.of(service).filter(Files::isReadable));
    }

    private Optional<Path> huggingFace() {
        return variable("HF_HOME")
                .map(Path::of)
                .or(() -> variable("XDG_CACHE_HOME").map(cache -> Path.of(cache, "huggingface")))
                .or(() -> home().map(home -> home.resolve(".cache/huggingface")));
    }

    private Optional<URI> endpoint() {
        return variable("HF_ENDPOINT").map(text -> {
            try {
                return SettingValues.address(text.strip());
            } catch (IllegalArgumentException malformed) {
                throw new UsageException("the variable HF_ENDPOINT must be " + SettingValues.ADDRESS_RULE, malformed);
            }
        });
    }

    /** Of the Hugging Face hub: HF_TOKEN, or the file in which its own tools keep it. */
    private Optional<String> token() {
        Optional<String> token = variable("HF_TOKEN").map(String::strip);
        if (token.isEmpty()) {
            token = variable("HF_TOKEN_PATH")
                    .map(Path::of)
                    .or(() -> huggingFace().map(home -> home.resolve("token")))
                    .filter(Files::isReadable)
                    .map(Hubs::tokenIn)
                    .filter(text -> !text.isEmpty());
        }
        if (token.isPresent() && !token.get().matches("[!-~]{1," + MOST_TOKEN + "}")) {
            throw new UsageException(
                    "the token in HF_TOKEN or its file is none: it has something else than visible letters,"
                            + " digits and signs");
        }
        return token;
    }

    private static String tokenIn(Path file) {
        try (var in = Files.newInputStream(file)) {
            return new String(in.readNBytes(MOST_TOKEN + 1), StandardCharsets.UTF_8).strip();
        } catch (IOException unreadable) {
            throw new UsageException(
                    "the token's file " + file + " cannot be read: " + IoReason.of(unreadable), unreadable);
        }
    }
}
