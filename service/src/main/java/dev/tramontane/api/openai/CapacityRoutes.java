package dev.tramontane.api.openai;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.Caller;
import dev.tramontane.api.Endpoints;
import dev.tramontane.api.Replies;
import dev.tramontane.engine.Capacity;
import dev.tramontane.engine.EngineStatus;
import dev.tramontane.engine.Outlook;
import dev.tramontane.engine.Urgency;
import dev.tramontane.json.JsonWriter;
import dev.tramontane.model.StageFacts;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * {@code GET /capacity}: how the cache is sized and requests are admitted, in bytes, and what of it is taken. With {@code
 * ?prompt=TOKENS&max_tokens=TOKENS&n=CHOICES} also what would become of such a request now, for whoever asks: by the rules
 * that admission itself goes by. Answered on the event loop from what the engine has published.
 */
public final class CapacityRoutes implements ApiRoutes {
    private static final String FORMULA =
            "a sequence of L tokens holds in a group at most min(ceil(L / page_tokens), ring_pages) pages of page_bytes, where"
                    + " ring_pages = ceil((window + step_tokens - 1) / page_tokens) + 1, or ceil(context_tokens /"
                    + " page_tokens) if that is less or there is no window (0); page_bytes = 2 * layers * kv_heads *"
                    + " (head_dim * element_bytes + scale_bytes) * page_tokens; a request is admitted when all the pages that it may come"
                    + " to hold are unreserved in every group, and a slot for each of its n";

    private static final Set<String> PARAMETERS = Set.of("model", "prompt", "max_tokens", "n", "priority");

    private final ServedModels models;

