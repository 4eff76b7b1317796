package dev.tramontane.chat;

import dev.tramontane.answer.CallStyle;
import dev.tramontane.chat.TemplateTraits.Matter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what a template shows by running it on small conversations whose words are looked for in the text. What a
 * template refuses by itself is not counted as left out: it will say so to whoever asks. While a model is loaded; one
 * thread.
 */
final class TemplateProbes {

    /** Renders a conversation as the template stands, and throws {@link ChatLayoutException} where it fails. */
    interface Renderer {
        String render(Conversation conversation);
    }

    /** What came of a probe. */
    private enum Sight {
        SHOWN,
        DROPPED,
        FAILED
    }

    private static final String FILL = "Fine";
    private static final String FIRST = "Qalabone1";
    private static final String SECOND = "Qalabtwo2";
    private static final String NAME = "qalabname3";
    private static final String KEY = "qalabkey4";

    /** In a part beside its text: who prints it has printed the part, not the text. */
    private static final String LEAK = "Qalableak5";

    private static final String CALL_ID = "qalabid06"; // Nine characters: some templates want as many.

    private final Renderer renderer;
    private final Set<Matter> dropped = EnumSet.noneOf(Matter.class);
    private final Map<String, ContentForm> forms = new HashMap<>();
    private List<Map<String, @Nullable Object>> opening = List.of();
    private ContentForm standard = new ContentForm(true, false, false);
    private CallForm calls = new CallForm("", false, true, true, false);
    private ThoughtForm thoughts = new ThoughtForm(false, false);
    private final Set<String> switches = new HashSet<>();
    private @Nullable CallStyle style;
    private String failure = "";

    private TemplateProbes(Renderer renderer) {
        this.renderer = renderer;
    }

    /**
     * Probes a template.
     *
     * @throws ChatLayoutException when it does not show what a user says, or fails on it
     */
    static TemplateTraits traits(Renderer renderer) {
        TemplateProbes probes = new TemplateProbes(renderer);
        probes.user();
        probes.turns();
        probes.role("system", Matter.SYSTEM);
        probes.role("assistant", Matter.ASSISTANT);
        probes.systems();
        probes.continuation();
        probes.tools();
        probes.calls();
        probes.role("tool", Matter.RESULTS);
        probes.thoughts();
        probes.switches();
        return new TemplateTraits(
                probes.standard,
                Map.copyOf(probes.forms),
                probes.calls,
                probes.thoughts,
                Set.copyOf(probes.switches),
                Set.copyOf(probes.dropped),
                probes.style);
    }

    private void user() {
        boolean ran = false;
        for (List<Map<String, @Nullable Object>> before : List.of(opening, List.of(message("system", FILL)))) {
            opening = before;
            ContentForm form = form("user");
            if (form.showsAny()) {
                standard = form;
                return;
            }
            ran |= ran();
        }
        throw new ChatLayoutException(
                ran
                        ? "The chat template cannot be used: it shows a user's words neither as a text nor as parts."
                        : "The chat template cannot be used: it fails on a message of the user's. " + failure);
    }

    /** Whether the form's probes ran at all, whatever they showed. */
    private boolean ran() {
        return sight(content("user", FIRST), FIRST) != Sight.FAILED
                || sight(content("user", List.of(part(FIRST))), FIRST) != Sight.FAILED;
    }

    private void role(String role, Matter matter) {
        ContentForm form = form(role);
        if (form.showsAny()) {
            forms.put(role, form);
        } else if (sight(content(role, standard.fit(FIRST)), FIRST) == Sight.DROPPED
                || sight(content(role, FIRST), FIRST) == Sight.DROPPED) {
            dropped.add(matter);
        }
    }

    private ContentForm form(String role) {
        return new ContentForm(
                sight(content(role, FIRST), FIRST) == Sight.SHOWN,
                sight(content(role, List.of(part(FIRST))), FIRST) == Sight.SHOWN,
                sight(content(role, List.of(part(FIRST), part(SECOND))), FIRST, SECOND) == Sight.SHOWN);
    }

    /** A conversation in which that role's message has that content. */
    private Conversation content(String role, @Nullable Object content) {
        Map<String, @Nullable Object> probed = message(role, content);
        return switch (role) {
            case "system" -> talk(true, probed, user(FILL));
            case "assistant" -> talk(true, user(FILL), probed, user(FILL));
            case "tool" -> {
                probed.put("tool_call_id", CALL_ID);
                probed.put("name", NAME);
                yield talk(true, user(FILL), calling(calls.silence(), arguments(FILL)), probed);
            }
            default -> talk(true, probed);
        };
    }

