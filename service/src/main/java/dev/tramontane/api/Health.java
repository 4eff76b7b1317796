package dev.tramontane.api;

/** Answers the probes. Asked on an event loop; must not block. */
public interface Health {

    /** One answer; the detail is for people and says what is missing when not well. */
    record Answer(boolean well, String detail) {
        public static final Answer WELL = new Answer(true, "ok");
    }

    /** Whether the process works at all; must not depend on load, the model or the device. */
    default Answer live() {
        return Answer.WELL;
    }

    /** Whether loading is over: weights mapped and a first token generated. */
    Answer started();

    /** Whether requests should be sent here now. */
    Answer ready();
}
