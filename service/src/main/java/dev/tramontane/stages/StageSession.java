package dev.tramontane.stages;

import dev.tramontane.model.CacheShape;
import dev.tramontane.model.Heartbeat;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stage;
import dev.tramontane.model.StageStep;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Carries out what one head asks for, one thing after the other, on the thread that reads. */
final class StageSession {
    private static final int PAGE_BYTES = 2 * Integer.BYTES;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Link link;
    private final StageHost.Hosted hosted;
    private final Stage stage;
    private final ModelGeometry geometry;
    private final Heartbeat heartbeat;

    /** What there is once the cache has a shape. */
    private @Nullable Sized sized;

    /** Of the step before. */
    private long nanosPerRow;

    private static final class Sized {
        final StepCodec codec;
        final PageSizes pages;
        final AdapterCodec adapters;
        final StageStep step;
        final ByteBuffer input;
        final ByteBuffer output;
        final ByteBuffer wanted;
        final ByteBuffer page;

        Sized(ModelGeometry geometry, Stage stage, CacheShape shape) {
            codec = new StepCodec(shape);
            pages = new PageSizes(geometry, stage.layers(), shape);
            step = new StageStep(geometry.width());
            StageBuffers sizes = StageBuffers.of(geometry, stage.layers(), shape);
            input = ByteBuffer.allocateDirect(Math.toIntExact(sizes.input()));
            output = ByteBuffer.allocateDirect(Math.toIntExact(sizes.rows()));
            wanted = ByteBuffer.allocateDirect(Math.toIntExact(sizes.rows()));
            adapters = new AdapterCodec(geometry, stage.layers(), shape.adapters());
            page = ByteBuffer.allocateDirect(Math.toIntExact(sizes.page()));
        }

        int mostSmall() {
            return Math.max(ShapeCodec.MOST_BYTES, Math.max(codec.mostBytes(), adapters.mostBytes()));
        }

        long mostBulk() {
            return Math.max(adapters.mostBulk(), Math.max(input.capacity(), page.capacity()));
        }
    }

    StageSession(Link link, StageHost.Hosted hosted, Heartbeat heartbeat) {
        this.link = link;
        this.hosted = hosted;
        stage = hosted.stage();
        geometry = hosted.geometry();
        this.heartbeat = heartbeat;
    }

    /**
     * Until the head leaves.
     *
     * @throws IOException when it does
     */
    void run() throws IOException {
        while (true) {
            heartbeat.rest(true);
            heartbeat.expect(0);
            Sized now = sized;
            Kind kind = now == null
                    ? link.receive(ShapeCodec.MOST_BYTES, 0)
                    : link.receive(now.mostSmall(), now.mostBulk());
            heartbeat.rest(false);
            heartbeat.beat();
            try {
                carryOut(kind, now);
            } catch (ModelException refused) {
                skipBulk();
                link.send(Kind.REFUSED, String.valueOf(refused.getMessage()));
            }
        }
    }

    /** What was refused before it was read. */
    private void skipBulk() throws IOException {
        while (link.bulk() > 0) {
            link.readBulk(ByteBuffer.allocate(Math.min(link.bulk(), 1 << 16)));
        }
    }

    private void carryOut(Kind kind, @Nullable Sized now) throws IOException {
        if (kind == Kind.SIZE) {
            size(ShapeCodec.decode(link.small()));
            return;
        }
        if (now == null) {
            throw new WireException("a frame " + kind + " came before the cache's shape");
        }
        switch (kind) {
            case STEP -> step(now);
            case READ_PAGE -> readPage(now);
            case WRITE_PAGE -> writePage(now);
            case LOAD_ADAPTER -> loadAdapter(now);
            case DROP_ADAPTER -> dropAdapter();
            default -> throw new WireException("a frame " + kind + " came where something is asked for");
        }
    }

