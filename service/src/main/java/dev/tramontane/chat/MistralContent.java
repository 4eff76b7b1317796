package dev.tramontane.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a message says, as Mistral's layouts see it: texts and thoughts in their order. Source: mistral-common's content
 * chunks and how its normalizers join them. Immutable.
 */
record MistralContent(List<Chunk> chunks) {

    /** A stretch of a content. */
    sealed interface Chunk {
        String text();
    }

    record Words(String text) implements Chunk {}

    /** @param closed whether it is over; else what follows belongs to it */
    record Thought(String text, boolean closed) implements Chunk {}

    MistralContent {
        chunks = List.copyOf(chunks);
    }

    /**
     * Reads a content as it was sent.
     *
     * @throws ChatLayoutException when it holds what is neither text nor thought
     */
    static MistralContent read(@Nullable Object content, String path) {
        return switch (content) {
            case null -> new MistralContent(List.of());
            case String text -> new MistralContent(List.of(new Words(text)));
            case List<?> parts -> {
                List<Chunk> chunks = new ArrayList<>(parts.size());
                for (Object part : parts) {
                    chunks.add(chunk(part, path));
                }
                yield new MistralContent(chunks);
            }
            default -> throw new ChatLayoutException(path + " must be a text or parts of text.");
        };
    }

    private static Chunk chunk(@Nullable Object part, String path) {
        if (part instanceof Map<?, ?> block) {
            if (ThoughtPart.TYPE.equals(block.get("type"))) {
                return new Thought(ThoughtPart.text(block), ThoughtPart.isClosed(block));
            }
            if (block.get("text") instanceof String text) {
                return new Words(text);
            }
        }
        throw new ChatLayoutException(path + " holds a part that is no text.");
    }

    /** With a thought before all else. */
    MistralContent after(String thought) {
        List<Chunk> all = new ArrayList<>(chunks);
        all.addFirst(new Thought(thought, true));
        return new MistralContent(all);
    }

    /**
     * The contents of neighbouring messages as one: texts that stand together are one text, and those without words leave no
     * trace, not even a joint.
     *
     * @param joint what joins texts of one message; those of several are joined as {@link MistralTurn#JOINT} says
     */
    static MistralContent joined(List<MistralContent> messages, String joint) {
        List<Chunk> all = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        for (MistralContent message : messages) {
            boolean begins = true;
            for (Chunk chunk : message.chunks) {
                if (chunk instanceof Thought) {
                    flush(text, all);
                    all.add(chunk);
                } else if (!chunk.text().isEmpty()) {
                    if (!text.isEmpty()) {
                        text.append(begins ? MistralTurn.JOINT : joint);
                    }
                    begins = false;
                    text.append(chunk.text());
                }
            }
        }
        flush(text, all);
        return new MistralContent(all);
    }

    private static void flush(StringBuilder text, List<Chunk> all) {
        if (!text.isEmpty()) {
            all.add(new Words(text.toString()));
            text.setLength(0);
        }
    }

    boolean thinks() {
        return chunks.stream().anyMatch(Thought.class::isInstance);
    }

    /** Of a joined content without thoughts: its one text. */
    String words() {
        return chunks.isEmpty() ? "" : chunks.getFirst().text();
    }
}
