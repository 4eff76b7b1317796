package dev.tramontane.api.responses;

import dev.tramontane.generation.Continuation;
import dev.tramontane.generation.GenerationEvent.Usage;
import dev.tramontane.generation.TextGenerator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that a response's events have come to at one moment, what was asked left out.
 *
 * @param id without a prefix
 * @param adapter {@link TextGenerator#adaptedBy} of what generates it
 * @param createdAt seconds since 1970
 * @param output its items by now
 * @param told code points of the answer's text that are in them, or stood between them
 * @param thoughtTokens tokens of the answer that were thoughts
 * @param cachedTokens of the prompt, found where the answer began; {@link Continuation#UNKNOWN} before its first token
 * @param nextEvent the number of its next event
 */
record ResponseState(
        String id,
        String model,
        String adapter,
        long createdAt,
        List<OutputItem> output,
        int told,
        long thoughtTokens,
        int cachedTokens,
        Phase phase,
        long nextEvent) {

    /** Of one that nothing has come of yet. */
    static ResponseState begun(String id, String model, String adapter, long createdAt) {
        return new ResponseState(
                id, model, adapter, createdAt, List.of(), 0, 0, Continuation.UNKNOWN, Phase.of("queued"), 0);
    }

    /**
     * How far it is.
     *
     * @param status of {@code openai.types.responses.ResponseStatus}
     * @param incompleteReason, errorCode, errorMessage empty for none
     * @param completedAt seconds since 1970; 0 unless it is completed
     * @param usage known when it is over
     * @param elsewhere whether it goes on in another process; never so in a file
     */
    record Phase(
            String status,
            String incompleteReason,
            String errorCode,
            String errorMessage,
            long completedAt,
            @Nullable Usage usage,
            boolean elsewhere) {

        static Phase of(String status) {
            return new Phase(status, "", "", "", 0, null, false);
        }

        static Phase completed(long at, Usage usage) {
            return new Phase("completed", "", "", "", at, usage, false);
        }

        static Phase incomplete(String status, String reason, Usage usage) {
            return new Phase(status, reason, "", "", 0, usage, false);
        }

        static Phase suspended(Usage usage) {
            return new Phase("incomplete", "draining", "", "", 0, usage, true);
        }

        static Phase failed(String code, String message) {
            return new Phase("failed", "", code, message, 0, null, false);
        }

        /** Whether more is to come. */
        boolean isUnderWay() {
            return status.equals("queued") || status.equals("in_progress");
        }

        /** Its last item is whole, under way, or it is not whole and stays so. */
        String itemStatus() {
            return status.equals("completed") || status.equals("in_progress") ? status : "incomplete";
        }
    }
}
