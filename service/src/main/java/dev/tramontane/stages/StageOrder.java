package dev.tramontane.stages;

import dev.tramontane.model.LayerRange;
import java.nio.ByteBuffer;

/**
 * What a head wants a stage to be. Whatever decides bits has to be the same on both sides; what does not (threads, the processor's level) is the
 * stage's own affair.
 *
 * @param head a name that the head's process made up, so that it is known when it comes again
 * @param release of the software, and with it the meaning of all that follows
 * @param abi version of the kernel library
 * @param backend that computes
 * @param window attention window of every layer in tokens, 0 for none, -1 for what the file says
 * @param quantize type that unquantised matrices are rounded to at load; empty for none
 * @param layers of the whole model that the stage computes
 * @param digest of these layers' weights and of what the file says of how they are used
 */
public record StageOrder(
        String head,
        String release,
        int abi,
        String backend,
        int window,
        String quantize,
        LayerRange layers,
        String digest) {
    private static final int MOST_LAYERS = 1 << 16;

    /** Small data of its frame at most. */
    static final int MOST_BYTES = 5 * Fields.textBytes() + 4 * Integer.BYTES;

    ByteBuffer encode() {
        ByteBuffer to = Fields.room(MOST_BYTES);
        Fields.put(to, head);
        Fields.put(to, release);
        to.putInt(abi);
        Fields.put(to, backend);
        to.putInt(window);
        Fields.put(to, quantize);
        to.putInt(layers.first()).putInt(layers.end());
        Fields.put(to, digest);
        return to.flip();
    }

    static StageOrder decode(ByteBuffer from) throws WireException {
        String head = Fields.text(from);
        String release = Fields.text(from);
        int abi = Fields.number(from, 0, Integer.MAX_VALUE, "the version of the kernel library");
        String backend = Fields.text(from);
        int window = Fields.number(from, -1, Integer.MAX_VALUE, "the window");
        String quantize = Fields.text(from);
        int first = Fields.number(from, 0, MOST_LAYERS, "the first layer");
        int end = Fields.number(from, first + 1, MOST_LAYERS + 1, "the layer after the last one");
        String digest = Fields.text(from);
        Fields.requireEnd(from);
        return new StageOrder(head, release, abi, backend, window, quantize, new LayerRange(first, end), digest);
    }

    /** Whether what was loaded for another order is right for this one, whichever head gives it. */
    boolean asks(StageOrder other) {
        return equals(new StageOrder(
                head,
                other.release,
                other.abi,
                other.backend,
                other.window,
                other.quantize,
                other.layers,
                other.digest));
    }
}
