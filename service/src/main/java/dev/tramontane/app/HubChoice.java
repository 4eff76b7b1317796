package dev.tramontane.app;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where models are by name.
 *
 * @param pull whether a model that is not here is fetched
 * @param requests bytes that the store may take where requests fetch models; empty where they don't
 * @param store of those that were pulled; empty for the user's cache
 * @param ollamaRegistry asked for names without a host
 * @param ollamaKey by which registries know the user; empty for one of the program's own
 * @param huggingFace the hub; empty for what its own variable says, or the public one
 */
record HubChoice(
        boolean pull,
        OptionalLong requests,
        Optional<Path> store,
        URI ollamaRegistry,
        Optional<Path> ollamaKey,
        Optional<URI> huggingFace) {
    static HubChoice of(SettingValues values) {
        return new HubChoice(
                values.on(Setting.PULL),
                values.size(Setting.ALLOW_PULL),
                values.path(Setting.MODEL_STORE),
                values.address(Setting.OLLAMA_REGISTRY).orElseThrow(),
                values.path(Setting.OLLAMA_KEY),
                values.address(Setting.HF_ENDPOINT));
    }
}