    private void size(CacheShape shape) throws IOException {
        if (shape.groups().size() != geometry.groups().size()) {
            throw new WireException("a cache of " + shape.groups().size() + " groups of layers came for a model of "
                    + geometry.groups().size());
        }
        if ((long) shape.maxRows() * geometry.width() * Float.BYTES > Integer.MAX_VALUE) {
            throw new WireException("steps of " + shape.maxRows() + " rows are too large");
        }
        long page = new PageSizes(geometry, stage.layers(), shape).largest();
        if (page > Integer.MAX_VALUE) {
            throw new WireException("pages of " + page + " bytes are too large");
        }
        sized = null;
        hosted.require(shape);
        stage.sizeCache(shape);
        try {
            sized = new Sized(geometry, stage, shape);
        } catch (OutOfMemoryError none) {
            throw new ModelException("there is no memory for steps of " + shape.maxRows() + " rows", none);
        }
        link.send(Kind.DONE, NOTHING, List.of());
    }

    private void step(Sized now) throws IOException {
        boolean bulk = now.codec.decode(link.small(), now.step);
        boolean first = stage.layers().first() == 0;
        if (bulk == first) {
            throw new WireException(
                    first ? "rows came for the first layers, which look up tokens" : "a step came without its rows");
        }
        if (link.bulk() != (bulk ? now.step.bytes() : 0)) {
            throw new WireException("a step of " + now.step.rows() + " rows came with " + link.bulk() + " bytes");
        }
        if (bulk) {
            link.readBulk(now.input.clear().limit(link.bulk()));
        }
        now.step.connect(first ? null : now.input, now.output);
        heartbeat.expect(nanosPerRow * now.step.rows());
        long begun = System.nanoTime();
        stage.submit(now.step);
        try {
            stage.finish();
        } catch (ModelException failed) {
            link.send(Kind.FAILED, String.valueOf(failed.getMessage()));
            throw new StageFailedException(failed);
        }
        long nanos = System.nanoTime() - begun;
        nanosPerRow = nanos / now.step.rows();
        link.send(Kind.DONE, StageLink.took(nanos), List.of(wanted(now)));
    }

    private static ByteBuffer wanted(Sized now) {
        StageStep step = now.step;
        int row = step.width() * Float.BYTES;
        now.wanted.clear();
        for (int each = 0; each < step.rows(); each++) {
            if (step.wants(each)) {
                now.wanted.put(now.output.slice(each * row, row));
            }
        }
        return now.wanted.flip();
    }

    private void loadAdapter(Sized now) throws IOException {
        ByteBuffer numbers;
        try {
            numbers = ByteBuffer.allocateDirect(link.bulk());
        } catch (OutOfMemoryError none) {
            throw new ModelException("there is no memory for an adapter of " + link.bulk() + " bytes", none);
        }
        link.readBulk(numbers);
        AdapterCodec.Read read = now.adapters.decode(link.small(), numbers.flip());
        stage.loadAdapter(read.number(), read.adapter());
        link.send(Kind.DONE, NOTHING, List.of());
    }

    private void dropAdapter() throws IOException {
        int number = Fields.number(link.small(), 1, Integer.MAX_VALUE, "an adapter's number");
        Fields.requireEnd(link.small());
        stage.dropAdapter(number);
        link.send(Kind.DONE, NOTHING, List.of());
    }

    private int group(Sized now) throws IOException {
        Fields.require(link.small(), PAGE_BYTES);
        int group = Fields.number(link.small(), 0, now.pages.groups() - 1, "a page's group");
        if (now.pages.of(group) == 0) {
            throw new WireException("no layer of group " + group + " is here");
        }
        return group;
    }

    private void readPage(Sized now) throws IOException {
        int group = group(now);
        int page = Fields.number(link.small(), 0, Integer.MAX_VALUE, "a page");
        Fields.requireEnd(link.small());
        ByteBuffer room = now.page.clear().limit((int) now.pages.of(group));
        stage.readPage(group, page, room);
        link.send(Kind.DONE, NOTHING, List.of(room));
    }

    private void writePage(Sized now) throws IOException {
        int group = group(now);
        int page = Fields.number(link.small(), 0, Integer.MAX_VALUE, "a page");
        Fields.requireEnd(link.small());
        if (link.bulk() != now.pages.of(group)) {
            throw new WireException("a page of group " + group + " came with " + link.bulk() + " bytes");
        }
        link.readBulk(now.page.clear().limit(link.bulk()));
        stage.writePage(group, page, now.page.flip());
        link.send(Kind.DONE, NOTHING, List.of());
    }
}
