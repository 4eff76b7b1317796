package dev.tramontane.api;

import dev.tramontane.generation.GenerationException;
import dev.tramontane.json.InvalidJsonException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import reactor.core.Exceptions;

/** A failure as the client sees it: a status and OpenAI's four error fields. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(ApiException.class);

    private static final String INVALID_REQUEST = "invalid_request_error";
    private static final String MODEL_NOT_FOUND = "model_not_found";

    private final int status;
    private final String type;
    private final @Nullable String param;
    private final @Nullable String code;
    private final int retryAfterSeconds;
    private final String instance;

    /**
     * @param type OpenAI's class of error
     * @param param the request's field at fault
     * @param code a word for programs
     * @param retryAfterSeconds for Retry-After; 0 for none
     */
    public ApiException(
            int status,
            String type,
            String message,
            @Nullable String param,
            @Nullable String code,
            int retryAfterSeconds) {
        this(status, type, message, param, code, retryAfterSeconds, "");
    }

    private ApiException(
            int status,
            String type,
            String message,
            @Nullable String param,
            @Nullable String code,
            int retryAfterSeconds,
            String instance) {
        super(message, null, false, false);
        this.status = status;
        this.type = type;
        this.param = param;
        this.code = code;
        this.retryAfterSeconds = retryAfterSeconds;
        this.instance = instance;
    }

    /** A request that is wrong in itself. */
    public static ApiException invalid(int status, String message, @Nullable String code) {
        return new ApiException(status, INVALID_REQUEST, message, null, code, 0);
    }

    /** What HotSpot says where the system gives it no thread; it has no type for that. */
    private static final String NO_THREAD = "unable to create native thread";

    /** A field of a request that is wrong. */
    public static ApiException field(String param, String message) {
        return new ApiException(400, INVALID_REQUEST, message, param.isEmpty() ? null : param, null, 0);
    }

    /**
     * A request that another server must be asked.
     *
     * @param param the request's field at fault; empty for none
     * @param instance the mark of that server
     */
    static ApiException misdirected(String message, String param, String instance) {
        return new ApiException(
                421, INVALID_REQUEST, message, param.isEmpty() ? null : param, Instance.ELSEWHERE, 0, instance);
    }

    /** A model that is not served here. */
    public static ApiException unknownModel(String name) {
        return new ApiException(
                404,
                INVALID_REQUEST,
                "The model '" + name + "' does not exist here; GET /v1/models lists those that do",
                "model",
                MODEL_NOT_FOUND,
                0);
    }

    /** @param retryAfterSeconds for Retry-After; 0 for none, where nobody knows */
    public static ApiException unavailable(String message, int retryAfterSeconds) {
        return new ApiException(
                503, "service_unavailable_error", message, null, "service_unavailable", retryAfterSeconds);
    }

    /**
     * Whatever went wrong, as the client may see it; what is not the client's doing is logged here.
     *
     * @param trace the id of the request's trace, for the log; empty where it has none
     */
    public static ApiException of(Throwable failure, String trace) {
        return switch (failure) {
            case ApiException known -> known;
            case InvalidJsonException invalid -> field(invalid.field(), messageOf(invalid));
            case GenerationException refused -> of(refused, trace);
            case OutOfMemoryError threads
            when String.valueOf(threads.getMessage()).contains(NO_THREAD) -> {
                error(trace).log("A request was refused: {}", threads.getMessage());
                yield unavailable("The server may have no more threads now. Try again soon.", 1);
            }
            // Prompts that fail side by side fail together; the client is told of the first.
            case RuntimeException several
            when Exceptions.isMultiple(several) ->
                of(Exceptions.unwrapMultipleExcludingTracebacks(several).getFirst(), trace);
            default -> {
                error(trace).setCause(failure).log("A request failed");
                yield new ApiException(
                        500,
                        "server_error",
                        "The server failed while it handled the request",
                        null,
                        "internal_error",
                        0);
            }
        };
    }

    private static LoggingEventBuilder error(String trace) {
        return trace.isEmpty() ? LOG.atError() : LOG.atError().addKeyValue("trace", trace);
    }

    private static ApiException of(GenerationException refused, String trace) {
        String param = refused.parameter().isEmpty() ? null : refused.parameter();
        String message = messageOf(refused);
        return switch (refused.kind()) {
            case INVALID -> new ApiException(400, INVALID_REQUEST, message, param, null, 0);
            case GONE -> new ApiException(404, INVALID_REQUEST, message, param, MODEL_NOT_FOUND, 0);
            case TOO_LARGE -> new ApiException(400, INVALID_REQUEST, message, param, "context_length_exceeded", 0);
            case BUSY ->
                new ApiException(
                        429,
                        "rate_limit_error",
                        message,
                        param,
                        "rate_limit_exceeded",
                        Math.max(1, refused.retryAfterSeconds()));
            case LATE ->
                new ApiException(
                        429, "rate_limit_error", message, param, "deadline_unreachable", refused.retryAfterSeconds());
            case EXPIRED -> new ApiException(504, "timeout_error", message, param, "deadline_exceeded", 0);
            case UNAVAILABLE -> unavailable(message, refused.retryAfterSeconds());
            case FAILED -> {
                error(trace).setCause(refused.getCause()).log("A generation failed: {}", message);
                yield new ApiException(500, "server_error", message, param, "generation_failed", 0);
            }
        };
    }

    private static String messageOf(Throwable failure) {
        return Objects.requireNonNullElse(failure.getMessage(), "The request failed");
    }

    public int status() {
        return status;
    }

    public String type() {
        return type;
    }

    public @Nullable String param() {
        return param;
    }

    public @Nullable String code() {
        return code;
    }

    /** A word for metrics, from a bounded set: what kind of refusal this is. */
    public String reason() {
        return code != null ? code : status < 500 ? "invalid_request" : "internal_error";
    }

    public int retryAfterSeconds() {
        return retryAfterSeconds;
    }

    /** The mark of the server that should be asked; empty where that is no matter. */
    public String instance() {
        return instance;
    }
}
