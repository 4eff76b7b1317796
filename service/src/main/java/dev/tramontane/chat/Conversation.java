package dev.tramontane.chat;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a chat layout sees.
 *
 * @param messages the turns in order, each with its JSON fields (role, content, tool_calls, ...): values are String,
 *     Boolean, Long, BigInteger (beyond a long), Double, List, Map or null inside maps; content is a text or a list of parts with "type" and "text"
 * @param tools JSON schemas of tools; empty for none
 * @param addGenerationPrompt whether the prompt ends where the assistant starts to speak
 * @param continueFinalMessage whether the last (assistant) message is to be continued rather than closed
 * @param variables further template variables that the operator allowed ("enable_thinking", ...)
 */
public record Conversation(
        List<Map<String, @Nullable Object>> messages,
        List<Map<String, @Nullable Object>> tools,
        boolean addGenerationPrompt,
        boolean continueFinalMessage,
        Map<String, @Nullable Object> variables) {}