    private void turns() {
        Conversation three = talk(true, user(FIRST), message("assistant", fit(FILL)), user(SECOND));
        if (sight(three, SECOND) == Sight.SHOWN && sight(three, FIRST) == Sight.DROPPED) {
            dropped.add(Matter.FIRST_USER);
        } else if (sight(three, SECOND) == Sight.DROPPED) {
            dropped.add(Matter.LAST_USER);
        }
    }

    private void systems() {
        if (dropped.contains(Matter.SYSTEM)) {
            return;
        }
        Map<String, @Nullable Object> system =
                message("system", forms.getOrDefault("system", standard).fit(FIRST));
        Conversation two = talk(true, message("system", fit(FILL)), system, user(FILL));
        if (sight(two, FIRST) == Sight.DROPPED) {
            dropped.add(Matter.SECOND_SYSTEM);
        }
        Conversation late = talk(true, user(FILL), message("assistant", fit(FILL)), system, user(FILL));
        if (sight(late, FIRST) == Sight.DROPPED) {
            dropped.add(Matter.LATE_SYSTEM);
        }
    }

    private void continuation() {
        ContentForm form = forms.getOrDefault("assistant", standard);
        List<Map<String, @Nullable Object>> messages =
                talk(false, user(FILL), message("assistant", form.fit(FIRST))).messages();
        Continuation continuation = Continuation.of(messages);
        Conversation marked = new Conversation(continuation.messages(), List.of(), false, false, Map.of());
        if (sight(marked, FIRST, Continuation.MARK.strip()) == Sight.DROPPED) {
            dropped.add(Matter.CONTINUATION);
        }
    }

    private void tools() {
        Map<String, @Nullable Object> tool = tool();
        Conversation asked = talk(true, user(FILL));
        Conversation offered = new Conversation(asked.messages(), List.of(tool), true, false, Map.of());
        if (sight(offered, NAME) == Sight.DROPPED || sight(offered, KEY) == Sight.DROPPED) {
            dropped.add(Matter.TOOLS);
        }
        style = style(text(offered)); // Templates that show no calls may tell the model how to write them.
    }

    /** How a text that a template wrote writes calls. */
    private static @Nullable CallStyle style(String text) {
        int mistral = text.lastIndexOf(CallStyle.NAMED.open());
        if (mistral >= 0) {
            String call =
                    text.substring(mistral + CallStyle.NAMED.open().length()).stripLeading();
            return call.startsWith("[") || call.startsWith("{") ? CallStyle.ARRAY : CallStyle.NAMED;
        }
        if (text.contains(CallStyle.OBJECT.open())) {
            return text.contains("<function=") ? CallStyle.TAGGED : CallStyle.OBJECT;
        }
        return null;
    }

    private void calls() {
        for (String silence : Arrays.asList("", null)) {
            for (boolean spelled : List.of(false, true)) {
                Object arguments = spelled ? PythonJson.dumps(arguments(FIRST)) : arguments(FIRST);
                Conversation called = called(silence, arguments);
                // Who prints an object as Python does is meant to be given JSON.
                boolean repr = !spelled && text(called).contains("'" + KEY + "'") && shown(silence, true);
                if (sight(called, NAME, FIRST) == Sight.SHOWN && !repr) {
                    calls = new CallForm(
                            silence,
                            spelled,
                            sight(called(silence, List.of(FIRST)), FIRST) == Sight.SHOWN,
                            sight(called(silence, FIRST), FIRST) == Sight.SHOWN,
                            false);
                    style = style(called);
                    besideWords();
                    return;
                }
            }
        }
        if (sight(called("", arguments(FIRST)), FIRST) == Sight.DROPPED) {
            calls = new CallForm("", false, true, true, true);
        }
    }

    /** How calls are written, as this one is. */
    private @Nullable CallStyle style(Conversation called) {
        String text = text(called);
        CallStyle marked = style(text);
        if (marked != null) {
            return marked;
        }
        int at = text.indexOf("\"" + NAME + "\"");
        int to = text.indexOf(KEY, Math.max(at, 0));
        String between = at < 0 || to < 0 ? "" : text.substring(at, to);
        return between.contains("\"parameters\"") || between.contains("\"arguments\"") ? CallStyle.BARE : style;
    }

    private boolean shown(@Nullable String silence, boolean spelled) {
        Object arguments = spelled ? PythonJson.dumps(arguments(FIRST)) : arguments(FIRST);
        return sight(called(silence, arguments), NAME, FIRST) == Sight.SHOWN;
    }

    private void besideWords() {
        Object arguments = calls.spelled() ? PythonJson.dumps(arguments(FIRST)) : arguments(FIRST);
        Conversation both = called(forms.getOrDefault("assistant", standard).fit(SECOND), arguments);
        if (sight(both, FIRST) == Sight.DROPPED || sight(both, SECOND) == Sight.DROPPED) {
            dropped.add(Matter.CALLS_BESIDE_WORDS);
        }
    }

