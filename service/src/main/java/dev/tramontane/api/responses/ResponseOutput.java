package dev.tramontane.api.responses;

import dev.tramontane.answer.AnswerPart;
import dev.tramontane.api.responses.OutputItem.Kind;
import dev.tramontane.json.JsonWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The items of one answer in the order in which the model wrote them, and the events that they make. The last one is open until
 * another begins or the answer ends. One thread at a time.
 */
final class ResponseOutput {
    /** Where events go. */
    interface Sink {
        void event(String type, JsonWriter.Value fields);
    }

    private final String bareId;
    private final IntFunction<String> callIds;

    /** Ids of its calls. */
    private final Set<String> callIdsTaken = new HashSet<>();

    /** Those before the last. */
    private final List<OutputItem> closed = new ArrayList<>();

    /** The last one without its text, or null where there is none. */
    private @Nullable OutputItem last;

    private final StringBuilder text = new StringBuilder();
    private int characters;
    private boolean words;
    private boolean calls;
    private long thoughtTokens;

    /**
     * @param callIds names the calls whose model wrote no id, by their number
     * @param past what there is already
     * @param thoughtTokens of which so many tokens were thoughts
     */
    ResponseOutput(String bareId, IntFunction<String> callIds, List<OutputItem> past, long thoughtTokens) {
        this.bareId = bareId;
        this.callIds = callIds;
        this.thoughtTokens = thoughtTokens;
        past.forEach(item -> {
            open(item);
            text.append(item.text());
            characters += item.text().length();
        });
    }

    // ---- what comes

    /**
     * Takes more of the answer.
     *
     * @param thoughts of its tokens so far that are of thoughts
     */
    void add(List<AnswerPart> parts, int thoughts, Sink sink) {
        thoughtTokens = thoughts;
        for (AnswerPart part : parts) {
            switch (part) {
                case AnswerPart.Words(String more) -> say(Kind.MESSAGE, more, sink);
                case AnswerPart.Thought(String more) -> say(Kind.REASONING, more, sink);
                case AnswerPart.CallBegun(int index, String id, String name) ->
                    begin(new OutputItem(Kind.CALL, callId(index, id), name, ""), sink);
                case AnswerPart.CallText(int index, String more) -> say(Kind.CALL, more, sink);
            }
        }
    }

    /** The answer is over. One that says nothing is an empty message. */
    void finish(String status, Sink sink) {
        if (last == null) {
            begin(OutputItem.message(""), sink);
        }
        close(status, sink);
    }

    private void say(Kind kind, String more, Sink sink) {
        if (more.isEmpty()) {
            return;
        }
        if (!is(kind)) {
            if (kind == Kind.CALL) {
                throw new IllegalStateException("arguments of a call that has not begun");
            }
            begin(new OutputItem(kind, "", "", ""), sink);
        }
        text.append(more);
        characters += more.length();
        switch (kind) {
            case MESSAGE ->
                part("response.output_text.delta", sink, json -> {
                    json.writeStringProperty("delta", more);
                    ResponseObject.emptyArray(json, "logprobs");
                });
            case REASONING ->
                part("response.reasoning_text.delta", sink, json -> json.writeStringProperty("delta", more));
            case CALL ->
                item("response.function_call_arguments.delta", sink, json -> json.writeStringProperty("delta", more));
        }
    }

    private void begin(OutputItem item, Sink sink) {
        if (last != null) {
            close("completed", sink);
        }
        open(item);
        whole("response.output_item.added", "in_progress", false, sink);
        if (item.kind() != Kind.CALL) {
            part("response.content_part.added", sink, json -> {
                json.writeName("part");
                item.part(json);
            });
        }
    }

    private void open(OutputItem item) {
        if (last != null) {
            closed.add(current());
        }
        last = item;
        callIdsTaken.add(item.callId());
        text.setLength(0);
        words |= item.kind() == Kind.MESSAGE;
        calls |= item.kind() == Kind.CALL;
    }

    private void close(String status, Sink sink) {
        OutputItem item = current();
        if (item.kind() == Kind.CALL) {
            item("response.function_call_arguments.done", sink, json -> {
                json.writeStringProperty("name", item.name());
                json.writeStringProperty("arguments", item.text());
            });
        } else {
            boolean message = item.kind() == Kind.MESSAGE;
            part(message ? "response.output_text.done" : "response.reasoning_text.done", sink, json -> {
                json.writeStringProperty("text", item.text());
                if (message) {
                    ResponseObject.emptyArray(json, "logprobs");
                }
            });
            part("response.content_part.done", sink, json -> {
                json.writeName("part");
                item.part(json);
            });
        }
        whole("response.output_item.done", status, true, sink);
    }

    /** The model's, unless another call of this answer has it. */
    private String callId(int index, String written) {
        return written.isEmpty() || callIdsTaken.contains(written) ? callIds.apply(index) : written;
    }

    // ---- what there is

    private boolean is(Kind kind) {
        return last != null && last.kind() == kind;
    }

    /** The last one, without its text. */
    private OutputItem open() {
        OutputItem item = last;
        if (item == null) {
            throw new IllegalStateException("an answer has no items yet");
        }
        return item;
    }

    /** The same with its text, which is copied. */
    private OutputItem current() {
        OutputItem item = open();
        return new OutputItem(item.kind(), item.callId(), item.name(), text.toString());
    }

    /** All of them by now. */
    List<OutputItem> items() {
        List<OutputItem> items = new ArrayList<>(closed);
        if (last != null) {
            items.add(current());
        }
        return items;
    }

    /** Characters of their texts. */
    int characters() {
        return characters;
    }

    /** How many items there are. */
    int size() {
        return closed.size() + (last == null ? 0 : 1);
    }

    /** Whether anything was said to the user. */
    boolean hasWords() {
        return words;
    }

    /** Whether a tool was called. */
    boolean hasCalls() {
        return calls;
    }

    /** Tokens of the answer that were thoughts. */
    long thoughtTokens() {
        return thoughtTokens;
    }

    // ---- shapes of events

    private void whole(String type, String status, boolean begun, Sink sink) {
        OutputItem item = current();
        int index = closed.size();
        sink.event(type, json -> {
            json.writeNumberProperty("output_index", index);
            json.writeName("item");
            item.write(json, item.kind().id(bareId, index), status, begun);
        });
    }

    private void item(String type, Sink sink, JsonWriter.Value fields) {
        int index = closed.size();
        String id = open().kind().id(bareId, index);
        sink.event(type, json -> {
            json.writeStringProperty("item_id", id);
            json.writeNumberProperty("output_index", index);
            fields.write(json);
        });
    }

    private void part(String type, Sink sink, JsonWriter.Value fields) {
        item(type, sink, json -> {
            json.writeNumberProperty("content_index", 0);
            fields.write(json);
        });
    }
}
