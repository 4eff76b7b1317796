package dev.tramontane.hub;

import dev.tramontane.hub.Reference.Ollama;
import dev.tramontane.hub.StoredModel.Place;
import dev.tramontane.hub.StoredModel.StoredFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Models that Ollama has pulled, read where they lie: {@code manifests/HOST/NAMESPACE/MODEL/TAG} and {@code blobs}. */
final class OllamaCache {
    /** The folder of Ollama's own registry, whatever mirror it is asked through. */
    static final String HOST = "registry.ollama.ai";

    private final Path directory;

    OllamaCache(Path directory) {
        this.directory = directory;
    }

    Optional<StoredModel> find(Ollama name) throws IOException {
        Path manifest = directory
                .resolve("manifests")
                .resolve(name.host().isEmpty() ? HOST : name.host())
                .resolve(name.namespace())
                .resolve(name.model())
                .resolve(name.tag());
        return model(name, manifest);
    }

    /** What is whole; a manifest that is none of a model that could run is passed over, for it is another program's. */
    List<StoredModel> list() throws IOException {
        List<StoredModel> all = new ArrayList<>();
        for (Path host : Folders.list(directory.resolve("manifests"))) {
            for (Path namespace : Folders.list(host)) {
                for (Path model : Folders.list(namespace)) {
                    for (Path tag : Folders.list(model)) {
                        name(host, namespace, model, tag)
                                .flatMap(name -> passingOver(name, tag))
                                .ifPresent(all::add);
                    }
                }
            }
        }
        return all;
    }

    private static Optional<Ollama> name(Path host, Path namespace, Path model, Path tag) {
        String registry = String.valueOf(host.getFileName());
        String text = (registry.equals(HOST) ? "" : registry + "/") + namespace.getFileName() + "/"
                + model.getFileName() + ":" + tag.getFileName();
        try {
            return References.parse(text) instanceof Ollama name ? Optional.of(name) : Optional.empty();
        } catch (HubException othersName) {
            return Optional.empty();
        }
    }

    private Optional<StoredModel> passingOver(Ollama name, Path manifest) {
        try {
            return model(name, manifest);
        } catch (HubException | IOException notForUs) {
            return Optional.empty();
        }
    }

    private Optional<StoredModel> model(Ollama name, Path file) throws IOException {
        Optional<byte[]> json = Folders.small(file, OllamaManifest.MOST);
        if (json.isEmpty()) {
            return Optional.empty();
        }
        OllamaManifest manifest = OllamaManifest.read(json.get(), "Ollama's manifest " + file);
        Path blob =
                directory.resolve("blobs").resolve("sha256-" + manifest.model().sha256());
        if (!Folders.has(blob, manifest.model().bytes())) {
            return Optional.empty(); // Ollama is still at it.
        }
        return Optional.of(new StoredModel(
                name,
                Place.OLLAMA,
                blob,
                List.of(new StoredFile(
                        "model.gguf", manifest.model().bytes(), manifest.model().sha256())),
                Files.getLastModifiedTime(file).toInstant(),
                "",
                Digest.sha256(json.get())));
    }
}
