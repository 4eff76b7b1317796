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
    static final String ADVICE =
            "it is private, or there is no such model. Pull it with Ollama, whose cache is read where it lies";

    private static final int MOST_LICENCE = 1 << 18;

    private final Transport transport;
    private final URI registry;
    private final HubConfig.Pause pause;

    OllamaHub(Transport transport, URI registry, HubConfig.Pause pause) {
        this.transport = transport;
        this.registry = registry;
        this.pause = pause;
    }

    /** Where that name's registry is. A host that is the configured one is reached as it is configured. */
    Endpoint endpoint(Ollama name) {
        boolean own = name.host().isEmpty() || name.host().equals(Endpoint.host(registry));
        return new Endpoint(own ? registry : URI.create("https://" + name.host()), null);
    }

    PullPlan plan(Ollama name) throws InterruptedException {
        Endpoint endpoint = endpoint(name);
        URI uri = endpoint.at("/v2/" + name.repository() + "/manifests/" + name.tag());
        Answer answer = new Tries(uri, name.text(), ADVICE, pause)
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
                        blob(endpoint, name, manifest.model()),
                        manifest.model().bytes(),
                        new Digest(Digest.Kind.SHA_256, manifest.model().sha256()))),
                licence(endpoint, name, manifest),
                Digest.sha256(answer.body()),
                remarks,
                endpoint.host());
    }

    private static String fileName(Ollama name) {
        return name.model() + "-" + name.tag() + ".gguf";
    }

    private static URI blob(Endpoint endpoint, Ollama name, OllamaManifest.Layer layer) {
        return endpoint.at("/v2/" + name.repository() + "/blobs/sha256:" + layer.sha256());
    }

    /** The first line of the licence's text, which is its name; nothing of a text that is another one. */
    private String licence(Endpoint endpoint, Ollama name, OllamaManifest manifest) throws InterruptedException {
        Optional<OllamaManifest.Layer> layer = manifest.licence().filter(licence -> licence.bytes() <= MOST_LICENCE);
        if (layer.isEmpty()) {
            return "";
        }
        URI uri = blob(endpoint, name, layer.get());
        Answer answer = new Tries(uri, "the licence of " + name.text(), ADVICE, pause)
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
