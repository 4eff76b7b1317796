package dev.tramontane.app;

import dev.tramontane.api.ApiException;
import dev.tramontane.hub.HubException;
import dev.tramontane.hub.Reference;
import dev.tramontane.hub.References;
import java.util.Set;

/** What requests may name to be fetched, and what they are told of hubs. */
final class PullNames {
    /** Others than the configured ones that are asked: a request that named any host would have the server ask it. */
    private static final Set<String> HOSTS = Set.of("hf.co", "huggingface.co");

    private PullNames() {}

    /**
     * The model of a hub.
     *
     * @throws ApiException when it is no name, or one of a file or a host that requests may not name
     */
    static Reference of(String name) {
        Reference reference = parsed(name);
        boolean allowed = reference instanceof Reference.HuggingFace
                || (reference instanceof Reference.Ollama ollama
                        && (ollama.host().isEmpty() || HOSTS.contains(ollama.host())));
        if (!allowed) {
            throw ApiException.field(
                    "model",
                    "Requests fetch mistral, mistral:TAG, USER/MODEL:TAG, hf.co/OWNER/REPOSITORY:TAG and"
                            + " hf:OWNER/REPOSITORY, and neither files nor from other hosts.");
        }
        return reference;
    }

    /** @throws ApiException when it is no name */
    static Reference parsed(String name) {
        try {
            return References.parse(name);
        } catch (HubException malformed) {
            throw ApiException.field("model", String.valueOf(malformed.getMessage()));
        }
    }

    /** Of the store and of keys, whose places are not told, the log says more. */
    static ApiException told(HubException refused) {
        String message = String.valueOf(refused.getMessage());
        return switch (refused.kind()) {
            case ABSENT -> ApiException.invalid(404, message, "model_not_found");
            case DENIED ->
                ApiException.invalid(
                        403,
                        "The hub gives it to none whom this server can say it is: it is private, or there is no such"
                                + " model. The server's log says more.",
                        "model_denied");
            case UNREACHABLE, WRONG -> new ApiException(502, "server_error", message, null, "hub_failed", 0);
            case INVALID, STORE -> // Names have been read by now: what is invalid is the operator's key.
                new ApiException(
                        507,
                        "server_error",
                        "The model store has no room for it or cannot be used; the server's log says more.",
                        null,
                        "store_unusable",
                        0);
        };
    }
}
