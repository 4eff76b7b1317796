package dev.tramontane.chat;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The settings by which a model of Mistral's version 15 answers, and which chats show it before its first user: as its
 * tokenizer's file describes them (mistral-common, {@code ModelSettingsBuilder}). Asked for by variables of a
 * conversation.
 *
 * @param efforts of reasoning that can be asked for; empty where the model has no such setting
 * @param usual effort where none is asked for; one of {@code efforts}, or "" where there are none
 * @param showsSchema whether the model is shown the schema that its answer has to follow
 */
public record MistralSettings(List<String> efforts, String usual, boolean showsSchema) {
    /** The variable for one of {@link #efforts}. */
    public static final String EFFORT = "reasoning_effort";

    /** The variable for a JSON schema, a map. */
    public static final String SCHEMA = "json_schema";

    /** Efforts of reasoning that Mistral's models are trained on. */
    public static final List<String> EFFORTS = List.of("none", "minimal", "low", "medium", "high", "xhigh", "max");

    /** Of a model that has none. */
    public static final MistralSettings NONE = new MistralSettings(List.of(), "", false);

    public MistralSettings {
        efforts = List.copyOf(efforts);
        if (efforts.isEmpty() ? !usual.isEmpty() : !efforts.contains(usual)) {
            throw new IllegalArgumentException("the usual effort must be one of the efforts");
        }
    }

    /** The variables of a conversation that these settings follow. */
    Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        if (showsSchema) {
            names.add(SCHEMA);
        }
        if (!efforts.isEmpty()) {
            names.add(EFFORT);
        }
        return names;
    }

    /**
     * The settings of one conversation whose effort, where there are none to choose, has been refused; in the order in which a model is shown them; empty for none.
     *
     * @throws ChatLayoutException when an effort is asked for that the model does not have
     */
    Map<String, @Nullable Object> of(Map<String, @Nullable Object> variables) {
        Map<String, @Nullable Object> settings = new LinkedHashMap<>();
        Object schema = variables.get(SCHEMA);
        if (schema != null && !(schema instanceof Map<?, ?>)) {
            String path = "chat_template_kwargs." + SCHEMA;
            throw new ChatLayoutException(path, path + " must be a JSON schema that is an object.");
        }
        if (showsSchema && schema != null) {
            settings.put(SCHEMA, schema);
        }
        Object asked = variables.get(EFFORT);
        Object effort = Effort.ANY.equals(asked) ? Effort.MUCH : asked;
        if (effort != null && !efforts.isEmpty() && !efforts.contains(effort)) {
            throw new ChatLayoutException(
                    EFFORT, EFFORT + " must be one of " + String.join(", ", efforts) + " for this model.");
        }
        if (!efforts.isEmpty()) {
            settings.put(EFFORT, effort == null ? usual : effort);
        }
        return settings;
    }
}
