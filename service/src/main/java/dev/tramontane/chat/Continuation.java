package dev.tramontane.chat;

import dev.tramontane.jinja.value.PythonChars;
import dev.tramontane.jinja.value.Text;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Continues the last message instead of closing it, as {@code continue_final_message} of transformers does: marks the
 * end of its text, lets the template write what it likes, and cuts at the mark.
 *
 * @param messages the conversation with the mark
 * @param text the text to be continued
 */
record Continuation(List<Map<String, @Nullable Object>> messages, String text) {
    /** transformers' own, with a blank at its end that tells whether the template trims. */
    static final String MARK = "CONTINUE_FINAL_MESSAGE_TAG ";

    static Continuation of(List<Map<String, @Nullable Object>> messages) {
        return of(messages, false);
    }

    /** @param thinks whether it is the message's last thought that goes on, rather than its words */
    static Continuation of(List<Map<String, @Nullable Object>> messages, boolean thinks) {
        if (messages.isEmpty()) {
            throw new ChatLayoutException("There is no message to continue: the conversation is empty.");
        }
        return thinks ? ofThought(messages) : ofWords(messages);
    }

    /** As the template has it: the last part of the content, or beside it. */
    private static Continuation ofThought(List<Map<String, @Nullable Object>> messages) {
        Map<String, @Nullable Object> last = new LinkedHashMap<>(messages.getLast());
        String text = "";
        if (last.get("content") instanceof List<?> parts
                && ThoughtPart.is(parts.getLast())
                && parts.getLast() instanceof Map<?, ?> part) {
            text = ThoughtPart.text(part);
            List<@Nullable Object> marked = new ArrayList<>(parts);
            marked.set(parts.size() - 1, ThoughtPart.of(text + MARK, false));
            last.put("content", marked);
        } else {
            for (String name : Messages.NAMES) {
                if (last.get(name) instanceof String thought) {
                    text = thought;
                    last.put(name, thought + MARK);
                }
            }
        }
        return replacing(messages, last, text);
    }

    private static Continuation replacing(
            List<Map<String, @Nullable Object>> messages, Map<String, @Nullable Object> last, String text) {
        List<Map<String, @Nullable Object>> all = new ArrayList<>(messages.subList(0, messages.size() - 1));
        all.add(last);
        return new Continuation(all, text);
    }

    private static Continuation ofWords(List<Map<String, @Nullable Object>> messages) {
        Map<String, @Nullable Object> last = new LinkedHashMap<>(messages.getLast());
        Object content = last.get("content");
        String text;
        if (content instanceof String plain) {
            text = plain;
            last.put("content", plain + MARK);
        } else if (content instanceof List<?> blocks) {
            List<@Nullable Object> marked = new ArrayList<>(blocks);
            text = markLastBlock(marked);
            last.put("content", marked);
        } else {
            throw new ChatLayoutException("The last message has no content to continue.");
        }
        return replacing(messages, last, text);
    }

    private static String markLastBlock(List<@Nullable Object> blocks) {
        if (!blocks.isEmpty() && ThoughtPart.is(blocks.getLast())) {
            blocks.add(Map.of("type", "text", "text", MARK)); // Words follow a thought that is over.
            return "";
        }
        for (int i = blocks.size() - 1; i >= 0; i--) {
            if (blocks.get(i) instanceof Map<?, ?> block && block.get("text") instanceof String text) {
                Map<Object, @Nullable Object> marked = new LinkedHashMap<>(block);
                marked.put("text", text + MARK);
                blocks.set(i, marked);
                return text;
            }
        }
        throw new ChatLayoutException("The last message has no text to continue.");
    }

    /** What was written up to the mark. */
    Text cut(Text rendered) {
        String chars = rendered.chars();
        int at = chars.lastIndexOf(MARK.strip());
        if (at < 0 || !chars.contains(text.strip())) {
            throw new ChatLayoutException(
                    "The last message cannot be continued: the chat template leaves out a part of it.");
        }
        int end = at;
        if (!chars.startsWith(MARK, at)) {
            // The template trimmed the message, so what is before the mark is trimmed too.
            while (end > 0 && PythonChars.isSpace(chars.charAt(end - 1))) {
                end--;
            }
        }
        return rendered.substring(0, end);
    }
}
