package dev.tramontane.api.openai;

import dev.tramontane.api.Instance;
import org.jspecify.annotations.Nullable;

/**
 * Where an answer comes from, as its objects tell.
 *
 * @param id that it has already; empty for a new one
 * @param createdSeconds since 1970
 * @param fingerprint of what computes it
 * @param thoughts where thoughts shall stand, as the request's header says; null for nothing
 */
record AnswerOrigin(
        Instance here,
        String id,
        long createdSeconds,
        String fingerprint,
        @Nullable String thoughts) {

    /** The answer's id: the one it has, the client's own end, or a new one with the server's mark. */
    String id(String prefix, AnswerOptions options) {
        return id.isEmpty() ? AnswerFormat.id(prefix, here, options) : id;
    }
}
