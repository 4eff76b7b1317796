package dev.tramontane.api.ollama;

import dev.tramontane.api.openai.UrgencyFields;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.TextGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A checked request.
 *
 * @param operation of OpenTelemetry's conventions
 * @param name of the model, as it was asked for
 * @param chat whether answers are messages
 * @param generation null where nothing is to be generated
 */
record Asked(
        String operation,
        String name,
        boolean chat,
        boolean stream,
        TextGenerator generator,
        UrgencyFields urgency,
        @Nullable GenerationRequest generation) {}
