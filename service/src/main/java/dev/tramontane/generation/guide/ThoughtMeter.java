package dev.tramontane.generation.guide;

import dev.tramontane.answer.AnswerPart;
import dev.tramontane.answer.AnswerReader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Counts the tokens of an answer's thoughts: those that begin in one, marks not among them. Where thoughts begin and end, an {@link AnswerReader} of its own
 * says, so that a thought is the same for whoever reads the answer and for its budget. Belongs to one answer.
 */
public final class ThoughtMeter {
    private final AnswerReader reader;
    private final IntFunction<@Nullable String> control;
    private final IntFunction<byte[]> bytes;
    private final int longestMark;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);

    /** Bytes of a character that is not whole. */
    private byte[] half = {};

    /** Of the running thought. */
    private final Characters characters = new Characters();

    private final List<AnswerPart> parts = new ArrayList<>();

    /** Characters of text so far, and before the last tokens of the running thought. */
    private long seen;

    private final Deque<Long> starts = new ArrayDeque<>();
    private int tokens;

    /**
     * @param reader of the same answer, which nobody else uses
     * @param longestMark characters of the mark that ends a thought, where it is text
     * @param control how a token is spelled that stands for no text; null for one that does
     * @param bytes that a token stands for
     */
    public ThoughtMeter(
            AnswerReader reader, int longestMark, IntFunction<@Nullable String> control, IntFunction<byte[]> bytes) {
        this.reader = reader;
        this.longestMark = longestMark;
        this.control = control;
        this.bytes = bytes;
    }

    /** The answer's next token. */
    public void take(int token) {
        String piece = control.apply(token);
        boolean inside = reader.isThinking();
        if (piece != null) {
            control(piece, inside);
        } else {
            text(bytes.apply(token), inside);
        }
        parts.clear();
        if (!inside && reader.isThinking()) {
            characters.reset();
            starts.clear();
        }
    }

    private void control(String piece, boolean inside) {
        reader.control(piece, parts);
        if (inside && reader.isThinking() && !reader.opensThought(piece)) {
            tokens++; // One that marks nothing.
        }
    }

    private void text(byte[] more, boolean inside) {
        long start = seen;
        String text = decoded(more);
        seen += text.length();
        reader.text(text, parts);
        if (!inside) {
            return;
        }
        tokens++;
        starts.add(start);
        characters.push(more);
        if (!reader.isThinking()) {
            tokens -= (int)
                    starts.stream().filter(each -> each >= reader.thoughtEnd()).count();
        }
        starts.removeIf(each -> each < seen - longestMark);
    }

    private String decoded(byte[] more) {
        ByteBuffer in = ByteBuffer.allocate(half.length + more.length)
                .put(half)
                .put(more)
                .flip();
        CharBuffer out = CharBuffer.allocate(in.remaining());
        decoder.decode(in, out, false);
        half = new byte[in.remaining()];
        in.get(half);
        return out.flip().toString();
    }

    public boolean isThinking() {
        return reader.isThinking();
    }

    /** Whether a thought that ends here ends with a whole character. */
    boolean isWhole() {
        return characters.areWhole();
    }

    /** For tokens that are only guessed: those before which so many of thoughts can't have come. */
    Ahead ahead(int most) {
        return new Ahead(most);
    }

    /** How far a budget can't be spent, whatever the tokens are. */
    final class Ahead {
        private boolean outside = !reader.isThinking() && !reader.mayBeginWithThought();
        private int left;

        private Ahead(int most) {
            left = most - tokens;
        }

        /** Whether the budget can't be spent behind this token, either. */
        boolean take(int token) {
            if (outside && control.apply(token) == null) {
                return true; // Text begins no thought here.
            }
            outside = false;
            left--;
            return left > 0;
        }
    }

    /** Of all thoughts so far. */
    public int tokens() {
        return tokens;
    }
}