    public CapacityRoutes(ServedModels models) {
        this.models = models;
    }

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.get("/capacity", context -> Replies.guarded(context, () -> answer(context)));
    }

    private void answer(RoutingContext context) {
        MultiMap asked = context.queryParams();
        for (String name : asked.names()) {
            if (!PARAMETERS.contains(name) || asked.getAll(name).size() > 1) {
                throw ApiException.invalid(
                        400,
                        "/capacity takes "
                                + String.join(", ", PARAMETERS.stream().sorted().toList()) + ", each once at most",
                        "invalid_query");
            }
        }
        Capacity capacity = models.get(asked.get("model")).capacity();
        Outlook outlook = asked.contains("prompt") ? outlook(capacity, context, asked) : none(asked);
        byte[] body = JsonWriter.bytes(json -> {
            json.writeStartObject();
            terms(json, capacity);
            groups(json, capacity);
            taken(json, capacity);
            stages(json, capacity, Caller.of(context).isOperator());
            if (outlook != null) {
                outlook(json, outlook);
            }
            json.writeEndObject();
        });
        Replies.json(context, 200, Buffer.buffer(body));
    }

    private static @Nullable Outlook none(MultiMap asked) {
        for (String name : Set.of("max_tokens", "n", "priority")) {
            if (asked.contains(name)) {
                throw ApiException.field(name, name + " needs prompt, the tokens of the request's prompt");
            }
        }
        return null;
    }

    private static Outlook outlook(Capacity capacity, RoutingContext context, MultiMap asked) {
        int prompt = number(asked, "prompt", 1, 1, Integer.MAX_VALUE);
        int rest = Math.max(0, capacity.limits().contextTokens() - prompt);
        int maxTokens = number(asked, "max_tokens", rest, 0, Integer.MAX_VALUE);
        int choices = number(asked, "n", 1, 1, Integer.MAX_VALUE);
        int priority = number(asked, "priority", 0, -Urgency.MOST_PRIORITY, Urgency.MOST_PRIORITY);
        return capacity.outlook(Caller.of(context).tenant(), priority, prompt, maxTokens, choices);
    }

    private static int number(MultiMap asked, String name, int otherwise, int least, int most) {
        String given = asked.get(name);
        if (given == null) {
            return otherwise;
        }
        if (given.matches("-?[0-9]{1,10}")) {
            long number = Long.parseLong(given);
            if (number >= least && number <= most) {
                return (int) number;
            }
        }
        throw ApiException.field(name, name + " must be a whole number between " + least + " and " + most);
    }

    private static void terms(JsonGenerator json, Capacity capacity) {
        json.writeStringProperty("formula", FORMULA);
        json.writeName("terms").writeStartObject();
        json.writeNumberProperty("page_tokens", capacity.plan().shape().pageTokens());
        json.writeNumberProperty("step_tokens", capacity.plan().shape().maxRows());
        json.writeNumberProperty("context_tokens", capacity.limits().contextTokens());
        json.writeNumberProperty("kv_heads", capacity.plan().kvHeads());
        json.writeNumberProperty("head_dim", capacity.plan().headDim());
        json.writeNumberProperty("element_bytes", capacity.plan().elementBytes());
        json.writeNumberProperty("scale_bytes", capacity.plan().shape().type().scaleBytes());
        json.writeEndObject();
        json.writeNumberProperty("cache_bytes", capacity.plan().bytes());
        json.writeNumberProperty("token_bytes", capacity.plan().tokenBytes());
        int context = capacity.limits().contextTokens();
        json.writeNumberProperty("whole_sequence_bytes", capacity.plan().sequenceBytes(context));
        json.writeNumberProperty("whole_sequences", capacity.plan().sequences(context));
    }

    /** Of a model in one piece nothing is said. Where the others are, only operators are told. */
    private static void stages(JsonGenerator json, Capacity capacity, boolean operator) {
        if (capacity.stages().isEmpty()) {
            return;
        }
        json.writeName("stages").writeStartArray();
        for (int i = 0; i < capacity.stages().size(); i++) {
            StageFacts stage = capacity.stages().get(i);
            json.writeStartObject();
            json.writeStringProperty("name", operator || i == 0 ? stage.name() : "stage " + i);
            json.writeNumberProperty("first_layer", stage.layers().first());
            json.writeNumberProperty("layers", stage.layers().size());
            json.writeBooleanProperty("there", stage.there());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void groups(JsonGenerator json, Capacity capacity) {
        json.writeName("groups").writeStartArray();
        for (Capacity.Group group : capacity.groups()) {
            json.writeStartObject();
            json.writeNumberProperty("window", group.window());
            json.writeNumberProperty("layers", group.layers());
            json.writeNumberProperty("ring_pages", group.ringPages());
            json.writeNumberProperty("page_bytes", group.pageBytes());
            json.writeNumberProperty("pages", group.pages());
            json.writeNumberProperty("pages_reserved", group.reserved());
            json.writeNumberProperty("pages_used", group.used());
            json.writeNumberProperty("pages_kept", group.kept());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void taken(JsonGenerator json, Capacity capacity) {
        EngineStatus status = capacity.status();
        json.writeName("sequences").writeStartObject();
        json.writeNumberProperty("slots", capacity.config().slots());
        json.writeNumberProperty("slots_reserved", capacity.slotsReserved());
        json.writeNumberProperty("running", status.running());
        json.writeNumberProperty("parked", status.parked());
        json.writeEndObject();
        json.writeName("waiting").writeStartObject();
        json.writeNumberProperty("requests", capacity.waitingRequests());
        json.writeNumberProperty("requests_limit", capacity.config().queueRequests());
        json.writeNumberProperty("prompt_tokens", capacity.waitingTokens());
        json.writeNumberProperty("prompt_tokens_limit", capacity.config().queueTokens());
        json.writeEndObject();
        json.writeName("rates").writeStartObject();
        json.writeNumberProperty("prompt_tokens_per_second", tenths(capacity.promptTokensPerSecond()));
        json.writeNumberProperty("generated_tokens_per_second", tenths(capacity.generatedTokensPerSecond()));
        json.writeEndObject();
    }

    private static void outlook(JsonGenerator json, Outlook outlook) {
        json.writeName("request").writeStartObject();
        json.writeStringProperty("verdict", outlook.verdict().name().toLowerCase(Locale.ROOT));
        json.writeBooleanProperty("admitted_now", outlook.verdict() == Outlook.Verdict.STARTS);
        json.writeStringProperty("reason", outlook.reason().isEmpty() ? null : outlook.reason());
        json.writeName("pages").writeStartArray();
        outlook.pages().forEach(json::writeNumber);
        json.writeEndArray();
        json.writeNumberProperty("bytes", outlook.bytes());
        json.writeNumberProperty("first_token_ms", tenths(outlook.nanosToFirstToken() / 1e6));
        json.writeEndObject();
    }

    private static double tenths(double number) {
        return Math.rint(number * 10) / 10;
    }
}
