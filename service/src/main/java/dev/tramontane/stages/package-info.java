/**
 * Stages of a model in other processes: the wire between a head, which has the engine, and the stages, which compute layers.
 * What comes by the wire is hostile until it is parsed; nobody is listened to before he has shown who he is. Threads of its own, platform
 * ones: no event loop waits here.
 */
@NullMarked
package dev.tramontane.stages;

import org.jspecify.annotations.NullMarked;
