package dev.tramontane.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A turn of a conversation as Mistral's layouts see it. */
sealed interface MistralTurn {

    /** "user": who speaks. */
    String role();

    /** @param content what every answer is to heed */
    record Instructions(MistralContent content) implements MistralTurn {
        @Override
        public String role() {
            return "system";
        }
    }

    record User(String text) implements MistralTurn {
        @Override
        public String role() {
            return "user";
        }
    }

    /** @param open whether the turn is to be continued rather than ended */
    record Assistant(MistralContent content, List<Call> calls, boolean open) implements MistralTurn {
        /** Whether there is anything beside its calls. */
        boolean speaks() {
            return content.thinks()
                    || content.chunks().stream().anyMatch(chunk -> !chunk.text().isEmpty());
        }

        @Override
        public String role() {
            return "assistant";
        }
    }

    /**
     * What a tool answered.
     *
     * @param name the tool's, or null when the client did not say
     */
    record Result(String text, String callId, @Nullable String name) implements MistralTurn {
        @Override
        public String role() {
            return "tool";
        }
    }

    /** @param arguments a JSON value */
    record Call(String id, String name, @Nullable Object arguments) {}

    /** What joins the texts of neighbouring messages of one role, and before v15 of a message's parts. */
    String JOINT = "\n\n";

    /**
     * Reads a conversation's messages, each with its content as it was sent.
     *
     * @param joint what joins the texts of a message's parts
     * @param thinks whether the layout has a place for thoughts; else those beside a content are left out
     * @param continued whether the last is an assistant's to be continued
     * @throws ChatLayoutException when a message is of no kind that these layouts have
     */
    static List<MistralTurn> read(
            List<Map<String, @Nullable Object>> messages, String joint, boolean thinks, boolean continued) {
        List<MistralTurn> turns = new ArrayList<>(messages.size());
        for (int i = 0; i < messages.size(); i++) {
            boolean open = continued && i == messages.size() - 1;
            turns.add(read(messages.get(i), "messages[" + i + "]", joint, thinks, open));
        }
        return turns;
    }

    private static MistralTurn read(
            Map<String, @Nullable Object> message, String path, String joint, boolean thinks, boolean open) {
        String role = String.valueOf(message.get("role"));
        MistralContent content = MistralContent.read(message.get("content"), path + ".content");
        return switch (role) {
            case "system" -> new Instructions(MistralContent.joined(List.of(content), joint));
            case "user" -> new User(words(content, path, joint));
            case "assistant" -> {
                Object thought = Messages.reasoning(message);
                yield new Assistant(
                        thinks && thought instanceof String text ? content.after(text) : content,
                        calls(message.get("tool_calls"), path + ".tool_calls"),
                        open);
            }
            case "tool" ->
                new Result(
                        words(content, path, joint),
                        message.get("tool_call_id") instanceof String id ? id : "",
                        message.get("name") instanceof String name ? name : null);
            default ->
                throw new ChatLayoutException(
                        path + ".role must be system, user, assistant or tool for this model's chat layout.");
        };
    }

    private static String words(MistralContent content, String path, String joint) {
        if (content.thinks()) {
            throw new ChatLayoutException(
                    path + ".content",
                    path + ".content holds a thought, which only the" + " assistant and the system have.");
        }
        return MistralContent.joined(List.of(content), joint).words();
    }

    /** The texts of neighbouring messages that are not empty, as one. */
    static String joined(List<String> texts) {
        return String.join(JOINT, texts.stream().filter(text -> !text.isEmpty()).toList());
    }

    private static List<Call> calls(@Nullable Object given, String path) {
        if (given == null) {
            return List.of();
        }
        List<Call> calls = new ArrayList<>();
        for (Object each : given instanceof List<?> list ? list : List.of(given)) {
            if (!(each instanceof Map<?, ?> call
                    && call.get("function") instanceof Map<?, ?> function
                    && function.get("name") instanceof String name)) {
                throw new ChatLayoutException(path + " holds a call without a function and its name.");
            }
            calls.add(new Call(
                    call.get("id") instanceof String id ? id : "", name, arguments(function.get("arguments"))));
        }
        return calls;
    }

    private static @Nullable Object arguments(@Nullable Object given) {
        return given instanceof String text ? value(text) : given == null ? Map.of() : given;
    }

    /** What a model is shown of JSON in a text: the value; an empty object where nothing was said. */
    static @Nullable Object value(String text) {
        return text.isEmpty() ? Map.of() : PythonJsonReader.loads(text);
    }
}
