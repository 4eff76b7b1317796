package dev.tramontane.api.responses;

import dev.tramontane.api.openai.ReasoningFields;
import dev.tramontane.json.JsonFields;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code reasoning} of a request, as it said it: its response tells it again. A summary would say less than the thoughts, which are told whole; so none
 * is made.
 *
 * @param effort, summary null where nothing was said
 */
record AskedReasoning(@Nullable String effort, @Nullable String summary) {
    /** Nothing was said. */
    static final AskedReasoning NONE = new AskedReasoning(null, null);

    /** @param variables of the conversation, to which the effort is added */
    static AskedReasoning read(JsonFields fields, Map<String, @Nullable Object> variables) {
        JsonFields reasoning = fields.object("reasoning");
        if (reasoning == null) {
            return NONE;
        }
        ReasoningFields.effort(reasoning, "effort", variables);
        String effort = reasoning.string("effort");
        String summary = summary(reasoning, "summary");
        String older = summary(reasoning, "generate_summary");
        reasoning.end();
        return new AskedReasoning(effort, summary == null ? older : summary);
    }

    private static @Nullable String summary(JsonFields reasoning, String name) {
        reasoning.only(name, "auto", "concise", "detailed");
        return reasoning.string(name);
    }
}
