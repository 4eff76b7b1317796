package dev.tramontane.api.openai;

import dev.tramontane.api.replay.PastEvents;

/**
 * All of a stream at one moment: what another process needs to go on with it.
 *
 * @param told what of its answers was told
 * @param events that are kept
 * @param over whether all its events are there
 */
record StreamSnapshot(ToldStream told, PastEvents events, boolean over) {}
