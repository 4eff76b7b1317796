package dev.tramontane.app;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.PrintStream;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * Something to report, for people and for programs.
 *
 * @param label for people
 * @param text for people
 * @param key for programs
 * @param value for programs: a number, string, boolean, a list of those, or a {@link JsonObject}
 */
record Fact(String label, String text, String key, Object value) {

    /** Facts that belong together. */
    record Section(String label, String key, List<Fact> facts) {
        Section {
            facts = List.copyOf(facts);
        }
    }

    static Fact of(String label, String key, String value) {
        return new Fact(label, value, key, value);
    }

    static Fact count(String label, String key, long value) {
        return new Fact(label, String.format(Locale.ROOT, "%,d", value), key, value);
    }

    static Fact bytes(String label, String key, long value) {
        return new Fact(label, Units.show(value), key, value);
    }

    /** A value of several: names and what they have, by turns, in this order. */
    static JsonObject object(Object... pairs) {
        JsonObject object = new JsonObject();
        for (int i = 0; i < pairs.length; i += 2) {
            object.put((String) pairs[i], pairs[i + 1]);
        }
        return object;
    }

    /** Prints sections for people. */
    static void print(List<Section> sections, PrintStream out) {
        for (int i = 0; i < sections.size(); i++) {
            Section section = sections.get(i);
            out.println((i == 0 ? "" : System.lineSeparator()) + section.label());
            for (Fact fact : section.facts()) {
                out.printf(Locale.ROOT, "  %-22s %s%n", fact.label(), fact.text());
            }
        }
    }

    /** Prints sections as one JSON object. */
    static void printJson(List<Section> sections, PrintStream out) {
        JsonObject all = new JsonObject();
        for (Section section : sections) {
            JsonObject object = new JsonObject();
            for (Fact fact : section.facts()) {
                object.put(
                        fact.key(),
                        fact.value() instanceof Collection<?> list ? new JsonArray(List.copyOf(list)) : fact.value());
            }
            all.put(section.key(), object);
        }
        out.println(all.encodePrettily());
    }
}
