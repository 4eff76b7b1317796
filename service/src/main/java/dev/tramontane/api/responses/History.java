package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What was said before, by the ids under which it is kept. Any thread. */
public interface History {

    /** Nothing was. */
    History NONE = new History() {
        @Override
        public List<Map<String, @Nullable Object>> upTo(String responseId) {
            throw unknownResponse(responseId);
        }

        @Override
        public @Nullable Item item(String itemId) {
            return null;
        }
    };

    /**
     * The conversation that a response ended, its answer the last message; its instructions are no part of it. Not to be
     * changed.
     *
     * @throws ApiException where there is none that can be continued
     */
    List<Map<String, @Nullable Object>> upTo(String responseId);

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
