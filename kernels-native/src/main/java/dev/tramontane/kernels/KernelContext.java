package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * One model with its cache and compute threads: {@code tm_context} of tramontane.h, which documents what each call does.
 * Its life is open, {@link #setTensor} for every tensor, {@link #prepare}, {@link #sizeCache}, then {@link #submit} and
 * {@link #await} in turns, {@link #close}.
 *
 * <p>Calls come from one thread at a time, platform threads only (a downcall pins its carrier); a second thread inside
 * is an {@link IllegalStateException}, as is any call after close. {@link #progress} may be called from any thread.
 * {@link #prepare}, {@link #await} and {@link #close} block. What the library refuses is a {@link KernelException}.
 */
public final class KernelContext implements AutoCloseable {
    /** Hears how far {@link #prepare} is. */
    @FunctionalInterface
    public interface Progress {
        /** @param totalBytes 0 until the work is known */
        void at(long doneBytes, long totalBytes);
    }

    final Bindings bindings;
    final MemorySegment handle;
    private final ContextConfig config;
    private final List<MemorySegment> tensors = new ArrayList<>();
    private final Arena owned;
    private final Object closing = new Object();

    private final OneCaller caller = new OneCaller();
    private volatile boolean closed;
    private @Nullable StepDescriptor inFlight;

    @SuppressWarnings("MustBeClosedChecker") // closed by close()
    private KernelContext(Bindings bindings, ContextConfig config, MemorySegment handle) {
        this.bindings = bindings;
        this.config = config;
        this.handle = handle;
        owned = Arena.ofShared();
    }

    static KernelContext open(Bindings bindings, ContextConfig config) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment context = arena.allocate(ADDRESS);
            MemorySegment message = Bindings.messageBuffer(arena);
            int status = bindings.open(bindings.structs.modelConfig(arena, config), context, message);
            if (status != Bindings.OK) {
                throw new KernelException(status, "cannot open a model: " + Bindings.text(message));
            }
            return new KernelContext(bindings, config, context.get(ADDRESS, 0));
        }
    }

    /**
     * Names the memory of one tensor. The library reads it until close, from its own threads, so it has to stay alive
     * and unchanged: close a mapped file after the context.
     */
    public void setTensor(TensorData tensor) {
        TensorRole role = tensor.role();
        int layer = tensor.layer();
        int expert = tensor.expert();
        if (layer < 0 || layer >= (role.perLayer() ? config.shape().layers() : 1)) {
            throw new IllegalArgumentException("layer " + layer + " of " + role + " is outside the model");
        }
        if (expert < 0 || expert >= Math.max(1, config.mixture().experts())) {
            throw new IllegalArgumentException("expert " + expert + " of " + role + " is outside the model");
        }
        enter();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment struct = bindings.structs.tensor(arena, tensor);
            check(bindings.setTensor(handle, struct), "cannot take tensor " + role + " of layer " + layer);
            tensors.add(tensor.data());
        } finally {
            leave();
        }
    }

    /**
     * Gives the values of a vector (a norm, rope factors), which are copied.
     *
     * @param layer 0 for roles outside layers
     */
    public void setVector(TensorRole role, int layer, float[] values) {
        MemorySegment copy = owned.allocateFrom(JAVA_FLOAT, values);
        setTensor(new TensorData(role, layer, 0, DType.F32, 1, values.length, copy));
    }

    /**
     * Checks that every tensor is there, quantises what is to be and repacks what the backend wants repacked. Blocks for as long as that takes,
     * which {@code listener} hears about on the calling thread a few times a second, and once when it is over. An
     * interrupt doesn't stop it and is kept for the caller.
     */
    public void prepare(Progress listener) {
        enter();
        try {
            int status = Preparation.run(() -> bindings.prepare(handle), () -> tell(listener));
            check(status, "cannot prepare the model");
            tell(listener);
        } finally {
            leave();
        }
    }

    /** Bytes done and to do in {@link #prepare}; any thread. Both are 0 before it starts. */
    public long[] progress() {
        synchronized (closing) {
            requireOpen();
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment done = arena.allocate(JAVA_LONG);
                MemorySegment total = arena.allocate(JAVA_LONG);
                int status = bindings.progress(handle, done, total);
                if (status != Bindings.OK) {
                    throw new KernelException(status, "the kernel library doesn't tell its progress");
                }
                return new long[] {done.get(JAVA_LONG, 0), total.get(JAVA_LONG, 0)};
            }
        }
    }

    /**
     * Allocates cache and workspace; all pages are then empty. Not while a step is in flight. After a failure there is
     * no cache, and it has to be sized again before a step.
     */
    public void sizeCache(CacheConfig cache) {
        if (cache.groupPages().size() != config.groups().windows().size()) {
            throw new IllegalArgumentException(
                    "the model has " + config.groups().windows().size() + " layer groups, the cache was given "
                            + cache.groupPages().size());
        }
        enter();
        try (Arena arena = Arena.ofConfined()) {
            check(bindings.sizeCache(handle, bindings.structs.cacheConfig(arena, cache)), "cannot size the cache");
        } finally {
            leave();
        }
    }

    public MemoryUse memoryUse() {
        enter();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = bindings.structs.memory(arena);
            check(bindings.memoryUse(handle, memory), "cannot tell the memory in use");
            return bindings.structs.memoryUse(memory);
        } finally {
            leave();
        }
    }

    /**
     * An empty step for this context, to be filled, submitted and filled again. The caller closes it, before or after the
     * context. Any thread.
     */
    public StepDescriptor newStep() {
        requireOpen();
        return new StepDescriptor(this, config.shape(), bindings.step);
    }

    /**
     * Copies a page of the cache out, between steps: bytes that mean something only to a context of the same backend,
     * model and page size. Blocks until it is copied.
     *
     * @param to a direct buffer; its remaining bytes, the page's just, are written, and its position stays
     */
    public void readPage(int group, int page, ByteBuffer to) {
        copyPage(to, false, memory -> bindings.readPage(handle, group, page, memory));
    }

    /**
     * Copies a page into the cache, between steps. Any bytes are taken as numbers.
     *
     * @param from a direct buffer; its remaining bytes, the page's just, are read, and its position stays
     */
    public void writePage(int group, int page, ByteBuffer from) {
        copyPage(from, true, memory -> bindings.writePage(handle, group, page, memory));
    }

    private void copyPage(ByteBuffer bytes, boolean mayBeReadOnly, ToIntFunction<MemorySegment> copy) {
        if (!bytes.isDirect() || (bytes.isReadOnly() && !mayBeReadOnly)) {
            throw new IllegalArgumentException("a page is copied to and from direct buffers, to no read-only one");
        }
        enter();
        try {
            check(copy.applyAsInt(MemorySegment.ofBuffer(bytes)), "cannot copy a page");
        } finally {
            leave();
        }
    }

    /**
     * Loads an adapter between steps, in place of what had its number. Its data is copied before this returns, which
     * takes as long as copying takes.
     *
     * @param adapter its number, 1 to the most that the cache was sized for
     * @param parts in rising order of layers
     */
    public void loadAdapter(int adapter, List<AdapterPart> parts) {
        enter();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment array = bindings.structs.adapterParts(arena, parts);
            check(bindings.loadAdapter(handle, adapter, array, parts.size()), "cannot load an adapter");
        } finally {
            leave();
        }
    }

    /** Forgets an adapter between steps: no span may name it any more. */
    public void dropAdapter(int adapter) {
        enter();
        try {
            check(bindings.dropAdapter(handle, adapter), "cannot drop an adapter");
        } finally {
            leave();
        }
    }

    /**
     * Starts the step and returns; the descriptor is the library's until {@link #await} returns true. Everything in it is
     * checked once, by the library: what it may touch is what {@link StepDescriptor} has allocated, and every number that
     * names a place there, in the model or in the cache is compared with what there is.
     *
     * @throws IllegalArgumentException when the step was made by another context
     * @throws KernelException when the library refused the step, naming the entry, what was expected and what was given;
     *     nothing was applied
     */
    public void submit(StepDescriptor step) {
        if (!step.isOf(this)) {
            throw new IllegalArgumentException("a step is submitted to the context that made it");
        }
        enter();
        try {
            if (inFlight != null) {
                throw new IllegalStateException("a step is in flight; await it before the next");
            }
            check(bindings.submit(handle, step.seal()), "the step was refused");
            step.submitted();
            inFlight = step;
        } finally {
            leave();
        }
    }

    /**
     * Says that the late masks of the step in flight are written: it samples now as soon as it can. Needed before
     * {@link #await} where there are such ({@link StepMasks#addLate}), and nothing where there are none.
     *
     * @throws KernelException when no step is in flight
     */
    public void releaseMasks() {
        enter();
        try {
            check(bindings.releaseMasks(handle), "masks cannot be released");
            StepDescriptor step = inFlight;
            if (step != null) {
                step.masksReleased();
            }
        } finally {
            leave();
        }
    }

    /**
     * Waits for the step in flight, blocking the thread in native code.
     *
     * @param timeoutNanos 0 polls, negative waits without limit
     * @return true when it is done or none was in flight, false when the time passed first
     * @throws KernelException when the device failed; the context can then only be closed
     * @throws IllegalStateException when the step has late masks that are not released
     */
    public boolean await(long timeoutNanos) {
        enter();
        try {
            if (inFlight != null && inFlight.lacksMasks()) {
                throw new IllegalStateException("the step waits for its late masks; release them before it is awaited");
            }
            int status = bindings.waitFor(handle, timeoutNanos);
            if (status == Bindings.PENDING) {
                return false;
            }
            release(status == Bindings.OK);
            check(status, "the step failed");
            return true;
        } finally {
            leave();
        }
    }

    /** Waits for the step in flight, stops the compute threads and frees everything; a second call does nothing. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        enter();
        try {
            int status;
            synchronized (closing) {
                closed = true;
                status = bindings.close(handle);
            }
            release(false);
            tensors.clear();
            owned.close();
            if (status != Bindings.OK) {
                throw new KernelException(status, "the kernel library failed to close a model");
            }
        } finally {
            leave();
        }
    }

    private void release(boolean done) {
        StepDescriptor step = inFlight;
        if (step != null) {
            inFlight = null;
            step.released(done);
        }
    }

    private void enter() {
        caller.enter();
        if (closed) {
            caller.leave();
            requireOpen();
        }
    }

    private void leave() {
        caller.leave();
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the kernel context is closed");
        }
    }

    private void check(int status, String what) {
        if (status != Bindings.OK) {
            throw new KernelException(status, what + ": " + bindings.lastError(handle));
        }
    }

    private void tell(Progress listener) {
        long[] progress = progress();
        listener.at(progress[0], progress[1]);
    }
}
