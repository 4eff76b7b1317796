package dev.tramontane.stages;

import dev.tramontane.model.Adapter;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stage;
import dev.tramontane.model.StageFacts;
import dev.tramontane.model.StageStep;
import dev.tramontane.stages.Conversation.Question;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stage in another process. A thread of its own connects, has it load its layers, reads what it says, and when it is lost tries again, later each time; the
 * loss stands until {@link #recover} has been told that the stage is back, for all that it held is gone.
 */
public final class RemoteStage implements Stage {
    private final StageLink wire;
    private final Conversation conversation;
    private final ModelGeometry geometry;
    private final LayerRange layers;
    private volatile Runnable listener = () -> {};
    private @Nullable Sized sized;

    /** What goes over the wire for a cache of one shape. */
    private record Sized(StepCodec steps, PageSizes pages, AdapterCodec adapters) {}

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
        conversation = new Conversation(address.toString(), layers);
        wire = new StageLink(address, security, order, silence, observer, new StageLink.Driver() {
            @Override
            public void ready(Link fresh) {
                conversation.began(fresh);
                listener.run();
            }

            @Override
            public void answered(Link from, Kind kind) throws IOException {
                conversation.answered(from, kind == Kind.REFUSED);
            }

            @Override
            public void lost(String why, boolean forGood) {
                conversation.ended(why, forGood);
                listener.run();
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
        conversation.awaitBegin(patience);
    }

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
        return new StageFacts(address(), layers, !conversation.isLost());
    }

    @Override
    public void check() {
        if (conversation.isLost()) {
            throw conversation.loss();
        }
    }

    @Override
    public void onChange(Runnable hears) {
        listener = hears;
    }

    @Override
    public boolean recover() {
        return conversation.recovered();
    }

    private void ask(Kind kind, ByteBuffer small, List<ByteBuffer> bulk, Question question) {
        conversation.ask(kind, small, bulk, question);
        finish();
    }

    @Override
    public void sizeCache(CacheShape shape) {
        ask(Kind.SIZE, ShapeCodec.encode(shape), List.of(), new Question());
        sized = new Sized(
                new StepCodec(shape),
                new PageSizes(geometry, layers, shape),
                new AdapterCodec(geometry, layers, shape.adapters()));
    }

    private Sized sized() {
        if (sized == null) {
            throw new ModelException("stage " + address() + " has no cache yet");
        }
        return sized;
    }

    @Override
    public void submit(StageStep step) {
        ByteBuffer small = sized().steps().encode(step);
        ByteBuffer input = step.input();
        if (input != null) {
            input.clear().limit(Math.toIntExact(step.bytes()));
        }
        wire.stepBegins();
        conversation.ask(Kind.STEP, small, input == null ? List.of() : List.of(input), new StepAsked(step));
    }

    /** Its answer is the rows that are wanted, and how long the stage took. */
    private final class StepAsked extends Question {
        private final StageStep step;

        StepAsked(StageStep step) {
            this.step = step;
        }

        @Override
        void read(Link from) throws IOException {
            ByteBuffer small = from.small();
            Fields.require(small, Long.BYTES);
            long nanos = small.getLong();
            Fields.requireEnd(small);
            if (nanos < 0) {
                throw new WireException("it says that a step took it " + nanos + " ns");
            }
            ByteBuffer output = step.output();
            int row = step.width() * Float.BYTES;
            if (from.bulk() != step.wanted() * row) {
                throw new WireException(
                        "it answered with " + from.bulk() + " bytes for " + step.wanted() + " rows of " + row);
            }
            for (int each = 0; each < step.rows(); each++) {
                if (step.wants(each)) {
                    output.limit((each + 1) * row).position(each * row);
                    from.readBulk(output);
                    output.limit(output.capacity());
                }
            }
            wire.stepped(from, nanos);
        }
    }

    @Override
    public boolean await(long timeoutNanos) {
        return conversation.await(timeoutNanos);
    }

    @Override
    public void readPage(int group, int page, ByteBuffer to) {
        ByteBuffer room = part(group, to);
        ask(Kind.READ_PAGE, number(group, page), List.of(), new Question() {
            @Override
            void read(Link from) throws IOException {
                super.read(from);
                from.readBulk(room);
            }
        });
    }

    @Override
    public void writePage(int group, int page, ByteBuffer from) {
        ask(Kind.WRITE_PAGE, number(group, page), List.of(part(group, from)), new Question());
    }

    private static ByteBuffer number(int first, int second) {
        return Fields.room(2 * Integer.BYTES).putInt(first).putInt(second).flip();
    }

    private ByteBuffer part(int group, ByteBuffer page) {
        long bytes = sized().pages().of(group);
        if (page.remaining() != bytes) {
            throw new ModelException("a page of group " + group + " has " + bytes + " bytes in stage " + address()
                    + ", not " + page.remaining());
        }
        return page.duplicate();
    }

    @Override
    public void loadAdapter(int number, Adapter adapter) {
        AdapterCodec codec = sized().adapters();
        ask(Kind.LOAD_ADAPTER, codec.encode(number, adapter), codec.bulk(adapter), new Question());
    }

    @Override
    public void dropAdapter(int number) {
        ask(Kind.DROP_ADAPTER, Fields.room(Integer.BYTES).putInt(number).flip(), List.of(), new Question());
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
