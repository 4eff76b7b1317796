/**
 * The HTTP and WebSocket surface: OpenAI routes over JSON, SSE and WebSocket, health, errors, the page. Vert.x lives here; imports generation and below. Handlers run on the event loop and never block it.
 */
@NullMarked
package dev.tramontane.api;

import org.jspecify.annotations.NullMarked;
