/**
 * Chat layouts: conversations to prompts. Holds Mistral's own layouts, and runs a model file's own template by the
 * interpreter in {@code jinja}, the only package of the house that it imports. Immutable after construction; any
 * thread, but never the event loop.
 */
@NullMarked
package dev.tramontane.chat;

import org.jspecify.annotations.NullMarked;
