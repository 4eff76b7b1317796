package dev.tramontane.api.openai;

import dev.tramontane.generation.GenerationEvent;
import java.util.List;

/** The form of one request's answers. Called by one thread at a time; a stream's events come in their order. */
public interface AnswerWriter {

    /** The frames that one event of generation becomes, possibly none. */
    byte[] event(int prompt, GenerationEvent event);

    /** What it keeps of an event of a stream until that is over, in bytes of heap. */
    default long keeps(GenerationEvent event) {
        return 0;
    }

    /** The end of a stream; possibly nothing. */
    byte[] last();

    /** A frame that adds nothing to the answer, for when there is nothing to say. Any thread. */
    byte[] keepAlive();

    /** An event of answers that are sent in one piece: there is nothing to write yet. */
    default void heard(GenerationEvent event) {}

    /** The answers in one piece, one for each prompt. */
    byte[] whole(List<Answer> answers);
}
