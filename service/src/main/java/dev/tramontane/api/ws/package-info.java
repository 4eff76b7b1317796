/**
 * The WebSocket at {@code /v1/responses}: the upgrade, what frames may look like, one socket's answers in the order
 * asked, and the socket's write queue as their demand. Imports {@code api.responses} and {@code generation}. Called on
 * the event loop.
 */
@NullMarked
package dev.tramontane.api.ws;

import org.jspecify.annotations.NullMarked;
