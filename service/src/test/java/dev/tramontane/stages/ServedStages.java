package dev.tramontane.stages;

import dev.tramontane.fixtures.JavaStage;
import dev.tramontane.model.LayerRange;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Stages over loopback, heads that ask them, and what stands between, closed after each test: what came last, first. */
final class ServedStages implements AfterEachCallback {
    static final LayerRange LAYERS = new LayerRange(2, 4);

    /** Has the layers of all stages. */
    final JavaHost host = new JavaHost();

    private final List<AutoCloseable> open = new ArrayList<>();

    <T extends AutoCloseable> T closing(T one) {
        open.add(one);
        return one;
    }

    /** @param port 0 for any that is free */
    StageServer serve(int port, StageSecurity security, Duration silence) throws IOException {
        return closing(new StageServer(new StageAddress("localhost", port), security, silence, host));
    }

    /** One that tries to connect from now on. */
    RemoteStage head(int port, StageSecurity security, StageOrder order, Duration silence) {
        return closing(new RemoteStage(
                new StageAddress("localhost", port),
                security,
                order,
                JavaStage.geometry(),
                silence,
                StageObserver.NONE));
    }

    static StageOrder order(String head, LayerRange layers) {
        return new StageOrder(head, "1.0", 11, "cpu", -1, "", layers, JavaHost.DIGEST);
    }

    /** The same layers in this process. */
    static JavaStage here(LayerRange layers) {
        JavaStage stage = new JavaStage(JavaStage.geometry(), layers);
        stage.sizeCache(Steps.SHAPE);
        return stage;
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }
}
