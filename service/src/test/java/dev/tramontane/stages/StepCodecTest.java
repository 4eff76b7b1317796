package dev.tramontane.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.JavaStage;
import dev.tramontane.fixtures.Mutations;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.StageStep;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What goes over the wire comes out as it went in, or is refused in words. */
final class StepCodecTest {
    private final StepCodec codec = new StepCodec(Steps.SHAPE);

    private static byte[] bytes(ByteBuffer from) {
        byte[] bytes = new byte[from.remaining()];
        from.duplicate().get(bytes);
        return bytes;
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Encoded again it is the same, so nothing was lost. */
    @Test
    void stepsComeOutAsTheyWentIn() throws WireException {
        StageStep step = new StageStep(Steps.WIDTH);
        StageStep read = new StageStep(Steps.WIDTH);
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 50; i++) {
            boolean first = i % 2 == 0;
            Steps.fill(step, random, first, i);
            byte[] sent = bytes(codec.encode(step));
            assertThat(sent.length).isLessThanOrEqualTo(codec.mostBytes());
            assertThat(codec.decode(littleEndian(sent), read)).isEqualTo(!first);
            read.connect(step.input(), step.output());
            assertThat(bytes(codec.encode(read))).isEqualTo(sent);
        }
    }

    @Test
    void brokenStepsAreRefused() {
        StageStep step = new StageStep(Steps.WIDTH);
        SplittableRandom random = new SplittableRandom(2);
        List<byte[]> sound = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Steps.fill(step, random, i % 2 == 0, i);
            sound.add(bytes(codec.encode(step)));
        }
        StageStep read = new StageStep(Steps.WIDTH);
        new Mutations(sound, words(), ModelException.class).run(5_000, input -> {
            refusing(() -> codec.decode(littleEndian(input), read));
            assertThat(read.rows()).isLessThanOrEqualTo(Steps.SHAPE.maxRows());
        });
    }

    @Test
    void ordersAndShapesComeOutAsTheyWentInAndBrokenOnesAreRefused() throws WireException {
        StageOrder order = new StageOrder("head", "1.2.3", 11, "cpu", -1, "", new LayerRange(3, 9), JavaHost.DIGEST);
        assertThat(StageOrder.decode(order.encode())).isEqualTo(order);
        CacheShape shape = new CacheShape(
                32, 7, 90, 5, 9, CacheType.FP8, Steps.SHAPE.groups(), new AdapterRoom(2, 8, Adapter.Type.BF16));
        assertThat(ShapeCodec.decode(ShapeCodec.encode(shape))).isEqualTo(shape);
        new Mutations(List.of(bytes(order.encode())), words(), ModelException.class)
                .run(2_000, input -> refusing(() -> StageOrder.decode(littleEndian(input))));
        new Mutations(List.of(bytes(ShapeCodec.encode(shape))), words(), ModelException.class)
                .run(2_000, input -> refusing(() -> ShapeCodec.decode(littleEndian(input))));
    }

    @Test
    void adaptersComeOutAsTheyWentInAndBrokenOnesAreRefused() throws WireException {
        AdapterCodec codecOfAdapters =
                new AdapterCodec(JavaStage.geometry(), new LayerRange(2, 4), new AdapterRoom(3, 4, Adapter.Type.F32));
        SplittableRandom random = new SplittableRandom(5);
        List<Adapter.Part> parts = new ArrayList<>();
        int number = 0;
        for (Adapter.Matrix matrix : Adapter.Matrix.values()) {
            int columns = 8; // All of that geometry's matrices have eight columns, and eight rows or four.
            int rows = matrix == Adapter.Matrix.K || matrix == Adapter.Matrix.V ? 4 : 8;
            Adapter.Type type = number % 2 == 0 ? Adapter.Type.F32 : Adapter.Type.BF16;
            int size = type == Adapter.Type.F32 ? 4 : 2;
            parts.add(new Adapter.Part(
                    matrix,
                    number++ % 2,
                    3,
                    0.5f,
                    true,
                    type,
                    random(random, 3 * columns * size),
                    type,
                    random(random, 3 * rows * size)));
        }
        Adapter adapter = new Adapter("digest", parts);
        ByteBuffer bulk = ByteBuffer.allocateDirect(1 << 12);
        codecOfAdapters.bulk(adapter).forEach(bulk::put);
        bulk.flip();
        byte[] small = bytes(codecOfAdapters.encode(2, adapter));
        assertThat(small.length).isLessThanOrEqualTo(codecOfAdapters.mostBytes());
        assertThat((long) bulk.remaining()).isLessThanOrEqualTo(codecOfAdapters.mostBulk());
        AdapterCodec.Read read = codecOfAdapters.decode(littleEndian(small), bulk.duplicate());
        assertThat(read).isEqualTo(new AdapterCodec.Read(2, adapter));
        new Mutations(List.of(small), words(), ModelException.class)
                .run(3_000, input -> refusing(() -> codecOfAdapters.decode(littleEndian(input), bulk.duplicate())));
    }

    /** A frame has less than 2 GiB; the engine has to hear so as a refusal. */
    @Test
    void anAdapterThatNoFrameHoldsIsRefused() {
        int rank = 1 << 20;
        ByteBuffer numbers = ByteBuffer.allocate(8 * rank * Float.BYTES); // The same for all of them.
        Adapter.Part part = new Adapter.Part(
                Adapter.Matrix.Q, 0, rank, 1, true, Adapter.Type.F32, numbers, Adapter.Type.F32, numbers);
        AdapterRoom room = new AdapterRoom(1, rank, Adapter.Type.F32);
        AdapterCodec codecOfAdapters = new AdapterCodec(JavaStage.geometry(), new LayerRange(0, 4), room);
        assertThat(codecOfAdapters.mostBulk()).isLessThanOrEqualTo(Integer.MAX_VALUE);
        assertThat(codecOfAdapters.bulk(new Adapter("fits", Collections.nCopies(31, part))))
                .hasSize(62);
        assertThatThrownBy(() -> codecOfAdapters.bulk(new Adapter("large", Collections.nCopies(32, part))))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("fewer layers");
    }

    private static ByteBuffer random(SplittableRandom random, int bytes) {
        byte[] values = new byte[bytes];
        random.nextBytes(values);
        return ByteBuffer.allocateDirect(bytes).put(values).flip();
    }

    private static List<byte[]> words() {
        return List.of(new byte[] {-1, -1, -1, -1}, new byte[] {0, 0, 0, -128}, new byte[] {1, 0, 0, 0});
    }

    private interface Decoding {
        Object run() throws WireException;
    }

    private static void refusing(Decoding decoding) {
        try {
            assertThat(decoding.run()).isNotNull();
        } catch (WireException refused) {
            throw new ModelException(String.valueOf(refused.getMessage()), refused);
        }
    }
}
