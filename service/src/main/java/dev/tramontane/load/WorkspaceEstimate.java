package dev.tramontane.load;

import dev.tramontane.kernels.Backend;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.ModelGeometry;

/**
 * What the kernel library allocates for a step beside the cache, foreseen to a few per cent (its own books have the exact
 * sum once it is there). Follows the buffers of size_cache.cpp and of each backend's scratch.
 */
public final class WorkspaceEstimate {
    /** Rows of logits computed together. */
    private static final long LOGIT_ROWS = 32;

    /** Bytes of 32 activations as the cpu backend quantises them. */
    private static final long ACTIVATION_BLOCK = 96;

    /** Rows that each worker prepares for itself. */
    private static final long PRIVATE_ROWS = 4;

    /** Floats of gate and up that a worker holds. */
    private static final long PRIVATE_FFN = 2 * 64 * 32;

    private static final long SEGMENT = 256;
    private static final long PARTIALS = 2048;

    /** Queries that attend together. */
    private static final long QUERIES = 12;

    /** The same of a device, whose activations come in whole chunks of columns. */
    private static final long DEVICE_SEGMENT = 128;

    private static final long CHUNK_COLUMNS = 128;
    private static final long DEVICE_PARTIALS = 256L << 20;
    private static final long GRAPH_ROWS = 64;

    private WorkspaceEstimate() {}

    /** @param threads compute threads */
    public static long of(ModelGeometry geometry, Backend backend, CacheShape shape, int threads) {
        return shared(geometry, shape, threads)
                + switch (backend) {
                    case REF -> reference(geometry, shape, threads);
                    case CPU -> vectorised(geometry, shape, threads);
                    case CUDA, EMU -> device(geometry, shape);
                };
    }

    private static long queryWidth(ModelGeometry g) {
        return (long) g.heads() * g.headDim();
    }

    private static long keyWidth(ModelGeometry g) {
        return (long) g.kvHeads() * g.headDim();
    }

    /** The frame of a step, logits, samplers and page tables. */
    private static long shared(ModelGeometry g, CacheShape shape, int threads) {
        long rows = shape.maxRows();
        long chosen = rows * g.expertsUsed();
        long floats = rows * (g.ropeDimensions() + g.width() + 2 * queryWidth(g) + 2 * keyWidth(g) + g.experts())
                + Math.max(rows, chosen) * g.ffn()
                + chosen * (4 + g.width());
        long logits = Math.min(LOGIT_ROWS, Math.min(rows, shape.maxSamples())) * g.vocabulary();
        long samplers = shape.maxSamples() == 0 ? 0 : 3L * g.vocabulary() * threads;
        long tables = 0;
        for (CacheShape.Group group : shape.groups()) {
            tables += 2L * shape.slots() * group.ring() + group.pages(); // with room to undo, and who writes a page
        }
        return 4 * (floats + logits + samplers + tables);
    }

    private static long reference(ModelGeometry g, CacheShape shape, int threads) {
        long longest = Math.max(Math.max(g.width(), g.ffn()), queryWidth(g));
        return 4 * (Math.max(shape.maxRows(), LOGIT_ROWS) * g.width() + threads * longest);
    }

    private static long vectorised(ModelGeometry g, CacheShape shape, int threads) {
        long rows = shape.maxRows();
        long chosen = rows * g.expertsUsed();
        long group = g.heads() / g.kvHeads();
        long queries = Math.max(1, QUERIES / group) * group;
        long blocks = rows * (Math.max(g.width(), queryWidth(g)) / 32 + 1)
                + Math.max(rows, chosen) * (g.ffn() / 32 + 1)
                + chosen * (g.width() / 32 + 1)
                + threads * PRIVATE_ROWS * (g.width() / 32 + 1);
        long partials = g.kvHeads() < 2 * threads ? PARTIALS * queries * (g.headDim() + 2) : 0;
        long each = PRIVATE_ROWS * g.width() + PRIVATE_FFN + queries * (3L * g.headDim() + SEGMENT + 6);
        return ACTIVATION_BLOCK * blocks + 4 * (rows * g.width() + partials + threads * each);
    }

    private static long device(ModelGeometry g, CacheShape shape) {
        long rows = Math.max(shape.maxRows(), LOGIT_ROWS);
        long activations = rows * 2 * (chunks(g.width()) + chunks(queryWidth(g)) + chunks(g.ffn()));
        long tables = 0;
        long segments = 0;
        for (int i = 0; i < g.groups().size(); i++) {
            long held = (long) shape.groups().get(i).ring() * shape.pageTokens();
            int window = g.groups().get(i).window();
            tables += (long) shape.maxSpans() * shape.groups().get(i).ring();
            segments = Math.max(segments, (window == 0 ? held : Math.min(held, window)) / DEVICE_SEGMENT + 2);
        }
        long partials = 4L * g.heads() * segments * (g.headDim() + 2);
        long split = Math.min(GRAPH_ROWS, Math.min(shape.maxSpans(), DEVICE_PARTIALS / partials));
        long description = rows * 16 + 4 * tables; // in both places
        return activations + split * partials + 4 * (LOGIT_ROWS * g.vocabulary() + rows * g.width()) + 2 * description;
    }

    private static long chunks(long columns) {
        return (columns + CHUNK_COLUMNS - 1) / CHUNK_COLUMNS * CHUNK_COLUMNS;
    }
}