    /** A conversation with a call, and its result where the template takes tools' messages. */
    private Conversation called(@Nullable Object content, Object arguments) {
        Map<String, @Nullable Object> result = message("tool", fit(FILL));
        result.put("tool_call_id", CALL_ID);
        result.put("name", NAME);
        Conversation answered = talk(true, user(FILL), calling(content, arguments), result);
        return sight(answered) == Sight.FAILED ? talk(false, user(FILL), calling(content, arguments)) : answered;
    }

    private void thoughts() {
        List<Map<String, ?>> content = List.of(ThoughtPart.of(FIRST, true), part(SECOND));
        thoughts = new ThoughtForm(
                sight(content("assistant", content), FIRST, SECOND) == Sight.SHOWN,
                sight(content("system", content), FIRST, SECOND) == Sight.SHOWN);
    }

    /** Which variables about reasoning change what the template writes. */
    private void switches() {
        List<Conversation> plain = List.of(
                talk(true, user(FILL)),
                talk(true, message("system", fit(FILL)), user(FILL)),
                talk(true, user(FILL), message("assistant", fit(FILL)), user(FILL)));
        Effort.SWITCHES.forEach(name -> switches(name, List.of(true, false), plain));
        switches(MistralSettings.EFFORT, MistralSettings.EFFORTS, plain);
    }

    private void switches(String name, List<?> values, List<Conversation> conversations) {
        for (Conversation conversation : conversations) {
            long different = values.stream()
                    .map(value -> text(with(conversation, Map.of(name, value))))
                    .distinct()
                    .count();
            if (different > 1) {
                switches.add(name);
                return;
            }
        }
    }

    private static Conversation with(Conversation conversation, Map<String, @Nullable Object> variables) {
        return new Conversation(conversation.messages(), List.of(), true, false, variables);
    }

    // ---- what conversations are made of

    private Conversation talk(boolean generate, Map<?, ?>... turns) {
        List<Map<String, @Nullable Object>> messages = new ArrayList<>();
        if (!"system".equals(turns[0].get("role"))) {
            messages.addAll(opening);
        }
        for (Map<?, ?> turn : turns) {
            Map<String, @Nullable Object> message = new LinkedHashMap<>();
            turn.forEach((name, value) -> message.put(String.valueOf(name), value));
            messages.add(message);
        }
        return new Conversation(messages, List.of(), generate, false, Map.of());
    }

    private Map<String, @Nullable Object> user(String words) {
        return message("user", fit(words));
    }

    private @Nullable Object fit(String words) {
        return standard.fit(words);
    }

    private static Map<String, @Nullable Object> message(String role, @Nullable Object content) {
        Map<String, @Nullable Object> message = new LinkedHashMap<>();
        message.put("role", role);
        message.put("content", content);
        return message;
    }

    private static Map<String, Object> part(String words) {
        Map<String, Object> part = new LinkedHashMap<>();
        part.put("type", "text");
        part.put("text", words);
        part.put("mark", LEAK);
        return part;
    }

    private static Map<String, @Nullable Object> calling(@Nullable Object content, Object arguments) {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", NAME);
        function.put("arguments", arguments);
        Map<String, Object> call = new LinkedHashMap<>();
        call.put("id", CALL_ID);
        call.put("type", "function");
        call.put("function", function);
        Map<String, @Nullable Object> message = message("assistant", content);
        message.put("tool_calls", List.of(call));
        return message;
    }

    private static Map<String, Object> arguments(String words) {
        return Map.of(KEY, words);
    }

    private static Map<String, @Nullable Object> tool() {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", NAME);
        function.put("description", FILL);
        function.put(
                "parameters",
                Map.of("type", "object", "properties", Map.of(KEY, Map.of("type", "string", "description", FILL))));
        Map<String, @Nullable Object> tool = new LinkedHashMap<>();
        tool.put("type", "function");
        tool.put("function", function);
        return tool;
    }

    // ---- what is seen

    /** Whether the text holds these words in this order, whatever their case. */
    private Sight sight(Conversation conversation, String... words) {
        String text;
        try {
            text = renderer.render(conversation).toLowerCase(Locale.ROOT);
        } catch (ChatLayoutException failed) {
            failure = String.valueOf(failed.getMessage());
            return Sight.FAILED;
        }
        int at = 0;
        for (String word : words) {
            at = text.indexOf(word.toLowerCase(Locale.ROOT), at);
            if (at < 0) {
                return Sight.DROPPED;
            }
        }
        return text.contains(LEAK.toLowerCase(Locale.ROOT)) ? Sight.DROPPED : Sight.SHOWN;
    }

    /** The text, or nothing where there is none. */
    private String text(Conversation conversation) {
        try {
            return renderer.render(conversation);
        } catch (ChatLayoutException failed) {
            return "";
        }
    }
}
