package dev.tramontane.hub;

import dev.tramontane.hub.PullPlan.PlannedFile;
import dev.tramontane.hub.Reference.Ollama;
import dev.tramontane.hub.Transport.Answer;
import dev.tramontane.json.Printable;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Registries of Ollama's protocol: a manifest by its tag, blobs by their digests. */
final class OllamaHub {
    private static final int MOST_LICENCE = 1 << 18;

    private final Transport transport;
    private final HubConfig.Pause pause;
    private final Endpoint endpoint;
    private final RegistryCredentials credentials;

    /** Of that name's registry. A host that is the configured one is reached as it is configured. */
    OllamaHub(Transport transport, HubConfig config, Ollama name) {
        this.transport = transport;
        pause = config.pause();
        boolean own = name.host().isEmpty() || name.host().equals(Endpoint.host(config.ollamaRegistry()));
        URI registry = own ? config.ollamaRegistry() : URI.create("https://" + name.host());
        credentials = new RegistryCredentials(registry, transport, config);
        endpoint = new Endpoint(registry, credentials);
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** What to do where it wants to know who asks. */
    String advice() {
        return credentials.advice();
    }

    PullPlan plan(Ollama name) throws InterruptedException {
        URI uri = endpoint.at("/v2/" + name.repository() + "/manifests/" + name.tag());
        Answer answer = new Tries(uri, name.text(), this::advice, pause)
                .again(() -> transport.document(
                        endpoint,
                        uri,
                        Map.of("Accept", "application/vnd.docker.distribution.manifest.v2+json"),
                        OllamaManifest.MOST));
        OllamaManifest manifest =
                OllamaManifest.read(answer.body(), "the manifest of " + name.text() + " at " + endpoint.host());
        List<String> remarks = new ArrayList<>();
        if (!manifest.unused().isEmpty()) {
            remarks.add("not used of it, for they are Ollama's own: " + String.join(", ", manifest.unused())
                    + "; the GGUF file says its own chat template");
        }
        return new PullPlan(
                name,
                fileName(name),
                List.of(new PlannedFile(
                        fileName(name),
                        blob(name, manifest.model()),
                        manifest.model().bytes(),
                        new Digest(Digest.Kind.SHA_256, manifest.model().sha256()))),
                licence(name, manifest),
                Digest.sha256(answer.body()),
                remarks,
                endpoint.host());
    }

    private static String fileName(Ollama name) {
        return name.model() + "-" + name.tag() + ".gguf";
    }

    private URI blob(Ollama name, OllamaManifest.Layer layer) {
        return endpoint.at("/v2/" + name.repository() + "/blobs/sha256:" + layer.sha256());
    }

    /** The first line of the licence's text, which is its name; nothing of a text that is another one. */
    private String licence(Ollama name, OllamaManifest manifest) throws InterruptedException {
        Optional<OllamaManifest.Layer> layer = manifest.licence().filter(licence -> licence.bytes() <= MOST_LICENCE);
        if (layer.isEmpty()) {
            return "";
        }
        URI uri = blob(name, layer.get());
        Answer answer = new Tries(uri, "the licence of " + name.text(), this::advice, pause)
                .again(() -> transport.document(endpoint, uri, Map.of(), MOST_LICENCE));
        boolean right = Digest.sha256(answer.body()).equals(layer.get().sha256());
        return right ? firstLine(new String(answer.body(), StandardCharsets.UTF_8)) : "";
    }

    private static String firstLine(String text) {
        return text.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .findFirst()
                .map(line -> Printable.of(line, 60))
                .orElse("");
    }
}
