package dev.tramontane.structure;

import org.apache.lucene.util.automaton.Automaton;

/**
 * What is said of members whose names match a pattern.
 *
 * @param names all names that match
 * @param part what holds of their values
 */
record NamePattern(Automaton names, Shape.Part part, Effort effort) {
    boolean matches(String name) {
        return TextSets.accepts(names, name, effort);
    }
}
