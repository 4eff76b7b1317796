package dev.tramontane.api.ws;

import dev.tramontane.api.ApiException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Names of lanes: OpenAI's rule for {@code stream_id}. Any thread. */
final class StreamId {
    static final String FIELD = "stream_id";

    /** The lane of requests that name none. */
    static final String DEFAULT = "";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,256}");

    private StreamId() {}

    /**
     * The lane that a message names.
     *
     * @param given null for none
     * @throws ApiException {@code invalid_stream_id} when it is no name
     */
    static String of(@Nullable Object given) {
        if (given == null) {
            return DEFAULT;
        }
        if (given instanceof String name && NAME.matcher(name).matches()) {
            return name;
        }
        throw new ApiException(
                400,
                "invalid_request_error",
                "stream_id must be a name of 1 to 256 letters, digits, '_', '-' and '.'; leave it out for the default"
                        + " lane",
                FIELD,
                "invalid_stream_id",
                0);
    }

    /** The event of an answer, a JSON object with a first field, as the lane tells it. */
    static String mark(String lane, String event) {
        return lane.isEmpty() ? event : "{\"" + FIELD + "\":\"" + lane + "\"," + event.substring(1);
    }
}
