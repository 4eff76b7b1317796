package dev.tramontane.api.responses;

import dev.tramontane.json.InvalidJsonException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Joins items to the messages that a chat layout lays out. A thought, words and calls that follow each other are one turn of
 * the assistant's. What somebody says while outputs of calls are owed comes after these, since layouts have them follow their
 * calls. Belongs to one request.
 */
final class Dialogue {
    private final List<Map<String, @Nullable Object>> messages;
    private final boolean checks;

    /** Ids of all calls; those answered, and those that are owed an output. */
    private final Set<String> answered = new LinkedHashSet<>();

    private final Map<String, String> owed = new LinkedHashMap<>();

    /** What comes when nothing is owed any more. */
    private final List<Map<String, @Nullable Object>> held = new ArrayList<>();

    /** The assistant's turn that may get more. */
    private @Nullable AssistantTurn turn;

    private Dialogue(List<Map<String, @Nullable Object>> before, boolean checks) {
        messages = new ArrayList<>(before);
        this.checks = checks;
        before.forEach(this::remember);
    }

    /**
     * The conversation that goes on with these items.
     *
     * @throws InvalidJsonException where an output has no call, or a call no output
     */
    static List<Map<String, @Nullable Object>> joined(Past before, List<Item> items) {
        Dialogue dialogue = new Dialogue(before.messages(), !before.equals(Past.LATER));
        for (int i = 0; i < items.size(); i++) {
            dialogue.add(items.get(i), "input[" + i + "]");
        }
        dialogue.end();
        return dialogue.messages;
    }

    /** The same with an answer at its end, whose calls wait for their outputs. */
    static List<Map<String, @Nullable Object>> answered(List<Map<String, @Nullable Object>> before, List<Item> answer) {
        Dialogue dialogue = new Dialogue(before, false);
        for (Item item : answer) {
            dialogue.add(item, "");
        }
        if (dialogue.turn == null) { // Nothing but a call that was cut.
            dialogue.add(Item.assistant(""), "");
        }
        dialogue.endTurn();
        return dialogue.messages;
    }

    /** Calls of what was said before, and their outputs. */
    private void remember(Map<String, @Nullable Object> message) {
        if (message.get("tool_calls") instanceof List<?> calls) {
            for (Object call : calls) {
                if (call instanceof Map<?, ?> fields && fields.get("id") instanceof String id) {
                    owe(id, fields.get("function") instanceof Map<?, ?> function ? "" + function.get("name") : "");
                }
            }
        } else if ("tool".equals(message.get("role")) && message.get("tool_call_id") instanceof String id) {
            owed.remove(id);
            answered.add(id);
        }
    }

    private void owe(String id, String name) {
        answered.remove(id); // Models that write ids may write one again.
        owed.put(id, name);
    }

    private void add(Item item, String path) {
        switch (item) {
            case Item.Message message when message.role().equals("assistant") -> words(message);
            case Item.Message message -> other(message(message));
            case Item.Thought thought -> thought(thought);
            case Item.Call call -> call(call, path);
            case Item.Output output -> output(output, path);
        }
    }

    /** A message in the form that layouts take. */
    static Map<String, @Nullable Object> message(Item.Message item) {
        Map<String, @Nullable Object> message = new LinkedHashMap<>();
        message.put("role", item.role().equals("developer") ? "system" : item.role());
        message.put("content", item.content());
        message.putAll(item.more());
        return message;
    }

    private void words(Item.Message item) {
        AssistantTurn open = turn;
        if (open != null && !open.hasWords()) {
            open.begin(message(item));
        } else if (open != null
                && !owed.isEmpty()
                && open.endsInText()
                && item.content() instanceof String more) { // Behind the calls: a turn has one content.
            open.goOn(more, item.more());
        } else if (owed.isEmpty()) {
            begin().begin(message(item));
        } else {
            held.add(message(item));
        }
    }

    private void other(Map<String, @Nullable Object> message) {
        if (owed.isEmpty()) {
            endTurn();
            messages.add(message);
        } else {
            held.add(message);
        }
    }

    private void thought(Item.Thought thought) {
        if (thought.text().isEmpty()) {
            return;
        }
        AssistantTurn open = turn;
        boolean spoken = open != null && (open.hasWords() || open.hasCalls());
        (open == null || (spoken && owed.isEmpty()) ? begin() : open).think(thought.text());
    }

    private void call(Item.Call call, String path) {
        if (!call.whole()) {
            return;
        }
        if (checks && owed.containsKey(call.id())) {
            throw new InvalidJsonException(path + ".call_id", path + ".call_id is that of another call, too");
        }
        Map<String, @Nullable Object> function = new HashMap<>();
        function.put("name", call.name());
        function.put("arguments", call.arguments());
        Map<String, @Nullable Object> entry = new LinkedHashMap<>();
        entry.put("id", call.id());
        entry.put("type", "function");
        entry.put("function", function);
        (turn == null ? begin() : turn).call(entry);
        owe(call.id(), call.name());
    }

    private AssistantTurn begin() {
        endTurn();
        AssistantTurn begun = new AssistantTurn();
        messages.add(begun.message());
        turn = begun;
        return begun;
    }

    private void endTurn() {
        if (turn != null) {
            turn.seal();
            turn = null;
        }
    }

    private void output(Item.Output output, String path) {
        String id = output.callId();
        if (checks && owed.remove(id) == null) {
            throw new InvalidJsonException(
                    path + ".call_id",
                    answered.contains(id)
                            ? path + ".call_id names a call that has its output already"
                            : path + ".call_id names no call before it; send the function_call, too, or continue its"
                                    + " response by previous_response_id");
        }
        owed.remove(id);
        answered.add(id);
        endTurn();
        Map<String, @Nullable Object> message = new LinkedHashMap<>();
        message.put("role", "tool");
        message.put("tool_call_id", id);
        message.put("content", output.content());
        message.putAll(output.more());
        messages.add(message);
        if (owed.isEmpty()) {
            messages.addAll(held);
            held.clear();
        }
    }

    private void end() {
        if (checks && !owed.isEmpty()) {
            String id = owed.keySet().iterator().next();
            throw new InvalidJsonException(
                    "input",
                    "input has no function_call_output for the call '" + id + "'"
                            + (owed.size() == 1 ? "" : " and " + (owed.size() - 1) + " more")
                            + "; send what the tool said, whatever it was");
        }
        messages.addAll(held);
        endTurn();
    }
}
