package dev.tramontane.chat;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.CallStyle;
import dev.tramontane.answer.ThoughtStyle;
import dev.tramontane.chat.MistralTurn.Assistant;
import dev.tramontane.chat.MistralTurn.Call;
import dev.tramontane.chat.MistralTurn.Result;
import dev.tramontane.chat.MistralTurn.User;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Mistral's own chat layouts, as mistral-common (its instruct tokenizers) encodes them: control tokens by name, and
 * between them texts that are each encoded by themselves. No control string is ever part of a text. Immutable; any
 * thread.
 */
public final class MistralLayout implements ChatLayout {
    private final MistralVersion version;
    private final MistralSettings settings;
    private final boolean thinks;
    private final MistralRules rules;
    private final AnswerStyle form;

    private MistralLayout(MistralVersion version, MistralSettings settings, boolean marked) {
        this.version = version;
        this.settings = settings;
        thinks = version.hasThoughts() && marked;
        rules = new MistralRules(version, thinks);
        CallStyle calls = version.since(11) ? CallStyle.NAMED : version.since(2) ? CallStyle.ARRAY : null;
        form = new AnswerStyle(calls, version.since(11) && marked ? ThoughtStyle.MISTRAL : null);
    }

    /**
     * The layout of that version.
     *
     * @throws ChatLayoutException when its chats begin with settings
     */
    public static MistralLayout of(MistralVersion version) {
        if (version.hasSettings()) {
            throw new ChatLayoutException("Chats of Mistral's tokenizer version " + version.label()
                    + " begin with settings that tekken.json describes (\"model_settings_builder\"), and this model's"
                    + " files hold no such description. Use /v1/completions.");
        }
        return of(version, MistralSettings.NONE);
    }

    /** The layout of that version, for a model with these settings; versions before v15 have none. */
    public static MistralLayout of(MistralVersion version, MistralSettings settings) {
        return new MistralLayout(version, settings, true);
    }

    /** The same layout for a model whose vocabulary lacks {@link MistralVersion#thoughtTokens}: it has no thoughts. */
    public MistralLayout withoutThoughts() {
        return new MistralLayout(version, settings, false);
    }

    @Override
    public ChatPrompt render(Conversation conversation) {
        if (conversation.continueFinalMessage() && conversation.addGenerationPrompt()) {
            throw new ChatLayoutException(
                    "continue_final_message and add_generation_prompt exclude each other: set one of them to false.");
        }
        ReasoningPrompt.refuse(conversation);
        for (String name : conversation.variables().keySet()) {
            // An effort that is none of its settings has a refusal of its own; a schema is for those models that want
            // to see it.
            boolean known = name.equals(MistralSettings.EFFORT)
                    || (version.hasSettings() && name.equals(MistralSettings.SCHEMA));
            if (!known && !settings.names().contains(name)) {
                throw Effort.unread(name, "layout, " + version.layoutName(), settings.names());
            }
        }
        Object effort = conversation.variables().get(MistralSettings.EFFORT);
        if (effort != null && settings.efforts().isEmpty()) {
            Effort.refuse(effort, form);
        }
        List<MistralTurn> messages = MistralTurn.read(
                conversation.messages(), version.partJoint(), thinks, conversation.continueFinalMessage());
        rules.check(messages, conversation.addGenerationPrompt() || conversation.continueFinalMessage());
        rules.checkTools(conversation.tools());
        MistralDialogue dialogue = MistralDialogue.of(messages, version);
        rules.checkResults(dialogue);
        int toolsAt = version.since(13) ? dialogue.firstUser() : dialogue.lastUser();
        if (!conversation.tools().isEmpty() && toolsAt < 0) {
            throw new ChatLayoutException("tools stand before a message of the user's, and there is none.");
        }
        Map<String, @Nullable Object> said = version.hasSettings() ? settings.of(conversation.variables()) : Map.of();
        Writer writer = new Writer();
        writer.control(MistralToken.BOS);
        for (int i = 0; i < dialogue.turns().size(); i++) {
            switch (dialogue.turns().get(i)) {
                case MistralTurn.Instructions system -> {
                    writer.control(MistralToken.SYSTEM);
                    writer.content(system.content());
                    writer.control(MistralToken.SYSTEM_END);
                }
                case User user -> {
                    if (i == toolsAt && !conversation.tools().isEmpty()) {
                        writer.control(MistralToken.TOOLS);
                        writer.text(PythonJson.dumps(conversation.tools().stream()
                                .map(MistralLayout::shown)
                                .toList()));
                        writer.control(MistralToken.TOOLS_END);
                    }
                    if (i == toolsAt && !said.isEmpty()) {
                        writer.control(MistralToken.SETTINGS);
                        writer.text(PythonJson.dumps(said));
                        writer.control(MistralToken.SETTINGS_END);
                    }
                    user(user, dialogue, i, writer);
                }
                case Assistant assistant -> assistant(assistant, i < dialogue.lastUser(), writer);
                case Result result -> result(result, i < dialogue.lastUser(), writer);
            }
        }
        return new ChatPrompt(writer.pieces);
    }

    @Override
    public boolean showsSchema() {
        return version.hasSettings() && settings.showsSchema();
    }

    @Override
    public AnswerStyle form() {
        return form;
    }

