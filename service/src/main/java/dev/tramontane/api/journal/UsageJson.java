package dev.tramontane.api.journal;

import dev.tramontane.generation.GenerationEvent.Usage;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** What an answer that is over has counted, as JSON: tokens of the prompt, those found in the cache, of the answer, of its thoughts, and guessed rightly and wrongly. */
public final class UsageJson {
    private static final String USAGE = "usage";

    private UsageJson() {}

    /** Writes it as a field of the object that is open. */
    public static void write(JsonGenerator json, Usage usage) {
        JsonWriter.ids(json, USAGE, new int[] {
            usage.promptTokens(),
            usage.cachedTokens(),
            usage.completionTokens(),
            usage.reasoningTokens(),
            usage.acceptedTokens(),
            usage.rejectedTokens()
        });
    }

    /** Takes the field; null where it isn't there. */
    public static @Nullable Usage read(JsonFields fields) {
        List<@Nullable Object> given = fields.array(USAGE);
        if (given == null) {
            return null;
        }
        int[] counts = JsonFields.ids(given, fields.path(USAGE));
        if (counts.length != 4 && counts.length != 6) { // Files of before have no guesses.
            throw JsonFields.wrongAt(fields.path(USAGE), "six numbers", given);
        }
        return counts.length == 4
                ? new Usage(counts[0], counts[1], counts[2], counts[3])
                : new Usage(counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]);
    }
}
