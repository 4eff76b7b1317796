package dev.tramontane.api.ws;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiException;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.api.responses.CreateReader;
import dev.tramontane.api.responses.History;
import dev.tramontane.api.responses.References;
import dev.tramontane.api.responses.ResponseCreate;
import dev.tramontane.api.responses.ResponseServices;
import dev.tramontane.api.responses.Steer;
import dev.tramontane.engine.Tenant;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonReader;
import dev.tramontane.json.UnknownFields;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a client may ask of a socket. Any thread. */
sealed interface ClientMessage {

    String TYPES = "response.create, response.steer, response.cancel, response.demand or response.resume";

    /** The field with the first credits. */
    String DEMAND = "demand";

    /** Longest input of {@code response.steer}, which may have to be told back: characters of its message. */
    int LONGEST_STEER = 32 << 10;

    /**
     * {@code response.create}: an answer of this model.
     *
     * @param lane it is to wait its turn in
     * @param demand events of the answer, and of each that succeeds it, that are sent before more are asked for; {@link
     *     Feed#NO_LIMIT} for as many as the socket takes
     */
    record Create(ResponseCreate request, TextGenerator generator, String lane, long demand) implements ClientMessage {
        Create of(Tenant tenant) {
            return with(request.of(tenant));
        }

        /** The same, now that its previous response is known. */
        Create after(History history, ResponseServices services) {
            return with(request.after(history, services.config().requests().messages()));
        }

        Create with(ResponseCreate other) {
            return new Create(other, generator, lane, demand);
        }
    }

    /**
     * {@code response.steer}: words for an answer under way.
     *
     * @param characters of the message
     */
    record Steering(Steer steer, int characters) implements ClientMessage {}

    /** {@code response.steer} with words that cannot be used. */
    record BadSteering(Steer steer, String why) implements ClientMessage {}

    /** {@code response.cancel}, our extension: no more of this answer. */
    record Cancel(String responseId) implements ClientMessage {}

    /** {@code response.demand}, our extension: so many more events of this answer. */
    record Demand(String responseId, long events) implements ClientMessage {}

    /**
     * {@code response.resume}, our extension: the events of this answer after a number.
     *
     * @param startingAfter -1 for all
     * @param lane that they are to name
     * @param demand of them that are sent before more are asked for; {@link Feed#NO_LIMIT} for as many as the socket takes
     */
    record Resume(String responseId, long startingAfter, String lane, long demand) implements ClientMessage {}

    /**
     * No message.
     *
     * @param lane that it named, or the default
     * @param previous the response that it was to go on from, or null
     * @param cause what is wrong, and where
     */
    record Wrong(String lane, @Nullable String previous, Throwable cause) implements ClientMessage {}

    /**
     * The same message, of which something that it refers to cannot be had now; others are as they were.
     *
     * @param why that is so
     */
    default ClientMessage refused(Throwable why) {
        return switch (this) {
            case Create create ->
                new Wrong(create.lane(), create.request().talk().previous(), why);
            case Resume resume -> new Wrong(resume.lane(), null, why);
            case Wrong wrong -> new Wrong(wrong.lane(), wrong.previous(), why);
            default -> this;
        };
    }

    /** Ids of the responses that a message goes on from, takes items of or wants to be read again. */
    static Set<String> references(Map<String, @Nullable Object> message) {
        Object type = message.get("type");
        return "response.create".equals(type)
                ? References.of(message.get("previous_response_id"), message.get("input"))
                : "response.resume".equals(type) ? References.of(message.get("response_id"), null) : Set.of();
    }

    /**
     * Reads a message.
     *
     * @param characters of its text
     * @param history what a request may refer to
     */
    static ClientMessage read(
            Map<String, @Nullable Object> message,
            int characters,
            ServedModels models,
            ApiConfig config,
            History history) {
        String lane = StreamId.DEFAULT;
        @Nullable String previous = null;
        try {
            JsonFields fields = new JsonFields(message);
            String type = fields.requiredString("type");
            return switch (type) {
                case "response.create" -> {
                    lane = StreamId.of(message.get(StreamId.FIELD));
                    previous = message.get("previous_response_id") instanceof String id ? id : null;
                    yield create(message, lane, models, config, history);
                }
                case "response.steer" -> steer(fields, characters, config);
                case "response.cancel" -> {
                    String id = fields.requiredString("response_id");
                    fields.end();
                    yield new Cancel(id);
                }
                case "response.demand" -> {
                    String id = fields.requiredString("response_id");
                    Long events = fields.integer("events", 1, Integer.MAX_VALUE);
                    fields.end();
                    if (events == null) {
                        throw fields.missing("events");
                    }
                    yield new Demand(id, events);
                }
                case "response.resume" -> {
                    lane = StreamId.of(fields.value(StreamId.FIELD));
                    String id = fields.requiredString("response_id");
                    int after = fields.integer("starting_after", -1, -1, Integer.MAX_VALUE);
                    long demand = demand(fields);
                    fields.end();
                    yield new Resume(id, after, lane, demand);
                }
                default -> throw fields.wrong("type", TYPES, type);
            };
        } catch (Throwable wrong) { // Errors as well: they are the end of this message, not of the socket.
            return new Wrong(lane, previous, wrong);
        }
    }

    private static Create create(
            Map<String, @Nullable Object> message,
            String lane,
            ServedModels models,
            ApiConfig config,
            History history) {
        JsonFields own = new JsonFields(message);
        boolean generate = own.flag("generate", true);
        long demand = demand(own);
        own.only("stream", true);
        own.only("background", false);
        TextGenerator generator = models.get(own.string("model"));
        Map<String, @Nullable Object> body = new LinkedHashMap<>(message);
        body.remove(StreamId.FIELD);
        body.remove("generate");
        body.remove(DEMAND);
        ResponseCreate request = CreateReader.read(
                body,
                config.requests(),
                generator.profile().sampling(),
                UnknownFields.of(config.ignoreUnknown()),
                history);
        ResponseCreate streamed = request.with(
                new ResponseCreate.Delivery(true, false, request.delivery().store()));
        return new Create(generate ? streamed : streamed.preparing(), generator, lane, demand);
    }

    /** At least one: the first event tells the id, without which no more could be asked for. */
    private static long demand(JsonFields fields) {
        Long events = fields.integer(DEMAND, 1, Integer.MAX_VALUE);
        return events == null ? Feed.NO_LIMIT : events;
    }

    private static ClientMessage steer(JsonFields fields, int length, ApiConfig config) {
        String responseId = fields.requiredString("previous_response_id");
        Object input = fields.value("input");
        if (length > LONGEST_STEER) {
            throw new InvalidJsonException(
                    "input",
                    "a message that steers has at most " + LONGEST_STEER
                            + " characters; send longer words with response.create");
        }
        try {
            Steer steer = Steer.read(responseId, fields, config.requests().messages());
            fields.end();
            return new Steering(steer, length);
        } catch (InvalidJsonException wrong) {
            return new BadSteering(
                    new Steer("", responseId, input, List.of()), Objects.requireNonNull(wrong.getMessage()));
        }
    }

    /** @throws ApiException when the text is no JSON object */
    static Map<String, @Nullable Object> parse(String text) {
        try {
            return JsonReader.object(text, "the message");
        } catch (InvalidJsonException malformed) {
            throw ApiException.invalid(400, Objects.requireNonNull(malformed.getMessage()), "invalid_json");
        }
    }
}