    private void user(User user, MistralDialogue dialogue, int index, Writer writer) {
        int systemAt = version.since(2) ? dialogue.lastUser() : dialogue.firstUser();
        String text = index == systemAt && !dialogue.system().isEmpty()
                ? dialogue.system() + MistralTurn.JOINT + user.text()
                : user.text();
        if (version.since(2)) {
            writer.control(MistralToken.INST);
            writer.text(text);
            writer.control(MistralToken.INST_END);
        } else {
            // In v1 these are no tokens of their own, so there is nothing that a user could forge.
            writer.text(MistralToken.INST + " " + text + " " + MistralToken.INST_END);
        }
    }

    private void assistant(Assistant assistant, boolean past, Writer writer) {
        List<Call> calls = assistant.calls();
        if (calls.isEmpty() && !assistant.speaks()) {
            throw new ChatLayoutException("An assistant's message must have content or tool_calls.");
        }
        if (!calls.isEmpty() && !version.since(2)) {
            throw new ChatLayoutException(
                    "This model's chat layout, " + version.layoutName() + ", has no place for tool calls.");
        }
        if (!calls.isEmpty() && assistant.speaks() && !version.since(7)) {
            throw new ChatLayoutException("This model's chat layout, " + version.layoutName()
                    + ", has no place for content and tool calls in one turn of the assistant's.");
        }
        if (!calls.isEmpty() && past && !version.since(3)) {
            return; // v2 shows calls and results of the running exchange only.
        }
        if (assistant.content().thinks() || !version.since(2)) {
            writer.content(assistant.content());
        } else {
            writer.text(withoutEndingBlanks(assistant.content().words()));
        }
        if (version.since(11)) {
            calls.forEach(call -> call(call, writer));
        } else if (!calls.isEmpty()) {
            writer.control(MistralToken.CALLS);
            writer.text(PythonJson.dumps(calls.stream().map(this::shown).toList()));
        }
        if (!assistant.open()) {
            writer.control(MistralToken.EOS);
        }
    }

    private void call(Call call, Writer writer) {
        writer.control(MistralToken.CALLS);
        writer.text(call.name());
        if (!version.since(13)) {
            writer.control(MistralToken.CALL_ID);
            writer.text(call.id());
        }
        writer.control(MistralToken.ARGUMENTS);
        writer.text(PythonJson.dumps(call.arguments()));
    }

    /** Models have been shown these three fields of a function, in this order. */
    private static Map<String, @Nullable Object> shown(Map<String, @Nullable Object> tool) {
        Map<String, @Nullable Object> function = new LinkedHashMap<>();
        if (tool.get("function") instanceof Map<?, ?> given) {
            function.put("name", given.get("name"));
            function.put("description", given.get("description") instanceof String words ? words : "");
            function.put("parameters", given.get("parameters") instanceof Map<?, ?> schema ? schema : Map.of());
        }
        Map<String, @Nullable Object> shown = new LinkedHashMap<>();
        shown.put("type", "function");
        shown.put("function", function);
        return shown;
    }

    private Map<String, @Nullable Object> shown(Call call) {
        Map<String, @Nullable Object> shown = new LinkedHashMap<>();
        shown.put("name", call.name());
        shown.put("arguments", call.arguments());
        if (version.since(3)) {
            shown.put("id", call.id());
        }
        return shown;
    }

    private void result(Result result, boolean past, Writer writer) {
        if (!version.since(2)) {
            throw new ChatLayoutException(
                    "This model's chat layout, " + version.layoutName() + ", has no place for tools' messages.");
        }
        if (past && !version.since(3)) {
            return;
        }
        writer.control(MistralToken.RESULTS);
        if (version.since(7)) {
            if (!version.since(13)) {
                writer.text(result.callId());
                writer.control(MistralToken.RESULT_CONTENT);
            }
            writer.text(result.text());
        } else {
            Map<String, @Nullable Object> shown = new LinkedHashMap<>();
            if (version.since(3)) {
                shown.put("content", MistralTurn.value(result.text()));
                shown.put("call_id", result.callId());
                writer.text(PythonJson.dumps(shown));
            } else {
                shown.put("name", result.name());
                shown.put("content", MistralTurn.value(result.text()));
                writer.text(PythonJson.dumps(List.of(shown)));
            }
        }
        writer.control(MistralToken.RESULTS_END);
    }

    private static String withoutEndingBlanks(String text) {
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == ' ') {
            end--;
        }
        return text.substring(0, end);
    }

    /** Collects pieces; texts that are empty have no tokens. */
    private static final class Writer {
        final List<ChatPrompt.Piece> pieces = new ArrayList<>();

        void control(String token) {
            pieces.add(new ChatPrompt.Control(token));
        }

        void content(MistralContent content) {
            for (MistralContent.Chunk chunk : content.chunks()) {
                if (chunk instanceof MistralContent.Thought(String text, boolean closed)) {
                    control(MistralToken.THINK);
                    text(text);
                    if (closed) {
                        control(MistralToken.THINK_END);
                    }
                } else {
                    text(chunk.text());
                }
            }
        }

        void text(String text) {
            if (!text.isEmpty()) {
                pieces.add(new ChatPrompt.Whole(text));
            }
        }
    }
}
