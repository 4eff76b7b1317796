package dev.tramontane.chat;

import static dev.tramontane.chat.ProbeTalks.FILL;
import static dev.tramontane.chat.ProbeTalks.FIRST;
import static dev.tramontane.chat.ProbeTalks.KEY;
import static dev.tramontane.chat.ProbeTalks.NAME;
import static dev.tramontane.chat.ProbeTalks.SECOND;
import static dev.tramontane.chat.ProbeTalks.arguments;
import static dev.tramontane.chat.ProbeTalks.calling;
import static dev.tramontane.chat.ProbeTalks.message;
import static dev.tramontane.chat.ProbeTalks.part;

import dev.tramontane.answer.CallStyle;
import dev.tramontane.chat.TemplateTraits.Matter;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
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

    private final ProbeSight seen;
    private final ProbeTalks talks = new ProbeTalks();
    private final Set<Matter> dropped = EnumSet.noneOf(Matter.class);
    private final Map<String, ContentForm> forms = new HashMap<>();
    private CallForm calls = new CallForm("", false, true, true, false);
    private ThoughtForm thoughts = new ThoughtForm(false, false);
    private final Set<String> switches = new HashSet<>();
    private @Nullable CallStyle style;

    private TemplateProbes(Renderer renderer) {
        seen = new ProbeSight(renderer);
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
                probes.talks.standard(),
                Map.copyOf(probes.forms),
                probes.calls,
                probes.thoughts,
                Set.copyOf(probes.switches),
                Set.copyOf(probes.dropped),
                probes.style);
    }

    private void user() {
        boolean ran = false;
        for (List<Map<String, @Nullable Object>> before :
                List.of(List.<Map<String, @Nullable Object>>of(), List.of(message("system", FILL)))) {
            talks.openWith(before);
            ContentForm form = form("user");
            if (form.showsAny()) {
                talks.speakAs(form);
                return;
            }
            ran |= ran();
        }
        throw new ChatLayoutException(
                ran
                        ? "The chat template cannot be used: it shows a user's words neither as a text nor as parts."
                        : "The chat template cannot be used: it fails on a message of the user's. " + seen.failure());
    }

    /** Whether the form's probes ran at all, whatever they showed. */
    private boolean ran() {
        return !seen.failsOn(content("user", FIRST)) || !seen.failsOn(content("user", List.of(part(FIRST))));
    }

    private void role(String role, Matter matter) {
        ContentForm form = form(role);
        if (form.showsAny()) {
            forms.put(role, form);
        } else if (seen.drops(content(role, talks.standard().fit(FIRST)), FIRST)
                || seen.drops(content(role, FIRST), FIRST)) {
            dropped.add(matter);
        }
    }

    private ContentForm form(String role) {
        return new ContentForm(
                seen.shows(content(role, FIRST), FIRST),
                seen.shows(content(role, List.of(part(FIRST))), FIRST),
                seen.shows(content(role, List.of(part(FIRST), part(SECOND))), FIRST, SECOND));
    }

    private Conversation content(String role, @Nullable Object content) {
        return talks.content(role, content, calls.silence());
    }

    private void turns() {
        Conversation three =
                talks.talk(true, talks.user(FIRST), message("assistant", talks.fit(FILL)), talks.user(SECOND));
        if (seen.shows(three, SECOND) && seen.drops(three, FIRST)) {
            dropped.add(Matter.FIRST_USER);
        } else if (seen.drops(three, SECOND)) {
            dropped.add(Matter.LAST_USER);
        }
    }

    private void systems() {
        if (dropped.contains(Matter.SYSTEM)) {
            return;
        }
        Map<String, @Nullable Object> system =
                message("system", forms.getOrDefault("system", talks.standard()).fit(FIRST));
        Conversation two = talks.talk(true, message("system", talks.fit(FILL)), system, talks.user(FILL));
        if (seen.drops(two, FIRST)) {
            dropped.add(Matter.SECOND_SYSTEM);
        }
        Conversation late =
                talks.talk(true, talks.user(FILL), message("assistant", talks.fit(FILL)), system, talks.user(FILL));
        if (seen.drops(late, FIRST)) {
            dropped.add(Matter.LATE_SYSTEM);
        }
    }

    private void continuation() {
        ContentForm form = forms.getOrDefault("assistant", talks.standard());
        List<Map<String, @Nullable Object>> messages = talks.talk(
                        false, talks.user(FILL), message("assistant", form.fit(FIRST)))
                .messages();
        Continuation continuation = Continuation.of(messages);
        Conversation marked = new Conversation(continuation.messages(), List.of(), false, false, Map.of());
        if (seen.drops(marked, FIRST, Continuation.MARK.strip())) {
            dropped.add(Matter.CONTINUATION);
        }
    }

    private void tools() {
        Conversation offered = ProbeTalks.offering(talks.talk(true, talks.user(FILL)));
        if (seen.drops(offered, NAME) || seen.drops(offered, KEY)) {
            dropped.add(Matter.TOOLS);
        }
        style = style(seen.text(offered)); // Templates that show no calls may tell the model how to write them.
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
                boolean repr = !spelled && seen.text(called).contains("'" + KEY + "'") && shown(silence, true);
                if (seen.shows(called, NAME, FIRST) && !repr) {
                    calls = new CallForm(
                            silence,
                            spelled,
                            seen.shows(called(silence, List.of(FIRST)), FIRST),
                            seen.shows(called(silence, FIRST), FIRST),
                            false);
                    style = style(called);
                    besideWords();
                    return;
                }
            }
        }
        if (seen.drops(called("", arguments(FIRST)), FIRST)) {
            calls = new CallForm("", false, true, true, true);
        }
    }

    /** How calls are written, as this one is. */
    private @Nullable CallStyle style(Conversation called) {
        String text = seen.text(called);
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
        return seen.shows(called(silence, arguments), NAME, FIRST);
    }

    private void besideWords() {
        Object arguments = calls.spelled() ? PythonJson.dumps(arguments(FIRST)) : arguments(FIRST);
        Conversation both =
                called(forms.getOrDefault("assistant", talks.standard()).fit(SECOND), arguments);
        if (seen.drops(both, FIRST) || seen.drops(both, SECOND)) {
            dropped.add(Matter.CALLS_BESIDE_WORDS);
        }
    }

    /** A conversation with a call, and its result where the template takes tools' messages. */
    private Conversation called(@Nullable Object content, Object arguments) {
        Conversation answered = talks.talk(true, talks.user(FILL), calling(content, arguments), talks.result());
        return seen.failsOn(answered) ? talks.talk(false, talks.user(FILL), calling(content, arguments)) : answered;
    }

    private void thoughts() {
        List<Map<String, ?>> content = List.of(ThoughtPart.of(FIRST, true), part(SECOND));
        thoughts = new ThoughtForm(
                seen.shows(content("assistant", content), FIRST, SECOND),
                seen.shows(content("system", content), FIRST, SECOND));
    }

    /** Which variables about reasoning change what the template writes. */
    private void switches() {
        List<Conversation> plain = List.of(
                talks.talk(true, talks.user(FILL)),
                talks.talk(true, message("system", talks.fit(FILL)), talks.user(FILL)),
                talks.talk(true, talks.user(FILL), message("assistant", talks.fit(FILL)), talks.user(FILL)));
        Effort.SWITCHES.forEach(name -> switches(name, List.of(true, false), plain));
        switches(MistralSettings.EFFORT, MistralSettings.EFFORTS, plain);
    }

    private void switches(String name, List<?> values, List<Conversation> conversations) {
        for (Conversation conversation : conversations) {
            long different = values.stream()
                    .map(value -> seen.text(with(conversation, Map.of(name, value))))
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
}
