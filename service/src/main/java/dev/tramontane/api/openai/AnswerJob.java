package dev.tramontane.api.openai;

import dev.tramontane.engine.Tenant;
import dev.tramontane.engine.Urgency;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.TextGenerator;
import java.util.List;

/**
 * A checked request, ready to run.
 *
 * @param operation of OpenTelemetry's conventions
 * @param generations one for each prompt
 */
record AnswerJob(
        String operation,
        TextGenerator generator,
        List<GenerationRequest> generations,
        AnswerFormat format,
        AnswerOrigin origin) {

    /** The same, for somebody and until some time. */
    AnswerJob of(Tenant tenant, Urgency urgency) {
        return new AnswerJob(
                operation,
                generator,
                generations.stream()
                        .map(request -> request.of(tenant).when(urgency))
                        .toList(),
                format,
                origin);
    }
}
