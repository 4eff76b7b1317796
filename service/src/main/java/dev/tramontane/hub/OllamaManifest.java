package dev.tramontane.hub;

import dev.tramontane.json.InvalidJsonException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a registry of Ollama's protocol says of a model: layers, each a blob. The model is one of them; prompts, parameters
 * and the template beside it are Ollama's own, and the GGUF file has what counts of them here.
 *
 * @param model the GGUF file
 * @param licence the text of it
 * @param unused what else there is, by the last word of its media type ("template", "params")
 */
record OllamaManifest(Layer model, Optional<Layer> licence, List<String> unused) {
    static final int MOST = 1 << 20;
    private static final String OLLAMA = "application/vnd.ollama.image.";
    private static final int MOST_LAYERS = 256;
    private static final long MOST_BYTES = 1L << 44;

    /** @param sha256 which is its name */
    record Layer(String sha256, long bytes) {}

    static OllamaManifest read(byte[] json, String what) {
        return JsonDocument.read(json, what, JsonDocument.SMALL, OllamaManifest::of);
    }

    private static OllamaManifest of(Map<String, @Nullable Object> object) {
        Layer model = null;
        Layer licence = null;
        List<String> unused = new ArrayList<>();
        for (Map<String, @Nullable Object> layer : JsonDocument.objects(object, "layers", MOST_LAYERS)) {
            String type = JsonDocument.string(layer, "mediaType");
            Layer here = layer(layer);
            switch (type.startsWith(OLLAMA) ? type.substring(OLLAMA.length()) : type) {
                case "model" -> {
                    if (model != null) {
                        throw new InvalidJsonException("layers", "there are several models in it");
                    }
                    model = here;
                }
                case "adapter", "tensor" ->
                    throw new InvalidJsonException(
                            "layers", "it has an adapter or loose tensors, which are not run; take one of GGUF files");
                case "license" -> licence = licence == null ? here : licence;
                default -> {
                    String word = type.substring(type.lastIndexOf('.') + 1);
                    unused.add(word.matches("[a-z]{1,20}") ? word : "a layer of another kind");
                }
            }
        }
        if (model == null) {
            throw new InvalidJsonException("layers", "there is no GGUF model in it");
        }
        return new OllamaManifest(
                model, Optional.ofNullable(licence), unused.stream().distinct().toList());
    }

    private static Layer layer(Map<String, @Nullable Object> layer) {
        String digest = JsonDocument.string(layer, "digest");
        String sum = digest.startsWith("sha256:") ? digest.substring(7) : "";
        if (!Digest.isSha256(sum)) {
            throw new InvalidJsonException("digest", "a layer's digest is not sha256: and 64 hexadecimal digits");
        }
        return new Layer(sum, JsonDocument.whole(layer, "size", MOST_BYTES));
    }
}
