/**
 * What an answer consists of: words, thoughts and tool calls, told apart in the tokens as they come, by the forms in which
 * models write them. Imports only the JSON floor. A reader belongs to one answer; all else is immutable.
 */
@NullMarked
package dev.tramontane.answer;

import org.jspecify.annotations.NullMarked;
