package dev.tramontane.engine;

import dev.tramontane.model.CacheShape;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelGeometry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The one formula that sizes the cache, admits requests and explains both. Immutable; any thread.
 *
 * <p>A sequence that ends with L tokens holds in a group of window W at most
 *
 * <pre>
 *   min(ceil(L / page), ceil((W + C - 1) / page) + 1)    pages, or ceil(L / page) without a window,
 * </pre>
 *
 * where C is the token budget of a step. A page takes {@code 2 * layers * kvHeads * headDim * page * bytes} bytes, keys
 * and values. An admitted request has its pages reserved to its last token.
 */
public final class CachePlan {
    /** Of a group: page numbers are ints. */
    private static final long MOST_PAGES = Integer.MAX_VALUE - 8L;

    private final List<RollingWindow> windows;
    private final long[] pageBytes;
    private final CacheShape shape;
    private final ModelGeometry geometry;

    private CachePlan(List<RollingWindow> windows, long[] pageBytes, CacheShape shape, ModelGeometry geometry) {
        this.geometry = geometry;
        this.windows = windows;
        this.pageBytes = pageBytes;
        this.shape = shape;
    }

    /**
     * Divides {@code config.cacheBytes()} among the groups: first what one sequence of the whole context needs, then the
     * rest in the proportion that all other slots need at the greatest equal length that still fits.
     *
     * @throws IllegalArgumentException when not even one sequence of the whole context fits
     */
    public static CachePlan of(ModelGeometry geometry, EngineConfig config) {
        List<RollingWindow> windows = windows(geometry, config);
        long[] pageBytes = pageBytes(geometry, config);
        int context = config.contextTokens();
        long one = bytes(windows, pageBytes, context);
        if (one > config.cacheBytes()) {
            throw new IllegalArgumentException("one sequence of " + context + " tokens needs " + one
                    + " bytes of cache, but it has " + config.cacheBytes()
                    + "; give it more memory or lower the context");
        }
        int others = config.slots() - 1;
        int length = longest(windows, pageBytes, (config.cacheBytes() - one) / Math.max(1, others), context);
        // What the division leaves makes some of the others a page longer.
        int longer = (int) Math.min(context, (long) length + config.pageTokens());
        long left = config.cacheBytes() - one - others * bytes(windows, pageBytes, length);
        long growth = bytes(windows, pageBytes, longer) - bytes(windows, pageBytes, length);
        long grown = growth == 0 ? 0 : Math.min(others, left / growth);
        List<CacheShape.Group> groups = new ArrayList<>();
        for (RollingWindow window : windows) {
            long pages = window.pages(context) + (others - grown) * window.pages(length) + grown * window.pages(longer);
            groups.add(new CacheShape.Group((int) Math.min(MOST_PAGES, pages), window.ring()));
        }
        return new CachePlan(
                windows,
                pageBytes,
                new CacheShape(
                        config.pageTokens(),
                        config.slots(),
                        config.tokenBudget(),
                        config.lanes(),
                        config.maxSamples(),
                        config.cacheType(),
                        groups,
                        config.adapters()),
                geometry);
    }

    /** Bytes of cache with which {@code sequences} of {@code length} tokens each run at a time. */
    public static long bytesFor(ModelGeometry geometry, EngineConfig config, int length, int sequences) {
        return Math.multiplyExact(bytes(windows(geometry, config), pageBytes(geometry, config), length), sequences);
    }

    /** What the model is told. */
    public CacheShape shape() {
        return shape;
    }

    /** Bytes of the whole cache. */
    public long bytes() {
        long sum = 0;
        for (int group = 0; group < pageBytes.length; group++) {
            sum += shape.groups().get(group).pages() * pageBytes[group];
        }
        return sum;
    }

    /** Bytes of one page of a group. */
    public long pageBytes(int group) {
        return pageBytes[group];
    }

    /** Bytes of one page of each group. */
    public long[] pageBytes() {
        return pageBytes.clone();
    }

    /** Bytes of keys and values of one position in all layers. */
    public long tokenBytes() {
        return Arrays.stream(pageBytes).sum() / shape.pageTokens();
    }

    /** Layers of a group. */
    public int layers(int group) {
        return geometry.groups().get(group).layers().size();
    }

    /** Heads of keys and values of a layer. */
    public int kvHeads() {
        return geometry.kvHeads();
    }

    /** Numbers of a head's key, or value. */
    public int headDim() {
        return geometry.headDim();
    }

    /** Bytes of each, without what scales take. */
    public int elementBytes() {
        return shape.type().elementBytes();
    }

    /** Pages of a group that one sequence holds at most until it has {@code length} tokens. */
    public int pages(int group, int length) {
        return windows.get(group).pages(length);
    }

    /** Bytes that one sequence holds at most until it has {@code length} tokens. */
    public long sequenceBytes(int length) {
        return bytes(windows, pageBytes, length);
    }

    /** How many sequences of {@code length} tokens can be admitted at a time. */
    public int sequences(int length) {
        long count = shape.slots();
        for (int group = 0; group < pageBytes.length; group++) {
            count = Math.min(count, shape.groups().get(group).pages() / pages(group, length));
        }
        return (int) count;
    }

    /** Whether a request could run if it were alone. */
    public boolean fits(int prompt, int length, int choices) {
        if (choices > shape.slots()) {
            return false;
        }
        for (int group = 0; group < pageBytes.length; group++) {
            if (windows.get(group).pages(prompt, length, choices)
                    > shape.groups().get(group).pages()) {
                return false;
            }
        }
        return true;
    }

    /** Ring arithmetic by group. */
    List<RollingWindow> windows() {
        return windows;
    }

    private static List<RollingWindow> windows(ModelGeometry geometry, EngineConfig config) {
        return geometry.groups().stream()
                .map(group -> RollingWindow.of(
                        group.window(), config.pageTokens(), config.tokenBudget(), config.contextTokens()))
                .toList();
    }

    private static long[] pageBytes(ModelGeometry geometry, EngineConfig config) {
        long perLayer = geometry.layerBytes(config.cacheType()) * config.pageTokens();
        return geometry.groups().stream()
                .map(LayerGroup::layers)
                .mapToLong(layers -> layers.size() * perLayer)
                .toArray();
    }

    private static long bytes(List<RollingWindow> windows, long[] pageBytes, int length) {
        long sum = 0;
        for (int group = 0; group < pageBytes.length; group++) {
            sum += windows.get(group).pages(length) * pageBytes[group];
        }
        return sum;
    }

    /** The greatest length in 0..context of which one sequence takes at most {@code budget} bytes. */
    private static int longest(List<RollingWindow> windows, long[] pageBytes, long budget, int context) {
        int fits = 0;
        int exceeds = context + 1;
        while (exceeds - fits > 1) {
            int middle = (fits + exceeds) >>> 1;
            if (bytes(windows, pageBytes, middle) <= budget) {
                fits = middle;
            } else {
                exceeds = middle;
            }
        }
        return fits;
    }
}
