/**
 * Chat layouts: conversations to prompts. Holds Mistral's own layouts, and the sandboxed, bounded Jinja interpreter
 * that runs a model file's own template. Imports nothing of the house. Immutable after construction; any thread, but never the event loop.
 */
@NullMarked
package dev.tramontane.chat;

import org.jspecify.annotations.NullMarked;
