package dev.tramontane.chat;

import dev.tramontane.chat.MistralTurn.Assistant;
import dev.tramontane.chat.MistralTurn.Call;
import dev.tramontane.chat.MistralTurn.Result;
import dev.tramontane.chat.MistralTurn.User;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a conversation must be for a version's layout to mean what the model was trained on. Source: mistral-common's
 * validators in serving mode. Immutable.
 */
final class MistralRules {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
    private static final Pattern CALL_ID = Pattern.compile("[a-zA-Z0-9]{9}");
    private static final int QUOTED = 40;

    /** Fields of a request. */
    static final String TOOLS = "tools";

    private static final String MESSAGES = "messages";

    private final MistralVersion version;
    private final boolean thinks;

    /** @param thinks whether the model's vocabulary has the marks of thoughts, where the version lays them out */
    MistralRules(MistralVersion version, boolean thinks) {
        this.version = version;
        this.thinks = thinks;
    }

    /**
     * Checks the turns as they were sent, before neighbours are joined.
     *
     * @param answered whether an answer is to follow; else the conversation may end anywhere
     * @throws ChatLayoutException naming the message at fault
     */
    void check(List<MistralTurn> turns, boolean answered) {
        if (turns.isEmpty()) {
            throw new ChatLayoutException("A conversation must have at least one message.");
        }
        MistralTurn last = turns.getLast();
        if (turns.size() == 1 && (last instanceof Assistant || last instanceof Result)) {
            throw new ChatLayoutException(
                    "A conversation must start with a message of the user or the system, not of " + whose(last) + ".");
        }
        if (answered && last instanceof Assistant assistant && !assistant.open()) {
            throw new ChatLayoutException("The last message must be the user's or a tool's for an answer to follow;"
                    + " set continue_final_message to continue the assistant's.");
        }
        checkOrder(turns);
        if (version.since(11)) {
            checkResultsById(turns, answered);
        } else {
            checkResultsByNumber(turns, answered);
        }
        for (int i = 0; i < turns.size(); i++) {
            checkTurn(turns.get(i), "messages[" + i + "]");
        }
    }

    /** Checks the tools' names and schemas. */
    void checkTools(List<Map<String, @Nullable Object>> tools) {
        if (!tools.isEmpty() && !version.since(2)) {
            throw new ChatLayoutException(
                    TOOLS, "This model's chat layout, " + version.layoutName() + ", has no place for tools.");
        }
        for (int i = 0; i < tools.size(); i++) {
            String path = "tools[" + i + "].function";
            if (!(tools.get(i).get("function") instanceof Map<?, ?> function)) {
                throw new ChatLayoutException(TOOLS, path + " is missing.");
            }
            checkName(TOOLS, String.valueOf(function.get("name")), path + ".name");
            Object parameters = function.get("parameters");
            ToolSchema.check(parameters == null ? Map.of() : parameters, path + ".parameters");
        }
    }

    /** Checks what only shows once neighbours are joined. */
    void checkResults(MistralDialogue dialogue) {
        if (version.since(3)) {
            return;
        }
        for (int i = dialogue.lastUser() + 1; i < dialogue.turns().size(); i++) {
            if (i > 0
                    && dialogue.turns().get(i) instanceof Result
                    && dialogue.turns().get(i - 1) instanceof Result) {
                throw new ChatLayoutException("This model's chat layout, " + version.layoutName()
                        + ", has place for one tool's result per turn of the assistant's.");
            }
        }
    }

    private static void checkOrder(List<MistralTurn> turns) {
        for (int i = 1; i < turns.size(); i++) {
            MistralTurn before = turns.get(i - 1);
            MistralTurn now = turns.get(i);
            boolean fits = switch (now.role()) {
                case "system" -> before instanceof MistralTurn.Instructions || before instanceof User;
                case "tool" -> before instanceof Assistant || before instanceof Result;
                case "user", "assistant" -> true;
                default -> throw new IllegalStateException("no turn has the role " + now.role());
            };
            if (!fits) {
                throw new ChatLayoutException("messages[" + i + "]: a message of " + whose(now)
                        + " cannot follow one of " + whose(before) + ".");
            }
        }
    }

