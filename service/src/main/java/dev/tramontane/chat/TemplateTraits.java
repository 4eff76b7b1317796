package dev.tramontane.chat;

import dev.tramontane.answer.CallStyle;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a template shows of a conversation, as {@link TemplateProbes} found, and what follows: the forms that messages
 * are given to it in, and what is refused because the template would leave it out without a word. Immutable.
 *
 * @param standard the form of content where a role has none of its own
 * @param forms forms of content by role
 * @param calls the form of tool calls
 * @param thoughts the form of thoughts
 * @param switches which variables about reasoning change what the template writes: {@link Effort}
 * @param dropped what the template leaves out
 * @param style how calls are written where it shows them, or null where that is no known way
 */
record TemplateTraits(
        ContentForm standard,
        Map<String, ContentForm> forms,
        CallForm calls,
        ThoughtForm thoughts,
        Set<String> switches,
        Set<TemplateTraits.Matter> dropped,
        @Nullable CallStyle style) {

    /** What a template may leave out. */
    enum Matter {
        SYSTEM("system messages"),
        SECOND_SYSTEM("a second system message"),
        LATE_SYSTEM("system messages after the first turn"),
        FIRST_USER("any but the last of the user's messages"),
        LAST_USER("any but the first of the user's messages"),
        ASSISTANT("the assistant's messages"),
        CONTINUATION("the end of a message that is to be continued"),
        TOOLS("tools"),
        CALLS_BESIDE_WORDS("tool calls, or the words beside them, in a turn that has both"),
        RESULTS("tools' messages");

        private final String words;

        Matter(String words) {
            this.words = words;
        }
    }

    /** "tools, tool calls", or nothing. */
    String leftOut() {
        return dropped.stream().sorted().map(matter -> matter.words).collect(Collectors.joining(", "));
    }

    /** @throws ChatLayoutException naming what the template would leave out of this conversation */
    void check(Conversation conversation) {
        if (!conversation.tools().isEmpty()) {
            refuse(Matter.TOOLS, "tools", "tools; leave them out, or set tool_choice to \"none\"");
        }
        List<Map<String, @Nullable Object>> messages = conversation.messages();
        int users = 0;
        for (int i = 0; i < messages.size(); i++) {
            Map<String, @Nullable Object> message = messages.get(i);
            String path = "messages[" + i + "]";
            boolean speaks = speaks(message.get("content"));
            boolean hasCalls = message.get("tool_calls") instanceof List<?> list && !list.isEmpty();
            switch (String.valueOf(message.get("role"))) {
                case "system" -> {
                    if (speaks) {
                        boolean second =
                                i > 0 && "system".equals(messages.get(i - 1).get("role"));
                        refuse(Matter.SYSTEM, path, "system messages");
                        if (i > 0) {
                            refuse(
                                    second ? Matter.SECOND_SYSTEM : Matter.LATE_SYSTEM,
                                    path,
                                    "a system message at this place; put all of it into the first message");
                        }
                    }
                }
                case "user" -> users += speaks ? 1 : 0;
                case "assistant" -> {
                    boolean written = hasCalls && calls.inContent();
                    if (speaks || written) {
                        refuse(Matter.ASSISTANT, path, "the assistant's messages");
                    }
                    if (hasCalls && speaks) {
                        refuse(Matter.CALLS_BESIDE_WORDS, path + ".tool_calls", "tool calls beside content");
                    }
                }
                case "tool" -> refuse(Matter.RESULTS, path, "tools' messages");
                default -> {} // What the template makes of it.
            }
        }
        if (users > 1) {
            refuse(Matter.FIRST_USER, "messages", "any but the last of the user's messages");
            refuse(Matter.LAST_USER, "messages", "any but the first of the user's messages");
        }
        if (conversation.continueFinalMessage()) {
            refuse(Matter.CONTINUATION, "continue_final_message", "the end of the last message, to continue it");
        }
    }

    private void refuse(Matter matter, String field, String what) {
        if (dropped.contains(matter)) {
            throw new ChatLayoutException(field, field + ": this model's chat template does not show " + what + ".");
        }
    }

    private static boolean speaks(@Nullable Object content) {
        return content instanceof String text ? !text.isBlank() : content instanceof List<?> parts && !parts.isEmpty();
    }

    /**
     * The messages in forms that the template shows.
     *
     * @param plain whether arguments of tool calls that are no object become one
     */
    List<Map<String, @Nullable Object>> fit(List<Map<String, @Nullable Object>> messages, boolean plain) {
        List<Map<String, @Nullable Object>> fitted = new ArrayList<>(messages.size());
        for (int i = 0; i < messages.size(); i++) {
            Map<String, @Nullable Object> message = thoughts.fit(messages.get(i), "messages[" + i + "]");
            Map<String, @Nullable Object> copy = new LinkedHashMap<>(message);
            Object content = message.get("content");
            String role = String.valueOf(message.get("role"));
            if (!(message.get("tool_calls") instanceof List<?> list && !list.isEmpty())) {
                copy.put("content", content == null ? "" : form(role).fit(content));
            } else if (calls.inContent()) {
                copy.put("content", form(role).fit(CallForm.written(content, list)));
                copy.remove("tool_calls");
            } else {
                copy.put("tool_calls", calls.fit(list, plain));
                copy.put(
                        "content",
                        isSilent(content) ? calls.silence() : form(role).fit(content));
            }
            fitted.add(copy);
        }
        return fitted;
    }

    private static boolean isSilent(@Nullable Object content) {
        return content == null || content.equals("") || content.equals(List.of());
    }

    private ContentForm form(String role) {
        return forms.getOrDefault(role, standard);
    }
}
