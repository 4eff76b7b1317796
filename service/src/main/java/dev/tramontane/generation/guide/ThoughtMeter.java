package dev.tramontane.generation.guide;

import dev.tramontane.answer.ThoughtStyle;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.OptionalInt;

/**
 * Counts the tokens of an answer's thoughts, marks not among them. Marks that are control tokens are found wherever they stand; where marks are text, the
 * thought is meant that an answer begins with. Belongs to one answer.
 */
public final class ThoughtMeter {
    private enum Place {
        /** Nothing but blanks and what may become a mark has come. */
        START,
        THOUGHT,
        WORDS
    }

    private final OptionalInt open;
    private final OptionalInt close;
    private final byte[] openText;
    private final byte[] closeText;
    private final Characters characters = new Characters();

    /** The last bytes of the text, as many as the longer mark has, and where the last tokens began. */
    private byte[] tail = {};

    private long seen;
    private final Deque<Long> starts = new ArrayDeque<>();
    private Place place;
    private int tokens;

    /**
     * @param open, close the marks' ids, where they are control tokens
     * @param thinking whether the prompt has opened a thought
     */
    public ThoughtMeter(ThoughtStyle style, OptionalInt open, OptionalInt close, boolean thinking) {
        this.open = open;
        this.close = close;
        openText = style.open().getBytes(StandardCharsets.UTF_8);
        closeText = style.close().getBytes(StandardCharsets.UTF_8);
        place = thinking ? Place.THOUGHT : Place.START;
    }

    /** @param bytes that it stands for; none for a control token */
    public void take(int token, byte[] bytes) {
        if (open.isPresent() && token == open.getAsInt()) {
            begin();
        } else if (isThinking() && close.isPresent() && token == close.getAsInt()) {
            place = Place.WORDS;
        } else if (isThinking()) {
            thought(bytes);
        } else if (place == Place.START) {
            start(bytes);
        }
    }

    private void begin() {
        place = Place.THOUGHT;
        tail = new byte[0];
        starts.clear();
        characters.reset();
    }

    private void thought(byte[] bytes) {
        tokens++;
        starts.add(seen);
        append(bytes, closeText.length + bytes.length);
        characters.push(bytes);
        if (close.isEmpty()) {
            int at = find(tail, closeText);
            if (at >= 0) {
                long mark = seen - tail.length + at;
                tokens -= (int) starts.stream().filter(start -> start >= mark).count();
                place = Place.WORDS;
            }
        }
        starts.removeIf(start -> start < seen - closeText.length);
    }

    private void start(byte[] bytes) {
        append(bytes, openText.length + bytes.length);
        int blank = 0;
        while (blank < tail.length && tail[blank] <= ' ' && tail[blank] > 0) {
            blank++;
        }
        tail = Arrays.copyOfRange(tail, blank, tail.length);
        int same = Arrays.mismatch(tail, openText);
        if (open.isEmpty() && (same < 0 || same == openText.length)) {
            begin();
        } else if (same >= 0 && same < tail.length) {
            place = Place.WORDS;
        }
    }

    private void append(byte[] bytes, int most) {
        byte[] all = Arrays.copyOf(tail, tail.length + bytes.length);
        System.arraycopy(bytes, 0, all, tail.length, bytes.length);
        tail = Arrays.copyOfRange(all, Math.max(0, all.length - most), all.length);
        seen += bytes.length;
    }

    private static int find(byte[] text, byte[] mark) {
        for (int at = 0; at + mark.length <= text.length; at++) {
            if (Arrays.equals(text, at, at + mark.length, mark, 0, mark.length)) {
                return at;
            }
        }
        return -1;
    }

    public boolean isThinking() {
        return place == Place.THOUGHT;
    }

    /** Whether a thought that ends here ends with a whole character. */
    boolean isWhole() {
        return characters.areWhole();
    }

    /** Of all thoughts so far. */
    public int tokens() {
        return tokens;
    }
}
