package dev.tramontane.hub;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.ToLongFunction;

/** What tests of pulls share: configurations, and files to pull. */
public final class Pulled {
    public static final int SEGMENT = 16 << 10;
    public static final URI NOWHERE = URI.create("http://127.0.0.1:1");

    private Pulled() {}

    public static HubConfig config(Path store, URI ollama, URI huggingFace) {
        return config(store, ollama, huggingFace, Optional.empty(), path -> Long.MAX_VALUE, Duration.ofMinutes(2));
    }

    /** Nobody waits between tries, for nothing gets better by it. */
    public static HubConfig config(
            Path store,
            URI ollama,
            URI huggingFace,
            Optional<String> token,
            ToLongFunction<Path> free,
            Duration patience) {
        return new HubConfig(
                store,
                Optional.of(store.resolveSibling("ollama")),
                Optional.of(store.resolveSibling("huggingface")),
                ollama,
                huggingFace,
                token,
                new SigningKeys(Optional.empty(), Optional.of(store.resolveSibling("keys"))),
                3,
                SEGMENT,
                patience,
                free,
                time -> {});
    }

    /** So many bytes of no meaning. */
    public static byte[] bytes(int count, long seed) {
        byte[] bytes = new byte[count];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    public static String manifest(byte[] model, String... more) {
        StringBuilder layers = new StringBuilder(layer("model", Digest.sha256(model), model.length));
        for (String layer : more) {
            layers.append(',').append(layer);
        }
        return "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.docker.distribution.manifest.v2+json\","
                + "\"config\":{\"mediaType\":\"application/vnd.docker.container.image.v1+json\",\"digest\":\"sha256:"
                + Digest.sha256(new byte[0]) + "\",\"size\":0},\"layers\":[" + layers + "]}";
    }

    public static String layer(String kind, String sha256, long bytes) {
        return "{\"mediaType\":\"application/vnd.ollama.image." + kind + "\",\"digest\":\"sha256:" + sha256
                + "\",\"size\":" + bytes + "}";
    }

    public static String blobPath(byte[] model) {
        return "/v2/library/tiny/blobs/sha256:" + Digest.sha256(model);
    }

    /** A registry that has one model, tiny:latest. */
    public static HubServer registry(HubServer server, byte[] model) {
        return server.on("/v2/library/tiny/manifests/latest", request -> HubServer.json(manifest(model)))
                .file(blobPath(model), model);
    }
}
