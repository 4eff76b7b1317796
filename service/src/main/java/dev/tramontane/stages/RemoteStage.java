package dev.tramontane.stages;

import dev.tramontane.model.Adapter;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stage;
import dev.tramontane.model.StageFacts;
import dev.tramontane.model.StageLostException;
import dev.tramontane.model.StageStep;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A stage in another process. A thread of its own connects, has it load its layers, reads what it says, and when it is lost tries again, later each time; the
 * loss stands until {@link #recover} has been told that the stage is back, for all that it held is gone.
 */
public final class RemoteStage implements Stage {
    private final StageLink wire;
    private final ModelGeometry geometry;
    private final LayerRange layers;

    /** What the link's thread and the driver share. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition news = lock.newCondition();

    /** Why what was held is gone; stands until the driver has heard that the stage is back. Written under the lock. */
    private volatile @Nullable String lost;

    private boolean told;
    private @Nullable Link link;
    private @Nullable Reply awaited;
    private @Nullable String impossible;
    private volatile Runnable listener = () -> {};
    private @Nullable StepCodec codec;
    private @Nullable PageSizes pages;
    private @Nullable AdapterCodec adapters;

    /** What was asked for and is not answered. */
    private static final class Reply {
        final @Nullable StageStep step;
        final @Nullable ByteBuffer page;
        boolean done;

        @Nullable
        ModelException refused;

        Reply(@Nullable StageStep step, @Nullable ByteBuffer page) {
            this.step = step;
            this.page = page;
        }
    }

    /**
     * Begins to look for the stage.
     *
     * @param geometry the whole model's
     * @param silence after so long without a byte it is lost
     */
    public RemoteStage(
            StageAddress address,
            StageSecurity security,
            StageOrder order,
            ModelGeometry geometry,
            Duration silence,
            StageObserver observer) {
        this.geometry = geometry;
        layers = order.layers();
        lost = "stage " + address + " is not there yet";
        wire = new StageLink(address, security, order, silence, observer, new StageLink.Driver() {
            @Override
            public void ready(Link fresh) {
                became(fresh);
            }

            @Override
            public void answered(Link from, Kind kind) throws IOException {
                take(from, kind);
            }

            @Override
            public void lost(String why, boolean forGood) {
                gone(why, forGood);
            }
        });
        wire.start();
    }

    /**
     * Waits until it is ready for the first time.
     *
     * @throws ModelException when it says that it can't be what was ordered, or is not there in time
     */
    public void awaitReady(Duration patience) throws InterruptedException {
        long left = patience.toNanos();
        lock.lock();
        try {
            while (link == null) {
                if (impossible != null) {
                    throw new ModelException(impossible);
                }
                if (left <= 0) {
                    throw new ModelException(lost + "; it was waited for so long as --stage-wait says");
                }
                left = news.awaitNanos(left);
            }
            lost = null;
        } finally {
            lock.unlock();
        }
    }

    // ---- the link's thread

    private void became(Link fresh) {
        lock.lock();
        try {
            link = fresh;
            news.signalAll();
        } finally {
            lock.unlock();
        }
        listener.run();
    }

    private void gone(String why, boolean forGood) {
        lock.lock();
        try {
            if (lost == null || !lost.equals(why)) {
                lost = why;
                told = false;
            }
            impossible = forGood ? why : null;
            link = null;
            awaited = null; // From here on its buffers are not touched.
            news.signalAll();
        } finally {
            lock.unlock();
        }
        listener.run();
    }

    private void take(Link from, Kind kind) throws IOException {
        Reply reply;
        lock.lock();
        try {
            reply = awaited;
        } finally {
            lock.unlock();
        }
        if (reply == null) {
            throw new WireException("it answered what nobody had asked");
        }
        ModelException refused = null;
        if (kind == Kind.REFUSED) {
            refused = new ModelException("stage " + wire.address() + ": " + from.words());
        } else if (reply.step != null) {
            readRows(from, reply.step);
        } else if (reply.page != null) {
            from.readBulk(reply.page);
        }
        if (from.bulk() > 0) {
            throw new WireException("it answered with more than was asked for");
        }
        lock.lock();
        try {
            reply.refused = refused;
            reply.done = true;
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void readRows(Link from, StageStep step) throws IOException {
        ByteBuffer small = from.small();
        Fields.require(small, Long.BYTES);
        ByteBuffer output = step.output();
        int row = step.width() * Float.BYTES;
        for (int each = 0; each < step.rows(); each++) {
            if (step.wants(each)) {
                output.limit((each + 1) * row).position(each * row);
                from.readBulk(output);
                output.limit(output.capacity());
            }
        }
        wire.stepped(from, small.getLong());
    }

    // ---- the driver's thread

    @Override
    public LayerRange layers() {
        return layers;
    }

    @Override
    public boolean computesElsewhere() {
        return true;
    }

    @Override
    public StageFacts facts() {
        return new StageFacts(address(), layers, lost == null);
    }

    @Override
    public void check() {
        if (lost != null) {
            throw lostNow();
        }
    }

    @Override
    public void onChange(Runnable hears) {
        listener = hears;
    }

    @Override
    public boolean recover() {
        lock.lock();
        try {
            if (link == null) {
                if (!told) {
                    throw lostNow();
                }
                return false;
            }
            if (awaited != null && !awaited.done) {
                return false; // Another stage was lost while this one computed: its answer is still to come.
            }
            lost = null;
            told = false;
            awaited = null;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private StageLostException lostNow() {
        lock.lock();
        try {
            told = true;
            return new StageLostException(lost == null ? "stage " + wire.address() + " was lost" : lost);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void sizeCache(CacheShape shape) {
        ask(Kind.SIZE, ShapeCodec.encode(shape), List.of(), new Reply(null, null));
        finish();
        codec = new StepCodec(shape);
        pages = new PageSizes(geometry, layers, shape);
        adapters = new AdapterCodec(geometry, layers, shape.adapters());
    }

    @Override
    public void submit(StageStep step) {
        StepCodec steps = codec;
        if (steps == null) {
            throw new ModelException("stage " + wire.address() + " has no cache yet");
        }
        ByteBuffer input = step.input();
        if (input != null) {
            input.clear().limit(Math.toIntExact(step.bytes()));
        }
        wire.stepBegins();
        ask(Kind.STEP, steps.encode(step), input == null ? List.of() : List.of(input), new Reply(step, null));
    }

    @Override
    public boolean await(long timeoutNanos) {
        lock.lock();
        try {
            if (lost == null && awaited == null) {
                return true;
            }
            long left = timeoutNanos;
            while (awaited != null && !awaited.done) {
                if (left <= 0) {
                    return false;
                }
                left = news.awaitNanos(left);
            }
            Reply reply = awaited;
            if (reply == null) {
                throw lostNow();
            }
            awaited = null;
            if (reply.refused != null) {
                throw reply.refused;
            }
            return true;
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
            throw new ModelException("the thread that drives stage " + wire.address() + " was interrupted", nobodyDoes);
        } finally {
            lock.unlock();
        }
    }

    private void ask(Kind kind, ByteBuffer small, List<ByteBuffer> bulk, Reply reply) {
        Link now;
        lock.lock();
        try {
            now = link;
            if (lost != null || now == null) {
                throw lostNow();
            }
            if (awaited != null) {
                throw new IllegalStateException("a stage is asked for one thing at a time");
            }
            awaited = reply;
        } finally {
            lock.unlock();
        }
        try {
            now.send(kind, small, bulk);
        } catch (IOException failure) {
            now.close(); // The link's thread hears of it, and says so when it touches nothing any more.
            finish();
        } catch (RuntimeException | Error fault) {
            now.close(); // Half a frame may have gone, and no answer comes.
            throw fault;
        }
    }

    @Override
    public void readPage(int group, int page, ByteBuffer to) {
        ask(Kind.READ_PAGE, number(group, page), List.of(), new Reply(null, sized(group, to)));
        finish();
    }

    @Override
    public void writePage(int group, int page, ByteBuffer from) {
        ask(Kind.WRITE_PAGE, number(group, page), List.of(sized(group, from)), new Reply(null, null));
        finish();
    }

    private static ByteBuffer number(int first, int second) {
        return Fields.room(2 * Integer.BYTES).putInt(first).putInt(second).flip();
    }

    private ByteBuffer sized(int group, ByteBuffer page) {
        if (page.remaining() != Objects.requireNonNull(pages, "a cache").of(group)) {
            throw new ModelException("a page of group " + group + " has " + pages.of(group) + " bytes in stage "
                    + wire.address() + ", not " + page.remaining());
        }
        return page.duplicate();
    }

    @Override
    public void loadAdapter(int number, Adapter adapter) {
        AdapterCodec codecOfAdapters = Objects.requireNonNull(adapters, "a cache");
        ask(
                Kind.LOAD_ADAPTER,
                codecOfAdapters.encode(number, adapter),
                codecOfAdapters.bulk(adapter),
                new Reply(null, null));
        finish();
    }

    @Override
    public void dropAdapter(int number) {
        ask(Kind.DROP_ADAPTER, Fields.room(Integer.BYTES).putInt(number).flip(), List.of(), new Reply(null, null));
        finish();
    }

    /** Its address, as it was given. */
    public String address() {
        return wire.address().toString();
    }

    @Override
    public void close() {
        wire.close();
    }
}
