/**
 * Answers that can be read again: the numbered events of one answer, kept within bounds for any number of readers, each
 * at a place and with a demand of its own, and the one subscriber of a generation that writes them. Imports
 * {@code generation} and {@code api}.
 */
@NullMarked
package dev.tramontane.api.replay;

import org.jspecify.annotations.NullMarked;
