package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import org.jspecify.annotations.Nullable;

/** What was said before, by the ids under which it is kept. Any thread. */
public interface History {

    /** Nothing was. */
    History NONE = new History() {
        @Override
        public Past upTo(String responseId) {
            throw unknownResponse(responseId);
        }

        @Override
        public @Nullable Item item(String itemId) {
            return null;
        }
    };

    /**
     * The conversation that a response ended.
     *
     * @throws ApiException where there is none that can be continued
     */
    Past upTo(String responseId);

    /** An item of a response's input or output, or null. */
    @Nullable
    Item item(String itemId);

    /** As OpenAI says it. */
    static ApiException unknownResponse(String id) {
        return new ApiException(
                400,
                "invalid_request_error",
                "There is no previous response with the id '" + id + "' here, or it is not kept any more; send the"
                        + " conversation as input",
                "previous_response_id",
                "previous_response_not_found",
                0);
    }
}
