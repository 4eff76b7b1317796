/**
 * Several models in one process: which are loaded, which could be, who waits for one, and which gives way. Knows of a model what it
 * takes and how it is loaded, not what it is. Imports generation and below; no Vert.x. Callers may be on any thread and never wait;
 * models are loaded and unloaded on one thread of this floor's own.
 */
@NullMarked
package dev.tramontane.registry;

import org.jspecify.annotations.NullMarked;
