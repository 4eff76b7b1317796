/**
 * Text in, a {@link reactor.core.publisher.Flux} of deltas out: template, tokenizer, engine, incremental detokenizer,
 * stop strings. Reactor lives here and above. Imports engine and below; no Vert.x. Callers may be on any thread;
 * tokenizing and templating happen on this floor's own scheduler, never on the event loop.
 */
@NullMarked
package dev.tramontane.generation;

import org.jspecify.annotations.NullMarked;
