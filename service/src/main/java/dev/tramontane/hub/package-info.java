/**
 * Models by name: what a name means, where models lie that were pulled, those of other programs' caches, and the hubs they come
 * from. Reads no variables; blocks; not for event loops.
 */
@NullMarked
package dev.tramontane.hub;

import org.jspecify.annotations.NullMarked;
