package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Reason;
import dev.tramontane.generation.GenerationEvent.Usage;
import java.util.List;
import java.util.function.Function;

/**
 * How a response ends, and what it says of that.
 *
 * @param outcome as {@link RecordedResponse.Watcher#ended} has it
 * @param last its last events
 */
record ResponseEnding(String outcome, Function<ResponseEvents, List<ResponseEvents.Event>> last) {

    /** The model has come to an end. */
    static ResponseEnding of(Finished end, ResponseCreate create) {
        if (create.onlyPrepares()) {
            return new ResponseEnding("completed", events -> events.prepared(end.usage()));
        }
        if (end.reason() != Reason.STOP) {
            return incomplete(end.reason() == Reason.DEADLINE ? "deadline_exceeded" : "max_output_tokens", end.usage());
        }
        return end.cutsCall()
                ? incomplete("stop_sequence", end.usage())
                : new ResponseEnding("completed", events -> events.completed(end.usage()));
    }

    /** It ends though the model would go on. */
    static ResponseEnding of(RecordedResponse.Stop why, Usage usage) {
        return switch (why) {
            case CANCELLED -> new ResponseEnding("cancelled", events -> events.cancelled(usage));
            case STEERED -> incomplete("steered", usage);
            case DRAINING -> incomplete("draining", usage);
        };
    }

    static ResponseEnding failed(ApiException why) {
        return new ResponseEnding(
                "failed", events -> events.failed(code(why.status()), String.valueOf(why.getMessage())));
    }

    private static ResponseEnding incomplete(String reason, Usage usage) {
        return new ResponseEnding("incomplete", events -> events.incomplete(reason, usage));
    }

    /** The words of {@code openai.types.responses.ResponseError}. */
    private static String code(int status) {
        return status == 429 ? "rate_limit_exceeded" : status < 500 ? "invalid_prompt" : "server_error";
    }
}
