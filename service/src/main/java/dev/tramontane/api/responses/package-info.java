/**
 * OpenAI's Responses protocol, whatever carries it: what a {@code response.create} may ask for, and the events of one
 * response with their shapes and sequence numbers. Imports {@code json}, {@code answer} and {@code generation}. Used by one thread
 * at a time.
 */
@NullMarked
package dev.tramontane.api.responses;

import org.jspecify.annotations.NullMarked;
