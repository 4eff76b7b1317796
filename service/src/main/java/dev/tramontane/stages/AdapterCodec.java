package dev.tramontane.stages;

import dev.tramontane.model.Adapter;
import dev.tramontane.model.Adapter.Matrix;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.ModelGeometry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A stage's parts of an adapter on the wire: number, digest and how many, then of each its matrix, layer, rank, scale, order of rows and types; in the bulk the numbers
 * of all, a before b. How many bytes belong to a part follows from the model's geometry, so that nobody has to be believed.
 */
final class AdapterCodec {
    /** By their numbers on the wire. */
    private static final List<Matrix> MATRICES =
            List.of(Matrix.Q, Matrix.K, Matrix.V, Matrix.OUT, Matrix.GATE, Matrix.UP, Matrix.DOWN);

    private static final int PART = 7 * Integer.BYTES;

    private final ModelGeometry geometry;
    private final int layers;
    private final AdapterRoom room;

    AdapterCodec(ModelGeometry geometry, LayerRange layers, AdapterRoom room) {
        this.geometry = geometry;
        this.layers = layers.size();
        this.room = room;
    }

    /** What came. */
    record Read(int number, Adapter adapter) {}

    private int mostParts() {
        return layers * MATRICES.size();
    }

    /** Small data of its frame at most. */
    int mostBytes() {
        return 2 * Integer.BYTES + Fields.textBytes() + mostParts() * PART;
    }

    /** Bytes of its bulk at most. */
    long mostBulk() {
        long bytes = 0;
        for (Matrix matrix : MATRICES) {
            bytes += bytes(matrix, room.rank(), Adapter.Type.F32, true)
                    + bytes(matrix, room.rank(), Adapter.Type.F32, false);
        }
        return Math.min(Integer.MAX_VALUE, layers * bytes);
    }

    /** The bytes of a part's a, [rank, columns], or of its b, [rows, rank]. */
    private long bytes(Matrix matrix, int rank, Adapter.Type type, boolean a) {
        long side = a ? matrix.columns(geometry) : matrix.rows(geometry);
        return side * rank * (type == Adapter.Type.F32 ? Float.BYTES : Short.BYTES);
    }

    ByteBuffer encode(int number, Adapter adapter) {
        ByteBuffer to = Fields.room(
                2 * Integer.BYTES + Fields.textBytes() + adapter.parts().size() * PART);
        to.putInt(number);
        Fields.put(to, adapter.digest());
        to.putInt(adapter.parts().size());
        for (Adapter.Part part : adapter.parts()) {
            to.putInt(MATRICES.indexOf(part.matrix()))
                    .putInt(part.layer())
                    .putInt(part.rank())
                    .putFloat(part.scale())
                    .putInt(part.halves() ? 1 : 0)
                    .putInt(Fields.TYPES.indexOf(part.aType()))
                    .putInt(Fields.TYPES.indexOf(part.bType()));
        }
        return to.flip();
    }

    /**
     * The numbers of all parts, as they go.
     *
     * @throws ModelException when a part has not as many as its matrix wants, or all are too many for a frame
     */
    List<ByteBuffer> bulk(Adapter adapter) {
        List<ByteBuffer> bulk = new ArrayList<>();
        long all = 0;
        for (Adapter.Part part : adapter.parts()) {
            bulk.add(checked(part.a(), bytes(part.matrix(), part.rank(), part.aType(), true)));
            bulk.add(checked(part.b(), bytes(part.matrix(), part.rank(), part.bType(), false)));
            all += part.a().remaining() + (long) part.b().remaining();
        }
        if (all > Integer.MAX_VALUE) {
            throw new ModelException("a stage's parts of the adapter have " + all + " bytes, expected at most "
                    + Integer.MAX_VALUE + ": give each stage fewer layers");
        }
        return bulk;
    }

    private static ByteBuffer checked(ByteBuffer numbers, long bytes) {
        if (numbers.remaining() != bytes) {
            throw new ModelException("a part of the adapter has " + numbers.remaining() + " bytes, expected " + bytes);
        }
        return numbers.duplicate();
    }

    /**
     * Reads an adapter.
     *
     * @param bulk all of it, direct
     */
    Read decode(ByteBuffer from, ByteBuffer bulk) throws WireException {
        int number = Fields.number(from, 1, Math.max(1, room.most()), "an adapter's number");
        String digest = Fields.text(from);
        int count = Fields.number(from, 0, mostParts(), "an adapter's parts");
        Fields.require(from, (long) count * PART);
        List<Adapter.Part> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Matrix matrix = MATRICES.get(Fields.number(from, 0, MATRICES.size() - 1, "a matrix"));
            int layer = Fields.number(from, 0, layers - 1, "an adapter's layer");
            int rank = Fields.number(from, 1, Math.max(1, room.rank()), "an adapter's rank");
            float scale = from.getFloat();
            boolean halves = Fields.number(from, 0, 1, "the order of rows") == 1;
            Adapter.Type aType = type(from);
            Adapter.Type bType = type(from);
            ByteBuffer a = next(bulk, bytes(matrix, rank, aType, true));
            ByteBuffer b = next(bulk, bytes(matrix, rank, bType, false));
            parts.add(new Adapter.Part(matrix, layer, rank, scale, halves, aType, a, bType, b));
        }
        Fields.requireEnd(from);
        Fields.requireEnd(bulk);
        return new Read(number, new Adapter(digest, parts));
    }

    private static Adapter.Type type(ByteBuffer from) throws WireException {
        return Fields.TYPES.get(Fields.number(from, 0, Fields.TYPES.size() - 1, "a type of numbers"));
    }

    private static ByteBuffer next(ByteBuffer bulk, long bytes) throws WireException {
        Fields.require(bulk, bytes);
        ByteBuffer part = bulk.slice(bulk.position(), (int) bytes);
        bulk.position(bulk.position() + (int) bytes);
        return part;
    }
}
