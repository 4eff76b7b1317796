package dev.tramontane.api.responses;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Usage;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.json.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/**
 * The events of one response as JSON texts, numbered from 0 in the order made. Shapes are those of
 * {@code openai.types.responses} 3.57.
 *
 * <p>Order of calls: {@link #accepted}, {@link #delta} any number of times, then one of {@link #completed},
 * {@link #incomplete}, {@link #cancelled} and {@link #failed}.
 */
public final class ResponseEvents {

    /** An event and the name of its type, which it has in it as well. */
    public record Event(String type, String json) {}

    private static final ResponseState.Phase IN_PROGRESS = ResponseState.Phase.of("in_progress");

    private final ResponseObject object;
    private final String adapter;
    private final ResponseCreate create;
    private final InstantSource clock;
    private final ResponseOutput output;
    private ResponseState.Phase now;
    private long next;

    /** Code points of the answer's text, of which these events told. */
    private int told;

    /** Of the prompt, found in the cache. */
    private int cachedTokens;

    /**
     * @param id unguessable, without a prefix
     * @param style in which the model answers
     */
    public ResponseEvents(String id, ResponseCreate create, String model, AnswerStyle style, InstantSource clock) {
        this(ResponseState.begun(id, model, "", clock.instant().getEpochSecond()), create, style, clock);
    }

    /** Of a response that this generator makes. */
    ResponseEvents(String id, ResponseCreate create, TextGenerator generator, InstantSource clock) {
        this(
                ResponseState.begun(
                        id,
                        generator.model(),
                        generator.adaptedBy(),
                        clock.instant().getEpochSecond()),
                create,
                generator.profile().form(),
                clock);
    }

    /** Of a response as it was at some moment: the next event is the one that would have followed. */
    ResponseEvents(ResponseState state, ResponseCreate create, AnswerStyle style, InstantSource clock) {
        object = new ResponseObject(state.id(), create, state.model(), state.createdAt());
        adapter = state.adapter();
        this.create = create;
        this.clock = clock;
        output = new ResponseOutput(
                state.id(), call -> style.callId(object.id(), 0, call), state.output(), state.thoughtTokens());
        now = state.phase();
        next = state.nextEvent();
        told = state.told();
        cachedTokens = state.cachedTokens();
    }

    /** What is counted of an answer that its generation has not ended. */
    Usage usage(int promptTokens, int answerTokens) {
        return new Usage(
                promptTokens, Math.max(0, cachedTokens), answerTokens, Math.toIntExact(output.thoughtTokens()));
    }

    /** The response at this moment, from which another goes on. */
    ResponseState state() {
        return new ResponseState(
                object.bareId(),
                object.model(),
                adapter,
                object.createdAt(),
                output.items(),
                told,
                output.thoughtTokens(),
                cachedTokens,
                now,
                next);
    }

    public String id() {
        return object.id();
    }

    /** The status by now, of {@code openai.types.responses.ResponseStatus}. */
    public String status() {
        return now.status();
    }

    /** What has been said so far; a call that the answer's end cut is not whole. */
    List<Item> said() {
        List<OutputItem> items = output.items();
        List<Item> said = new ArrayList<>(items.size());
        for (OutputItem item : items) {
            said.add(item.said(said.size() < items.size() - 1 || now.status().equals("completed")));
        }
        return said;
    }

    /** How much there is of the answer. */
    Extent extent() {
        return new Extent(
                Item.BASE * output.size() + 2L * output.characters(), output.hasWords() && !output.hasCalls());
    }

    /**
     * How much there is of an answer.
     *
     * @param bytes of heap that it takes: an estimate from above
     * @param mayStop whether it can be continued from where it is: something was said to the user, and no tool was called
     */
    record Extent(long bytes, boolean mayStop) {
        static final Extent NONE = new Extent(0, false);
    }

    /** The response as it is now. */
    public byte[] current() {
        return JsonWriter.bytes(this::response);
    }

    /** The request was admitted or queued. One that runs in the background says which: nobody waits for its words. */
    public List<Event> accepted() {
        if (create.delivery().background()) {
            return List.of(lifecycle("response.created"), lifecycle("response.queued"));
        }
        now = IN_PROGRESS;
        return List.of(lifecycle("response.created"), lifecycle("response.in_progress"));
    }

    /** More of the answer, which may make no event. */
    public List<Event> delta(Delta delta) {
        List<Event> events = new ArrayList<>(4);
        cachedTokens = delta.cachedTokens();
        told += delta.text().codePointCount(0, delta.text().length());
        if (!delta.parts().isEmpty()) {
            begin(events);
        }
        output.add(delta.parts(), delta.thoughtTokens(), (type, fields) -> events.add(event(type, fields)));
        return events;
    }

    /** The model ended its answer. */
    public List<Event> completed(Usage usage) {
        return end("response.completed", completion(usage));
    }

    /** The prompt has been computed, and nothing else was asked for. */
    public List<Event> prepared(Usage usage) {
        now = completion(usage);
        return List.of(lifecycle("response.completed"));
    }

    /** Words for the answer under way were taken, and will be used when it has ended. */
    List<Event> steerAccepted(Steer steer) {
        return List.of(event("response.steer.accepted", steer::taken));
    }

    /** The answer ends before the model would have. {@code reason} is a word such as {@code max_output_tokens}. */
    public List<Event> incomplete(String reason, Usage usage) {
        return end("response.incomplete", ResponseState.Phase.incomplete("incomplete", reason, usage));
    }

    /** Somebody wanted no more of it. */
    public List<Event> cancelled(Usage usage) {
        return end("response.incomplete", ResponseState.Phase.incomplete("cancelled", "cancelled", usage));
    }

    /**
     * The answer is not over, but this process is: where it goes on, as a notice that is no event of it. The state for there is
     * taken before.
     */
    Event suspended(Usage usage) {
        now = ResponseState.Phase.suspended(usage);
        String type = "response.incomplete";
        return new Event(type, numbered(type, next - 1, json -> {
            json.writeName("response");
            response(json);
            object.writeResume(json, next - 1);
        }));
    }

    private ResponseState.Phase completion(Usage usage) {
        return ResponseState.Phase.completed(clock.instant().getEpochSecond(), usage);
    }

    /** The answer cannot go on. {@code code} is one of OpenAI's, such as {@code server_error}. */
    public List<Event> failed(String code, String message) {
        now = ResponseState.Phase.failed(code, message);
        return List.of(lifecycle("response.failed"));
    }

    private List<Event> end(String type, ResponseState.Phase last) {
        List<Event> events = new ArrayList<>(7);
        begin(events);
        output.finish(last.itemStatus(), (kind, fields) -> events.add(event(kind, fields)));
        now = last;
        events.add(lifecycle(type));
        return events;
    }

    private void begin(List<Event> events) {
        if (now.status().equals("queued")) {
            now = IN_PROGRESS;
            events.add(lifecycle("response.in_progress"));
        }
    }

    // ---- shapes

    private Event event(String type, JsonWriter.Value fields) {
        return new Event(type, numbered(type, next++, fields));
    }

    private static String numbered(String type, long number, JsonWriter.Value fields) {
        byte[] bytes = JsonWriter.bytes(json -> {
            json.writeStartObject();
            json.writeStringProperty("type", type);
            json.writeNumberProperty("sequence_number", number);
            fields.write(json);
            json.writeEndObject();
        });
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private Event lifecycle(String type) {
        return event(type, json -> {
            json.writeName("response");
            response(json);
        });
    }

    private void response(JsonGenerator json) {
        object.response(json, now, output.items());
    }
}
