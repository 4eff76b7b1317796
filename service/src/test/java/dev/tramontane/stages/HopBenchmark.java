package dev.tramontane.stages;

import dev.tramontane.model.Adapter;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stage;
import dev.tramontane.model.StageStep;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What it costs that a stage is elsewhere: rows 4096 wide to a stage that computes nothing and back, over loopback. What a network adds is its latency and its rate. Not
 * a test; run it from {@code service} after {@code mvn -DskipTests package}:
 *
 * <pre>java -cp "target/test-classes:target/classes:target/lib/*" dev.tramontane.stages.HopBenchmark [rounds]</pre>
 */
public final class HopBenchmark {
    private static final int WIDTH = 4096;
    private static final int MOST_ROWS = 2048;
    private static final int MOST_SPANS = 64;
    private static final LayerRange LAYERS = new LayerRange(1, 2);
    private static final CacheShape SHAPE = new CacheShape(
            16, MOST_SPANS, MOST_ROWS, MOST_SPANS, 1, CacheType.F16, List.of(new CacheShape.Group(256, 4)));

    private HopBenchmark() {}

    private static ModelGeometry geometry() {
        return new ModelGeometry(
                "echo",
                "echo",
                new ModelGeometry.Shape(2, WIDTH, 32, 8, 128, 14_336, 32_000),
                ModelGeometry.Mixture.NONE,
                new ModelGeometry.Positions(1 << 20, 1e4, false, 128),
                1e-5,
                List.of(new LayerGroup(0, List.of(0, 1))));
    }

    /** Gives rows back as they came. */
    private static final class Echo implements Stage, StageHost.Hosted {
        @Override
        public Stage stage() {
            return this;
        }

        @Override
        public ModelGeometry geometry() {
            return HopBenchmark.geometry();
        }

        @Override
        public void require(CacheShape shape) {}

        @Override
        public LayerRange layers() {
            return LAYERS;
        }

        @Override
        public boolean computesElsewhere() {
            return false;
        }

        @Override
        public void sizeCache(CacheShape shape) {}

        @Override
        public void submit(StageStep step) {
            ByteBuffer input = step.input();
            if (input == null) {
                throw new ModelException("rows are needed");
            }
            step.output().put(0, input, 0, (int) step.bytes());
        }

        @Override
        public boolean await(long timeoutNanos) {
            return true;
        }

        @Override
        public void readPage(int group, int page, ByteBuffer to) {}

        @Override
        public void writePage(int group, int page, ByteBuffer from) {}

        @Override
        public void loadAdapter(int number, Adapter adapter) {}

        @Override
        public void dropAdapter(int number) {}

        @Override
        public void close() {}
    }

    private static ByteBuffer room() {
        return ByteBuffer.allocateDirect(MOST_ROWS * WIDTH * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 300;
        StageOrder order = new StageOrder("head", "1.0", 1, "cpu", -1, "", LAYERS, "");
        Duration silence = Duration.ofSeconds(30);
        try (StageServer server = new StageServer(
                        new StageAddress("localhost", 0),
                        StageSecurity.NONE,
                        silence,
                        (asked, progress) -> new Echo());
                RemoteStage stage = new RemoteStage(
                        new StageAddress("localhost", server.port()),
                        StageSecurity.NONE,
                        order,
                        geometry(),
                        silence,
                        StageObserver.NONE)) {
            stage.awaitReady(silence);
            stage.sizeCache(SHAPE);
            System.out.printf("%d rounds of rows %d wide, there and back: median (least, most)%n", rounds, WIDTH);
            for (int rows : new int[] {1, 8, 64, 512, MOST_ROWS}) {
                measure(stage, rows, rounds);
            }
        }
    }

    private static void measure(Stage stage, int rows, int rounds) {
        StageStep step = new StageStep(WIDTH);
        int spans = Math.min(rows, MOST_SPANS);
        for (int span = 0; span < spans; span++) {
            step.addSpan(span, 0, 0);
            for (int row = 0; row < rows / spans; row++) {
                step.addRow(0);
            }
        }
        step.wantAll(true);
        step.connect(room(), room());
        double[] micros = new double[rounds];
        for (int round = -rounds; round < rounds; round++) { // The first half warms up.
            long begun = System.nanoTime();
            stage.submit(step);
            stage.finish();
            if (round >= 0) {
                micros[round] = (System.nanoTime() - begun) / 1e3;
            }
        }
        Arrays.sort(micros);
        double median = micros[rounds / 2];
        System.out.printf(
                Locale.ROOT,
                "%5d rows, %8.1f KiB a way: %9.0f us (%.0f, %.0f), %.2f GB/s each way%n",
                rows,
                step.bytes() / 1024.0,
                median,
                micros[0],
                micros[rounds - 1],
                2 * step.bytes() / median / 1e3);
    }
}
