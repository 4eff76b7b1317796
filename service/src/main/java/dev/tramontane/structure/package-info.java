/**
 * Answers of a given form: choices and regular expressions, compiled to a network of bytes that says
 * after each token which tokens may follow. Knows of tokens nothing but their bytes, so any tokenizer's will do. Imports nothing of
 * the house. A {@link dev.tramontane.structure.Structure} may be used by any thread, a
 * {@link dev.tramontane.structure.Matcher} belongs to one sequence; neither belongs on an event loop.
 */
@NullMarked
package dev.tramontane.structure;

import org.jspecify.annotations.NullMarked;
