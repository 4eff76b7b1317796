package dev.tramontane.stages;

import dev.tramontane.model.CacheShape;
import dev.tramontane.model.StageStep;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Steps on the wire: six counts (rows, spans, edits, copies, wanted rows, and whether rows come in the bulk), then spans, tokens where no rows come, edits,
 * copies and wanted rows. What the numbers mean is checked by the kernel library, as for any step; here, that they are as many as they say, and
 * not more than the cache's shape lets be.
 */
final class StepCodec {
    private static final int COUNTS = 6 * Integer.BYTES;
    private static final int SPAN = 3 * Integer.BYTES + Long.BYTES;
    private static final int EDIT = 4 * Integer.BYTES;
    private static final int COPY = 3 * Integer.BYTES;
    private static final int MOST_SMALL = 64 << 20;

    private final int mostRows;
    private final int mostSpans;
    private final int mostEdits;
    private final int mostCopies;
    private ByteBuffer room = Fields.room(1 << 12);

    StepCodec(CacheShape shape) {
        mostRows = shape.maxRows();
        mostSpans = shape.maxSpans();
        long entries = 0;
        for (CacheShape.Group group : shape.groups()) {
            entries += (long) group.ring() * shape.slots();
        }
        mostEdits = (int) Math.min(MOST_SMALL / EDIT, entries);
        mostCopies = shape.slots() * shape.groups().size();
    }

    /** Small data of a step's frame at most. */
    int mostBytes() {
        return (int) Math.min(MOST_SMALL, length(mostRows, mostSpans, mostEdits, mostCopies, mostRows, false));
    }

    private static long length(long rows, long spans, long edits, long copies, long wanted, boolean bulk) {
        return COUNTS
                + spans * SPAN
                + (bulk ? 0 : rows * Integer.BYTES)
                + edits * EDIT
                + copies * COPY
                + wanted * Integer.BYTES;
    }

    /** The step without its rows' numbers; valid until the next. */
    ByteBuffer encode(StageStep step) {
        boolean bulk = step.input() != null;
        int length =
                Math.toIntExact(length(step.rows(), step.spans(), step.edits(), step.copies(), step.wanted(), bulk));
        if (room.capacity() < length) {
            room = Fields.room(Math.max(length, 2 * room.capacity()));
        }
        ByteBuffer to = room.clear();
        to.putInt(step.rows()).putInt(step.spans()).putInt(step.edits()).putInt(step.copies());
        to.putInt(step.wanted()).putInt(bulk ? 1 : 0);
        for (int span = 0; span < step.spans(); span++) {
            to.putInt(step.spanSlot(span))
                    .putInt(step.spanRows(span))
                    .putInt(step.spanAdapter(span))
                    .putLong(step.spanPosition(span));
        }
        for (int row = 0; !bulk && row < step.rows(); row++) {
            to.putInt(step.token(row));
        }
        for (int edit = 0; edit < step.edits(); edit++) {
            to.putInt(step.editSlot(edit))
                    .putInt(step.editGroup(edit))
                    .putInt(step.editIndex(edit))
                    .putInt(step.editPage(edit));
        }
        for (int copy = 0; copy < step.copies(); copy++) {
            to.putInt(step.copyGroup(copy)).putInt(step.copyFrom(copy)).putInt(step.copyTo(copy));
        }
        for (int row = 0; row < step.rows(); row++) {
            if (step.wants(row)) {
                to.putInt(row);
            }
        }
        return to.flip();
    }

    /**
     * Reads a step.
     *
     * @param step cleared and filled
     * @return whether its rows come in the bulk
     */
    boolean decode(ByteBuffer from, StageStep step) throws WireException {
        step.clear();
        step.wantAll(false);
        int rows = Fields.number(from, 1, mostRows, "a step's rows");
        int spans = Fields.number(from, 1, Math.min(mostSpans, rows), "a step's spans");
        int edits = Fields.number(from, 0, mostEdits, "a step's edits");
        int copies = Fields.number(from, 0, mostCopies, "a step's copies");
        int wanted = Fields.number(from, 0, rows, "a step's wanted rows");
        boolean bulk = Fields.number(from, 0, 1, "whether rows come") == 1;
        Fields.require(from, length(rows, spans, edits, copies, wanted, bulk) - COUNTS);
        ByteBuffer tokens = from.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        tokens.position(from.position() + spans * SPAN);
        for (int span = 0; span < spans; span++) {
            int slot = from.getInt();
            int left = rows - step.rows() - (spans - 1 - span);
            int count = Fields.number(from, 1, left, "a span's rows");
            int adapter = from.getInt();
            step.addSpan(slot, from.getLong(), adapter);
            for (int row = 0; row < count; row++) {
                step.addRow(bulk ? 0 : tokens.getInt());
            }
        }
        if (step.rows() != rows) {
            throw new WireException("the spans of a step have " + step.rows() + " rows, not its " + rows);
        }
        from.position(from.position() + (bulk ? 0 : rows * Integer.BYTES));
        for (int edit = 0; edit < edits; edit++) {
            step.addEdit(from.getInt(), from.getInt(), from.getInt(), from.getInt());
        }
        for (int copy = 0; copy < copies; copy++) {
            step.addCopy(from.getInt(), from.getInt(), from.getInt());
        }
        int least = 0;
        for (int each = 0; each < wanted; each++) {
            int row = Fields.number(from, least, rows - 1, "a wanted row");
            step.want(row);
            least = row + 1;
        }
        Fields.requireEnd(from);
        return bulk;
    }
}
