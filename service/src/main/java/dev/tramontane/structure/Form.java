package dev.tramontane.structure;

import java.util.List;

/** What an answer must be, as a client says it: equal forms have equal masks. Not yet checked; {@link Structures#structure} does that. */
public sealed interface Form {
    /** One of these texts. */
    record Choice(List<String> choices) implements Form {
        public Choice {
            choices = List.copyOf(choices);
        }
    }

    /** A text that a regular expression matches from its beginning to its end: see {@link RegexReader} for the dialect. */
    record Regex(String pattern) implements Form {}
}
