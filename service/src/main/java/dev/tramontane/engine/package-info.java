/**
 * Continuous batching: admission, scheduling, the paged ring's books and the engine loop. Pure Java: imports only
 * {@code model} of the house, no file, no native type, no Vert.x, no Reactor, no JSON. One platform thread, the engine's,
 * owns all mutable state; other threads only enqueue commands.
 *
 * <h2>The door</h2>
 *
 * All that other packages may use, as one contract:
 *
 * <ul>
 *   <li>Asking: {@link Engine} takes a {@link Submission} and, for each choice, a {@link SequenceListener}; it gives back a
 *       {@link SequenceHandle} for each, by which tokens are demanded or the choice is cancelled. What cannot be taken is a
 *       {@link RefusedException}, with the time after which it could; {@link EngineLimits} says before what never can.
 *       A {@link Tenant} is for whom it works, in turns, an {@link Urgency} when; a {@link Guide} what a choice must be, within
 *       the {@link MaskWork} of a step, until a {@link GuideException} says that it can't be; a {@link Speculation} whether its tokens are
 *       guessed ahead.
 *   <li>Adapting: an {@link EngineAdapter} is one that was loaded, from {@link AdapterData}, which submissions name until it
 *       is given up.
 *   <li>Being answered: a {@link TokenScore} for each token, never more than were demanded, and last a {@link Finish} with
 *       its {@link FinishReason}, when the sequence holds nothing any more.
 *   <li>Asking before: {@link Capacity} is what there is, and says of a request of some size by an {@link Outlook} what would
 *       become of it.
 *   <li>Watching: {@link EngineStatus} is the books after a step, {@link EngineObserver} hears of everything as it happens; whether
 *       the thread moves, its {@link dev.tramontane.model.Heartbeat} says.
 *   <li>Making one: {@link EngineConfig} has the sizes, {@link CachePlan} what they mean for a model's cache, and {@link
 *       EngineLoop} is the engine. A {@link PageStore} is where computed blocks outlive it.
 *   <li>Beside all that, {@link ReturnTimes}: when those should come back whom others refuse, too.
 * </ul>
 */
@NullMarked
package dev.tramontane.engine;

import org.jspecify.annotations.NullMarked;