    /** The first message neither asks for results nor gives any. */
    private static void checkResultsByNumber(List<MistralTurn> turns, boolean answered) {
        int missing = 0;
        for (int i = 1; i < turns.size(); i++) {
            if (turns.get(i) instanceof Result) {
                missing--;
            } else if (turns.get(i) instanceof Assistant assistant) {
                checkMissing(missing, "before messages[" + i + "]");
                missing = assistant.calls().size();
            }
        }
        if (answered || missing < 0) {
            checkMissing(missing, "at the end of the conversation");
        }
    }

    private static void checkMissing(int missing, String where) {
        if (missing != 0) {
            throw new ChatLayoutException("Every tool call needs one tool message, and the other way round: "
                    + Math.abs(missing) + (missing > 0 ? " missing " : " too many ") + where + ".");
        }
    }

    private static void checkResultsById(List<MistralTurn> turns, boolean answered) {
        Set<String> asked = new HashSet<>();
        Set<String> given = new HashSet<>();
        for (int i = 1; i < turns.size(); i++) {
            if (turns.get(i) instanceof Result result) {
                String path = "messages[" + i + "].tool_call_id " + quoted(result.callId());
                if (!asked.contains(result.callId())) {
                    throw new ChatLayoutException(path + " is not the id of a tool call that waits for its result.");
                }
                if (!given.add(result.callId())) {
                    throw new ChatLayoutException(path + " has a result already.");
                }
            } else if (turns.get(i) instanceof Assistant assistant) {
                checkMissing(asked.size() - given.size(), "before messages[" + i + "]");
                asked.clear();
                given.clear();
                for (Call call : assistant.calls()) {
                    if (!asked.add(call.id())) {
                        throw new ChatLayoutException(
                                "messages[" + i + "] holds two tool calls with the id " + quoted(call.id()) + ".");
                    }
                }
            }
        }
        if (answered) {
            checkMissing(asked.size() - given.size(), "at the end of the conversation");
        }
    }

    private void checkTurn(MistralTurn turn, String path) {
        switch (turn) {
            case Assistant assistant -> {
                checkThoughts(assistant.content(), thinks, path, "");
                boolean speaks = assistant.speaks();
                boolean calls = !assistant.calls().isEmpty();
                if (speaks == calls && !version.since(7)) {
                    throw new ChatLayoutException(
                            path + ": an assistant's message must have either content or tool_calls, not both.");
                }
                for (int i = 0; i < assistant.calls().size(); i++) {
                    String at = path + ".tool_calls[" + i + "]";
                    checkId(assistant.calls().get(i).id(), at + ".id");
                    checkName(MESSAGES, assistant.calls().get(i).name(), at + ".function.name");
                }
            }
            case Result result -> {
                if (result.name() != null) {
                    checkName(MESSAGES, result.name(), path + ".name");
                }
                checkId(result.callId(), path + ".tool_call_id");
            }
            case MistralTurn.Instructions system ->
                checkThoughts(system.content(), thinks && !version.since(15), path, " in system messages");
            case User _ -> {}
        }
    }

    private void checkThoughts(MistralContent content, boolean shown, String path, String where) {
        if (content.thinks() && !shown) {
            throw new ChatLayoutException(
                    path + ".content",
                    path + ".content: this model's chat layout, " + version.layoutName() + ", has no place for thoughts"
                            + where + "; leave the thinking parts out.");
        }
    }

    private void checkId(String id, String path) {
        if (version.since(13)) {
            if (id.isEmpty() || id.equals("null")) {
                throw new ChatLayoutException(path + " must be an id, got " + quoted(id) + ".");
            }
        } else if (version.since(3) && !CALL_ID.matcher(id).matches()) {
            throw new ChatLayoutException(
                    path + " must be 9 letters or digits (a-z, A-Z, 0-9) for this model, got " + quoted(id) + ".");
        }
    }

    private static void checkName(String field, String name, String path) {
        if (!NAME.matcher(name).matches()) {
            throw new ChatLayoutException(
                    field, path + " must be 1 to 64 letters, digits, _ or -, got " + quoted(name) + ".");
        }
    }

    private static String whose(MistralTurn turn) {
        return turn instanceof Result ? "a tool" : "the " + turn.role();
    }

    private static String quoted(String text) {
        return text.length() <= QUOTED
                ? "\"" + text + "\""
                : "\"" + text.substring(0, text.offsetByCodePoints(0, text.codePointCount(0, QUOTED))) + "…\"";
    }
}
