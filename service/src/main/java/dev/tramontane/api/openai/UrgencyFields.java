package dev.tramontane.api.openai;

import dev.tramontane.api.ApiException;
import dev.tramontane.engine.Urgency;
import dev.tramontane.json.JsonFields;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * When an answer is wanted: {@code deadline_ms} and {@code priority} of a body, and the header {@value #HEADER}, for those
 * who cannot change bodies, such as gateways. Both protocols read them here.
 *
 * @param priority among the requests of one key
 * @param deadlineMillis from the request's arrival; empty for none
 */
public record UrgencyFields(int priority, OptionalLong deadlineMillis) {
    /** In the form of the field. gRPC and Envoy send time limits, too, as what is left and not as a time of day. */
    public static final String HEADER = "X-Deadline-Ms";

    /** A day. */
    static final long MOST_MILLIS = 86_400_000;

    /** How the field is described, wherever it is read. */
    static final RequestField DEADLINE = RequestField.honoured(
            "deadline_ms",
            JsonSchema.whole(1, MOST_MILLIS),
            "milliseconds from its arrival after which the answer is of no use");

    /** Likewise. */
    static final RequestField PRIORITY = RequestField.honoured(
            "priority",
            JsonSchema.whole(-Urgency.MOST_PRIORITY, Urgency.MOST_PRIORITY),
            "the lower, the sooner, among the requests of one key");

    private static final Pattern MILLIS = Pattern.compile("[1-9][0-9]{0,7}");

    /** Takes the fields of a body. */
    public static UrgencyFields read(JsonFields fields) {
        Long millis = fields.integer("deadline_ms", 1, MOST_MILLIS);
        return new UrgencyFields(
                fields.integer("priority", 0, -Urgency.MOST_PRIORITY, Urgency.MOST_PRIORITY),
                millis == null ? OptionalLong.empty() : OptionalLong.of(millis));
    }

    /**
     * With the header's deadline, if that is nearer.
     *
     * @param header as sent; null for none
     * @throws ApiException 400 when it is no such number
     */
    public UrgencyFields with(@Nullable String header) {
        if (header == null) {
            return this;
        }
        String trimmed = header.strip();
        if (!MILLIS.matcher(trimmed).matches() || Long.parseLong(trimmed) > MOST_MILLIS) {
            throw ApiException.invalid(
                    400,
                    "The header " + HEADER + " must be a whole number of milliseconds between 1 and " + MOST_MILLIS,
                    "invalid_header");
        }
        long millis = Long.parseLong(trimmed);
        return deadlineMillis.isPresent() && deadlineMillis.getAsLong() <= millis
                ? this
                : new UrgencyFields(priority, OptionalLong.of(millis));
    }

    /** @param arrivalNanos of the request, on the clock of {@link System#nanoTime} */
    public Urgency from(long arrivalNanos) {
        return new Urgency(
                priority,
                deadlineMillis.isEmpty()
                        ? OptionalLong.empty()
                        : OptionalLong.of(arrivalNanos + TimeUnit.MILLISECONDS.toNanos(deadlineMillis.getAsLong())));
    }
}
