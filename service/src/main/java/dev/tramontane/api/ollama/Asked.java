package dev.tramontane.api.ollama;

import dev.tramontane.api.openai.UrgencyFields;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.KeepAlive;
import dev.tramontane.generation.TextGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A checked request.
 *
 * @param operation of OpenTelemetry's conventions
 * @param name of the model, as it was asked for
 * @param chat whether answers are messages
 * @param keep how long the model is to stay; null where nothing is said
 * @param generation null where nothing is to be generated
 */
record Asked(
        String operation,
        String name,
        boolean chat,
        boolean stream,
        TextGenerator generator,
        UrgencyFields urgency,
        @Nullable KeepAlive keep,
        @Nullable GenerationRequest generation) {

    /** Whether the model is not needed any more once this is over. */
    boolean unloads() {
        return keep != null && keep.time().isZero();
    }
}
