package dev.tramontane.tokenizer;

import java.util.List;

/**
 * A prompt as a run of parts, each trusted (a template's text) or untrusted (a client's words).
 *
 * <p>The parts are encoded as one text: a border between two parts is not a border between tokens. Control strings are
 * recognised only where all their characters come from trusted parts.
 */
public record PromptText(List<Part> parts) {

    /** A stretch of text; control strings in it count where it is trusted. */
    public record Part(String text, boolean trusted) {}

    public PromptText {
        parts = List.copyOf(parts);
    }

    /** An untrusted text. */
    public static PromptText of(String text) {
        return new PromptText(List.of(new Part(text, false)));
    }

    /** The whole text, for people and logs. */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            text.append(part.text());
        }
        return text.toString();
    }
}
