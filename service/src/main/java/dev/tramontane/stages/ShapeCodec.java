package dev.tramontane.stages;

import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.LayerGroup;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A cache's shape on the wire. */
final class ShapeCodec {
    private static final int NUMBERS = 10;

    /** In the order of their numbers on the wire. */
    private static final List<CacheType> KEPT = List.of(CacheType.F32, CacheType.F16, CacheType.BF16, CacheType.FP8);

    /** Small data of its frame at most. */
    static final int MOST_BYTES = (NUMBERS + 2 * LayerGroup.MOST) * Integer.BYTES;

    private static final int MOST_PAGE = 256;
    private static final int MOST_SLOTS = 1 << 16;
    private static final int MOST_ROWS = 1 << 16;
    private static final int MOST_ADAPTERS = 1 << 12;
    private static final int MOST_RANK = 1 << 12;

    private ShapeCodec() {}

    static ByteBuffer encode(CacheShape shape) {
        ByteBuffer to = Fields.room(MOST_BYTES);
        to.putInt(shape.pageTokens())
                .putInt(shape.slots())
                .putInt(shape.maxRows())
                .putInt(shape.maxSpans())
                .putInt(shape.maxSamples())
                .putInt(KEPT.indexOf(shape.type()));
        AdapterRoom room = shape.adapters();
        to.putInt(room.most()).putInt(room.rank()).putInt(Fields.TYPES.indexOf(room.type()));
        to.putInt(shape.groups().size());
        shape.groups().forEach(group -> to.putInt(group.pages()).putInt(group.ring()));
        return to.flip();
    }

    static CacheShape decode(ByteBuffer from) throws WireException {
        int pageTokens = Fields.number(from, 1, MOST_PAGE, "a page's tokens");
        int slots = Fields.number(from, 1, MOST_SLOTS, "slots");
        int rows = Fields.number(from, 1, MOST_ROWS, "a step's rows");
        int spans = Fields.number(from, 1, Math.min(slots, rows), "a step's spans");
        int samples = Fields.number(from, 0, MOST_ROWS, "a step's samples");
        int kept = Fields.number(from, 0, KEPT.size() - 1, "the cache's type");
        int adapters = Fields.number(from, 0, MOST_ADAPTERS, "adapters");
        int rank = Fields.number(from, adapters == 0 ? 0 : 1, adapters == 0 ? 0 : MOST_RANK, "adapters' rank");
        int type = Fields.number(from, 0, Fields.TYPES.size() - 1, "adapters' type");
        int count = Fields.number(from, 1, LayerGroup.MOST, "groups of layers");
        List<CacheShape.Group> groups = new ArrayList<>();
        for (int group = 0; group < count; group++) {
            int pages = Fields.number(from, 1, Integer.MAX_VALUE, "a group's pages");
            int ring = Fields.number(from, 1, Integer.MAX_VALUE, "a group's ring");
            groups.add(new CacheShape.Group(pages, ring));
        }
        Fields.requireEnd(from);
        AdapterRoom room = new AdapterRoom(adapters, rank, Fields.TYPES.get(type));
        return new CacheShape(pageTokens, slots, rows, spans, samples, KEPT.get(kept), groups, room);
    }
}
