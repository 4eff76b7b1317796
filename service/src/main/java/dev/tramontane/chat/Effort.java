package dev.tramontane.chat;

import dev.tramontane.answer.AnswerStyle;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a conversation asks of a model's reasoning, and how that reaches a template: an effort by its name, and switches that are
 * on but for the effort {@link #NONE}.
 */
public final class Effort {
    /** No thoughts at all. */
    public static final String NONE = "none";

    /** That it thinks, however much: the high effort of models that can be told one, and nothing to those that think anyway. */
    public static final String ANY = "any";

    /** What {@link #ANY} is where an effort can be told. */
    static final String MUCH = "high";

    /** Variables of templates that switch thoughts on and off. */
    public static final Set<String> SWITCHES = Set.of("enable_thinking", "thinking");

    private Effort() {}

    /**
     * The variables that a template is given.
     *
     * @param read those of {@link MistralSettings#EFFORT} and {@link #SWITCHES} that change what it writes
     * @throws ChatLayoutException when one is asked for that it does not read
     */
    static Map<String, @Nullable Object> variables(
            Map<String, @Nullable Object> asked, Set<String> read, AnswerStyle form) {
        for (String name : asked.keySet()) {
            if (SWITCHES.contains(name) && !read.contains(name)) {
                throw unread(name, "template", read);
            }
        }
        Object effort = asked.get(MistralSettings.EFFORT);
        if (effort == null) {
            return asked;
        }
        Map<String, @Nullable Object> variables = new LinkedHashMap<>(asked);
        if (read.isEmpty()) {
            refuse(effort, form);
            variables.remove(MistralSettings.EFFORT);
        } else if (effort.equals(ANY)) {
            variables.put(MistralSettings.EFFORT, MUCH);
        }
        for (String name : SWITCHES) {
            if (!read.contains(name)) {
                continue;
            }
            Object said = variables.putIfAbsent(name, !effort.equals(NONE));
            if (said != null && !said.equals(!effort.equals(NONE))) {
                throw new ChatLayoutException(
                        MistralSettings.EFFORT,
                        MistralSettings.EFFORT + " and chat_template_kwargs." + name
                                + " contradict each other; send one of them.");
            }
        }
        return variables;
    }

    /**
     * Of a model that can't be told how much to think.
     *
     * @throws ChatLayoutException unless it is asked not to and never does, or to and always does
     */
    static void refuse(Object effort, AnswerStyle form) {
        boolean asIs = form.thoughts() == null ? effort.equals(NONE) : effort.equals(ANY);
        if (!asIs) {
            throw new ChatLayoutException(
                    MistralSettings.EFFORT, MistralSettings.EFFORT + " is no setting of this model; leave it out.");
        }
    }

    /**
     * A variable of a conversation that changes nothing.
     *
     * @param layout what would have to read it: "template", or a layout's name
     * @param read what it does read
     */
    static ChatLayoutException unread(String name, String layout, Set<String> read) {
        String path = "chat_template_kwargs." + name;
        return new ChatLayoutException(path, path + " is no variable of this model's chat " + layout + instead(read));
    }

    private static String instead(Set<String> read) {
        List<String> others = new ArrayList<>(read);
        others.sort(null);
        return others.isEmpty() ? "; leave it out." : "; it reads " + String.join(" and ", others) + ".";
    }
}
