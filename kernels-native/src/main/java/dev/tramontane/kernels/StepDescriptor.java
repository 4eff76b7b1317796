package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One step off-heap ({@code tm_step} of tramontane.h): filled piece by piece, handed to {@link KernelContext#submit},
 * read when the step is done, then cleared and filled again. It grows to the largest step seen and stays there, so that
 * a step allocates nothing.
 *
 * <p>From submit to the end of the step it belongs to the library, and every call but {@link #inFlight} and {@link StepMasks#write} throws
 * {@link IllegalStateException}. Used by one thread at a time. What is written here is not checked here: its arrays are as
 * long as its counts say whatever is added, and the library checks the rest when it is submitted.
 */
public final class StepDescriptor implements AutoCloseable {
    /** In {@link #addRow}: the token that the span's slot sampled last. */
    public static final int PREVIOUS_TOKEN = -1;

    /** Sample target: draw a token. */
    public static final int DRAW = -1;

    /** Sample mask: none. */
    public static final int NO_MASK = -1;

    /** Most alternatives a sample reports. */
    public static final int MAX_TOP = Layouts.MAX_TOP;

    private enum State {
        FILLING,
        IN_FLIGHT,
        DONE,
        CLOSED
    }

    private final KernelContext owner;
    private final StepLayout layout;
    private final long rowBytes;
    private final StepColumns columns;
    private final StepMasks masks;
    private final StepResults results;
    private State state = State.FILLING;
    private boolean wantsLogits;

    StepDescriptor(KernelContext owner, ContextConfig.Shape shape, StepLayout layout) {
        this.owner = owner;
        this.layout = layout;
        rowBytes = (long) shape.width() * Float.BYTES;
        columns = new StepColumns(shape.vocabulary(), layout);
        masks = new StepMasks(this, columns);
        results = new StepResults(this, columns);
    }

    /** Empties the step, whatever was in it. */
    public void clear() {
        require(state != State.IN_FLIGHT && state != State.CLOSED, "can be cleared");
        columns.clear();
        wantsLogits = false;
        masks.clear();
        state = State.FILLING;
    }

    /** Starts a span of {@code slot} without an adapter at absolute {@code position}; its rows follow by {@link #addRow}. */
    public void addSpan(int slot, long position) {
        addSpan(slot, position, 0);
    }

    /**
     * The same.
     *
     * @param adapter of its rows, a loaded one; 0 for none
     */
    public void addSpan(int slot, long position, int adapter) {
        filling();
        long at = columns.spans.add(1);
        MemorySegment memory = columns.spans.memory();
        memory.set(JAVA_INT, at + layout.spanSlot, slot);
        memory.set(JAVA_INT, at + layout.spanFirstRow, columns.tokens.count());
        memory.set(JAVA_INT, at + layout.spanRows, 0);
        memory.set(JAVA_INT, at + layout.spanAdapter, adapter);
        memory.set(JAVA_LONG, at + layout.spanPosition, position);
    }

    /** Adds a token to the last span. */
    public void addRow(int token) {
        filling();
        require(columns.spans.count() > 0, "has a span that the row could belong to");
        long at = columns.tokens.add(1);
        columns.tokens.memory().set(JAVA_INT, at, token);
        MemorySegment spans = columns.spans.memory();
        long rows = columns.spans.last() + layout.spanRows;
        spans.set(JAVA_INT, rows, spans.get(JAVA_INT, rows) + 1);
    }

    /** Sets an entry of a page table before anything is computed. */
    public void addEdit(int slot, int group, int index, int page) {
        filling();
        long at = columns.edits.add(1);
        MemorySegment memory = columns.edits.memory();
        memory.set(JAVA_INT, at + layout.editSlot, slot);
        memory.set(JAVA_INT, at + layout.editGroup, group);
        memory.set(JAVA_INT, at + layout.editIndex, index);
        memory.set(JAVA_INT, at + layout.editPage, page);
    }

    /** Copies a page after the edits and before anything is computed. */
    public void addCopy(int group, int from, int to) {
        filling();
        long at = columns.copies.add(1);
        MemorySegment memory = columns.copies.memory();
        memory.set(JAVA_INT, at + layout.copyGroup, group);
        memory.set(JAVA_INT, at + layout.copyFrom, from);
        memory.set(JAVA_INT, at + layout.copyTo, to);
        memory.set(JAVA_INT, at + layout.copyReserved, 0);
    }

    /** Its allow-lists. */
    public StepMasks masks() {
        return masks;
    }

    /**
     * Adds a sample of {@code row} that draws a token, and returns its number, by which its {@linkplain StepResults result} is read. What follows
     * until the next one is its own: {@link #set}, {@link #score}, {@link #reportTops}, {@link #useMask},
     * {@link #addCounts} and {@link #addBias}. All its numbers are 0 until they are set.
     *
     * @param slot whose previous token the drawn one becomes
     * @param position of the token to be drawn
     * @param seed of the draw
     */
    public int addSample(int row, int slot, long position, long seed) {
        filling();
        columns.addSample(row, slot, position, seed);
        return columns.samples.count() - 1;
    }

    /**
     * The names of a sample's numbers, in order of declaration: all its fields but those that this class writes itself, for
     * its place in the step and its lists.
     */
    public List<String> numbers() {
        return List.copyOf(layout.sampleNumbers.keySet());
    }

    /** @throws IllegalArgumentException when samples have no number of this name */
    public SampleNumber number(String name) {
        SampleNumber number = layout.sampleNumbers.get(name);
        if (number == null) {
            throw new IllegalArgumentException(
                    "the kernel library's samples have no " + name + ", only " + String.join(", ", numbers()));
        }
        return number;
    }

    /** Sets a number of the last sample: as 32-bit floating point, or truncated where the field is whole. */
    public void set(SampleNumber number, double value) {
        sampling();
        if (number.whole()) {
            columns.setSample(number.offset(), (int) value);
        } else {
            columns.setSample(number.offset(), (float) value);
        }
    }

    /** Lets the last sample score {@code token} ({@link #DRAW}: draw one after all). */
    public void score(int token) {
        sampling();
        columns.setSample(layout.sampleTarget, token);
    }

    /** Has the last sample report this many alternatives, at most {@link #MAX_TOP}. */
    public void reportTops(int tops) {
        sampling();
        columns.setSample(layout.sampleTops, tops);
    }

    /** Gives the last sample a mask by its number, or {@link #NO_MASK}. */
    public void useMask(int mask) {
        sampling();
        columns.setSample(layout.sampleMask, mask);
    }

    /** Gives the last sample {@code pairs} (token, count) pairs for its penalties. */
    public void addCounts(int[] tokensAndCounts, int pairs) {
        sampling();
        if (pairs < 0 || pairs > tokensAndCounts.length / 2) {
            throw new IllegalArgumentException(
                    pairs + " pairs don't lie in an array of " + tokensAndCounts.length + " numbers");
        }
        long at = columns.counts.add(pairs);
        // The library's entries are such pairs; StepLayout has made sure of it.
        MemorySegment.copy(tokensAndCounts, 0, columns.counts.memory(), JAVA_INT, at, pairs * 2);
        columns.bumpSample(layout.sampleCounts, pairs);
    }

    /** Adds {@code bias} to the logit of {@code token} in the last sample. */
    public void addBias(int token, float bias) {
        sampling();
        long at = columns.biases.add(1);
        columns.biases.memory().set(JAVA_INT, at + layout.biasToken, token);
        columns.biases.memory().set(JAVA_FLOAT, at + layout.biasBias, bias);
        columns.bumpSample(layout.sampleBiases, 1);
    }

    /**
     * Says where rows of the residual stream come from and go to, in a context that holds a part of a model: the width's
     * native floats each, one after the other. Kept until the step is cleared; the caller leaves the bytes alone until it is
     * done.
     *
     * @param from a direct buffer from its position on, or null where the context has the embedding
     * @param to likewise, or null where it has the head
     */
    public void connect(@Nullable ByteBuffer from, @Nullable ByteBuffer to) {
        filling();
        if (to != null && to.isReadOnly()) {
            throw new IllegalArgumentException("rows don't go to a read-only buffer");
        }
        columns.hiddenIn = rowsIn(from);
        columns.hiddenOut = rowsIn(to);
    }

    private static MemorySegment rowsIn(@Nullable ByteBuffer buffer) {
        if (buffer == null) {
            return MemorySegment.NULL;
        }
        if (!buffer.isDirect()) {
            throw new IllegalArgumentException("rows come from and go to direct buffers");
        }
        return MemorySegment.ofBuffer(buffer);
    }

    /** Asks for the raw logits of every sample. */
    public void wantLogits() {
        filling();
        wantsLogits = true;
    }

    public int rows() {
        return columns.tokens.count();
    }

    public int samples() {
        return columns.samples.count();
    }

    /** What came of its samples, when it is done. */
    public StepResults results() {
        return results;
    }

    /** Whether the step belongs to the library. */
    public boolean inFlight() {
        return state == State.IN_FLIGHT;
    }

    /** Frees the memory; a second call does nothing. */
    @Override
    public void close() {
        require(state != State.IN_FLIGHT, "can be closed");
        if (state != State.CLOSED) {
            state = State.CLOSED;
            columns.close();
        }
    }

    /** Whether this context made it: its vocabulary gives masks and logits their extent. */
    boolean isOf(KernelContext context) {
        return owner == context;
    }

    /** Writes the head; then it may be submitted. */
    MemorySegment seal() {
        filling();
        for (MemorySegment rows : List.of(columns.hiddenIn, columns.hiddenOut)) {
            if (rows.address() != 0 && rows.byteSize() < rows() * rowBytes) {
                throw new IllegalArgumentException("the step's " + rows() + " rows of " + rowBytes
                        + " bytes don't lie in a buffer with " + rows.byteSize() + " remaining");
            }
        }
        return columns.seal(wantsLogits, masks.areLate());
    }

    void submitted() {
        state = State.IN_FLIGHT;
    }

    /** Whether it computes and waits for masks. */
    boolean lacksMasks() {
        return state == State.IN_FLIGHT && masks.areMissing();
    }

    void masksReleased() {
        masks.released();
    }

    /** The step is over; {@code done} when its results are there. */
    void released(boolean done) {
        state = done ? State.DONE : State.FILLING;
    }

    StepColumns columns() {
        return columns;
    }

    /** @throws IllegalStateException where it belongs to the library or is done */
    void filling() {
        require(state == State.FILLING, "is being filled");
    }

    /** @throws IllegalStateException where its results are not there */
    void done() {
        require(state == State.DONE, "is done");
    }

    /** Whether it was asked for the raw logits. */
    boolean hasLogits() {
        return wantsLogits;
    }

    private void sampling() {
        filling();
        require(columns.samples.count() > 0, "has a sample that this could belong to");
    }

    void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException("this needs a step that " + what + ", but it is " + state
                    + (state == State.DONE ? "; clear it first" : "")
                    + (state == State.IN_FLIGHT ? "; await it first" : ""));
        }
    }
}
