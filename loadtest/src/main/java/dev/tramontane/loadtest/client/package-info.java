/** One request over the wire, SSE or WebSocket, with the moment of each piece of its answer. Confined to one event loop each. */
@NullMarked
package dev.tramontane.loadtest.client;

import org.jspecify.annotations.NullMarked;
