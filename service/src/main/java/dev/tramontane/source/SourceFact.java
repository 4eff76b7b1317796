package dev.tramontane.source;

import java.util.Locale;

/**
 * Something that model files say.
 *
 * @param label for people
 * @param text for people
 * @param key for programs
 * @param value for programs: a number, string, boolean, or a list of those
 */
public record SourceFact(String label, String text, String key, Object value) {

    static SourceFact of(String label, String key, String value) {
        return new SourceFact(label, value, key, value);
    }

    static SourceFact count(String label, String key, long value) {
        return new SourceFact(label, String.format(Locale.ROOT, "%,d", value), key, value);
    }
}
