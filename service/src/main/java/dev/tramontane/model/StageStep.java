package dev.tramontane.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * A step for a {@link Stage}, or a part of one: the rows that it computes, what changes in the page tables before, and
 * where rows of the residual stream come from and go to. Used again from step to step; its lists grow to the largest seen.
 * Nothing is checked as it is written: the stage refuses what makes no sense. Owned by one thread at a time; see
 * {@link Stage#submit}.
 *
 * <p>The meaning of spans, edits and copies is that of {@link StepBatch}'s. Rows of the stream are {@link #width} floats,
 * little-endian, one after the other from byte 0 of a buffer on: row r of the step lies at {@code r * width * 4}.
 */
public final class StageStep {
    private static final int SPAN = 4; // slot, first row, rows, adapter
    private static final int EDIT = 4; // slot, group, index, page
    private static final int COPY = 3; // group, from, to

    private final int width;
    private final IntColumn tokens = new IntColumn(1);
    private final BitSet wanted = new BitSet();
    private final IntColumn spans = new IntColumn(SPAN);
    private final IntColumn edits = new IntColumn(EDIT);
    private final IntColumn copies = new IntColumn(COPY);
    private long[] positions = new long[1];
    private boolean wantsAll = true;
    private @Nullable ByteBuffer input;
    private @Nullable ByteBuffer output;

    /** @param width floats of a row */
    public StageStep(int width) {
        this.width = width;
    }

    /** Empties it; its buffers stay. */
    public void clear() {
        spans.clear();
        edits.clear();
        copies.clear();
        wanted.clear();
        tokens.clear();
        wantsAll = true;
    }

    /** Starts a span of {@code slot} at absolute {@code position}; its rows follow by {@link #addRow}. */
    public void addSpan(int slot, long position, int adapter) {
        int span = spans();
        if (span == positions.length) {
            positions = Arrays.copyOf(positions, 2 * span);
        }
        positions[span] = position;
        spans.add(slot, rows(), 0, adapter);
    }

    /**
     * Adds a row to the last span and returns its number.
     *
     * @param token looked at by the first stage of a chain alone
     * @throws IllegalStateException without a span
     */
    public int addRow(int token) {
        if (spans() == 0) {
            throw new IllegalStateException("a row belongs to a span, and there is none yet");
        }
        spans.bump(spans() - 1, 2);
        tokens.add(token);
        return rows() - 1;
    }

    /** Sets an entry of a page table before anything is computed. */
    public void addEdit(int slot, int group, int index, int page) {
        edits.add(slot, group, index, page);
    }

    /** Copies a page after the edits and before anything is computed. */
    public void addCopy(int group, int from, int to) {
        copies.add(group, from, to);
    }

    /** Names a row whose output is needed where not every row's is. */
    public void want(int row) {
        wanted.set(row);
    }

    /** Says whether every row's output is needed, as it is at first, or that of rows that {@link #want} names alone. */
    public void wantAll(boolean all) {
        wantsAll = all;
    }

    /**
     * Says where rows come from and go to; both stay the caller's to keep alive.
     *
     * @param from direct, with {@link #bytes} from byte 0 on at least; null for the first stage of a chain, which has tokens
     * @param to direct, likewise
     */
    public void connect(@Nullable ByteBuffer from, ByteBuffer to) {
        input = from == null ? null : littleEndian(from);
        output = littleEndian(to);
    }

    private static ByteBuffer littleEndian(ByteBuffer buffer) {
        if (!buffer.isDirect()) {
            throw new IllegalArgumentException("rows of a stage lie in direct buffers");
        }
        return buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Floats of a row. */
    public int width() {
        return width;
    }

    public int rows() {
        return tokens.count();
    }

    /** Bytes of all its rows in a buffer. */
    public long bytes() {
        return (long) rows() * width * Float.BYTES;
    }

    public int token(int row) {
        return tokens.get(row, 0);
    }

    /** Whether a row's output is needed. */
    public boolean wants(int row) {
        return wantsAll || wanted.get(row);
    }

    /** Rows whose output is needed. */
    public int wanted() {
        return wantsAll ? rows() : wanted.cardinality();
    }

    public int spans() {
        return spans.count();
    }

    public int spanSlot(int span) {
        return spans.get(span, 0);
    }

    public int spanFirstRow(int span) {
        return spans.get(span, 1);
    }

    public int spanRows(int span) {
        return spans.get(span, 2);
    }

    public int spanAdapter(int span) {
        return spans.get(span, 3);
    }

    public long spanPosition(int span) {
        return positions[span];
    }

    public int edits() {
        return edits.count();
    }

    public int editSlot(int edit) {
        return edits.get(edit, 0);
    }

    public int editGroup(int edit) {
        return edits.get(edit, 1);
    }

    public int editIndex(int edit) {
        return edits.get(edit, 2);
    }

    public int editPage(int edit) {
        return edits.get(edit, 3);
    }

    public int copies() {
        return copies.count();
    }

    public int copyGroup(int copy) {
        return copies.get(copy, 0);
    }

    public int copyFrom(int copy) {
        return copies.get(copy, 1);
    }

    public int copyTo(int copy) {
        return copies.get(copy, 2);
    }

    /** Where rows come from, little-endian; null for the first stage of a chain. Its position is the reader's to set. */
    public @Nullable ByteBuffer input() {
        return input;
    }

    /**
     * Where rows go to, little-endian. Its position is the writer's to set.
     *
     * @throws IllegalStateException before {@link #connect}
     */
    public ByteBuffer output() {
        if (output == null) {
            throw new IllegalStateException("a stage's step has to be connected before it is used");
        }
        return output;
    }
}
