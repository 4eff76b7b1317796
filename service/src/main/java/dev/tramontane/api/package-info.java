/**
 * The HTTP service: transport limits, bodies, errors in OpenAI's format, server-sent events, health. What is served is
 * given as {@link dev.tramontane.api.ApiRoutes}; OpenAI's live in {@code api.openai}. Vert.x lives here; imports
 * generation and below. Handlers run on an event loop and never block it.
 */
@NullMarked
package dev.tramontane.api;

import org.jspecify.annotations.NullMarked;
