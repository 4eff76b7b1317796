package dev.tramontane.api.responses;

import dev.tramontane.generation.GenerationEvent.Usage;
import dev.tramontane.json.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/**
 * The events of one response as JSON texts, numbered from 0 in the order made. A response has one message with one text
 * part. Shapes are those of {@code openai.types.responses} 3.54.
 *
 * <p>Order of calls: {@link #accepted}, {@link #delta} any number of times, then one of {@link #completed},
 * {@link #incomplete}, {@link #cancelled} and {@link #failed}.
 */
public final class ResponseEvents {

    /** An event and the name of its type, which it has in it as well. */
    public record Event(String type, String json) {}

    private static final ResponseState.Phase IN_PROGRESS = ResponseState.Phase.of("in_progress");

    private final ResponseObject object;
    private final ResponseCreate create;
    private final InstantSource clock;
    private final StringBuilder text;
    private ResponseState.Phase now;
    private long next;
    private boolean itemOpen;

    /** @param id unguessable, without a prefix */
    public ResponseEvents(String id, ResponseCreate create, String model, InstantSource clock) {
        this(
                new ResponseState(
                        id, model, clock.instant().getEpochSecond(), "", ResponseState.Phase.of("queued"), 0, false),
                create,
                clock);
    }

    /** Of a response as it was at some moment: the next event is the one that would have followed. */
    ResponseEvents(ResponseState state, ResponseCreate create, InstantSource clock) {
        object = new ResponseObject(state.id(), create, state.model(), state.createdAt());
        this.create = create;
        this.clock = clock;
        text = new StringBuilder(state.text());
        now = state.phase();
        next = state.nextEvent();
        itemOpen = state.itemOpen();
    }

    /** The response at this moment, for {@link #ResponseEvents(ResponseState, ResponseCreate, InstantSource)}. */
    ResponseState state() {
        return new ResponseState(
                object.bareId(), object.model(), object.createdAt(), text.toString(), now, next, itemOpen);
    }

    public String id() {
        return object.id();
    }

    /** The status by now, of {@code openai.types.responses.ResponseStatus}. */
    public String status() {
        return now.status();
    }

    /** The answer so far. */
    public String text() {
        return text.toString();
    }

    /** Characters of it. */
    int textLength() {
        return text.length();
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

    /** More text, which is not empty; the first opens the message. */
    public List<Event> delta(String more) {
        List<Event> events = new ArrayList<>(4);
        begin(events);
        openItem(events);
        text.append(more);
        events.add(partEvent("response.output_text.delta", json -> {
            json.writeStringProperty("delta", more);
            ResponseObject.emptyArray(json, "logprobs");
        }));
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
        openItem(events); // An empty answer is a message too.
        now = last;
        events.add(partEvent("response.output_text.done", json -> {
            json.writeStringProperty("text", text.toString());
            ResponseObject.emptyArray(json, "logprobs");
        }));
        events.add(partEvent("response.content_part.done", json -> {
            json.writeName("part");
            ResponseObject.outputText(json, text.toString());
        }));
        events.add(itemEvent("response.output_item.done", now.itemStatus()));
        events.add(lifecycle(type));
        return events;
    }

    private void begin(List<Event> events) {
        if (now.status().equals("queued")) {
            now = IN_PROGRESS;
            events.add(lifecycle("response.in_progress"));
        }
    }

    private void openItem(List<Event> events) {
        if (!itemOpen) {
            events.add(itemEvent("response.output_item.added", "in_progress"));
            itemOpen = true;
            events.add(partEvent("response.content_part.added", json -> {
                json.writeName("part");
                ResponseObject.outputText(json, text.toString());
            }));
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

    private Event itemEvent(String type, String status) {
        return event(type, json -> {
            json.writeNumberProperty("output_index", 0);
            json.writeName("item");
            object.item(json, status, itemOpen ? text.toString() : null);
        });
    }

    private Event partEvent(String type, JsonWriter.Value fields) {
        return event(type, json -> {
            json.writeStringProperty("item_id", object.itemId());
            json.writeNumberProperty("output_index", 0);
            json.writeNumberProperty("content_index", 0);
            fields.write(json);
        });
    }

    private void response(JsonGenerator json) {
        object.response(json, now, itemOpen ? text.toString() : null);
    }
}
