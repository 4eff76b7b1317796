package dev.tramontane.api.responses;

import dev.tramontane.api.replay.EventLog;
import dev.tramontane.api.responses.ResponseEvents.Extent;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Usage;
import java.util.List;
import java.util.function.Function;

/** All that a response consists of by now. One thread adds to it; any thread may look at it. */
final class ResponseContent {
    /** Guards the events and the ids, whose text and status others look at. */
    private final Object lock = new Object();

    private final ResponseEvents events;
    private final ComputedIds ids = new ComputedIds();
    private volatile long idsWeight;
    private volatile Extent extent = Extent.NONE;

    ResponseContent(ResponseEvents events) {
        this.events = events;
    }

    /** Of one that an earlier process has written down. */
    ResponseContent(ResponseEvents events, int[] prompt, int[] answer) {
        this(events);
        ids.prompt(prompt);
        ids.add(answer);
        idsWeight = ids.weight();
        extent = events.extent();
    }

    // ---- the thread that writes

    /** Adds what comes next, and says which events that makes. */
    List<ResponseEvents.Event> add(Function<ResponseEvents, List<ResponseEvents.Event>> more) {
        synchronized (lock) {
            List<ResponseEvents.Event> made = more.apply(events);
            extent = events.extent();
            return made;
        }
    }

    /** The engine has taken the prompt, which became these ids. */
    List<ResponseEvents.Event> accepted(int[] prompt) {
        synchronized (lock) {
            ids.prompt(prompt);
            idsWeight = ids.weight();
            return add(ResponseEvents::accepted);
        }
    }

    /** More of the answer. */
    List<ResponseEvents.Event> delta(Delta delta) {
        synchronized (lock) {
            ids.add(delta.tokens());
            idsWeight = ids.weight();
            return add(events -> events.delta(delta));
        }
    }

    /** The answer is not over, but this process is: what its readers are told. */
    ResponseEvents.Event suspended() {
        synchronized (lock) {
            return events.suspended(usage());
        }
    }

    /** Tokens by now, of an answer whose end does not say. */
    Usage usage() {
        synchronized (lock) {
            return events.usage(ids.prompt().length, ids.answered());
        }
    }

    // ---- any thread

    String id() {
        return events.id();
    }

    /** Of {@code openai.types.responses.ResponseStatus}. */
    String status() {
        synchronized (lock) {
            return events.status();
        }
    }

    /** The response's object as it is now. */
    byte[] current() {
        synchronized (lock) {
            return events.current();
        }
    }

    /** What has been said so far. */
    List<Item> said() {
        synchronized (lock) {
            return events.said();
        }
    }

    /** Ids of the tokens that were computed: the prompt's, and of the answer those whose text has been told. */
    int[] ids() {
        synchronized (lock) {
            return ids.all();
        }
    }

    /** Bytes of heap that these take. */
    long idsWeight() {
        return idsWeight;
    }

    /** How much there is of the answer. */
    Extent extent() {
        return extent;
    }

    /**
     * All of it at this moment.
     *
     * @param log to which its events have gone
     */
    ResponseSnapshot snapshot(ResponseCreate create, EventLog log) {
        synchronized (lock) {
            return new ResponseSnapshot(create, events.state(), log.past(), ids.prompt(), ids.answer());
        }
    }
}
