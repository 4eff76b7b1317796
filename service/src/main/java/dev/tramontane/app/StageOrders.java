package dev.tramontane.app;

import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.load.LoadOptions;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.WeightsDigest;
import dev.tramontane.stages.StageOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/** What a server orders of a stage, and what of an order is not to be had. */
final class StageOrders {
    private StageOrders() {}

    /**
     * Reads every byte of these layers' weights.
     *
     * @param head the name that this process made up for itself
     */
    static StageOrder of(String head, ModelPlan plan, LoadOptions options, LayerRange layers) {
        return new StageOrder(
                head,
                Program.Version.number(),
                KernelLibrary.abiVersion(),
                SettingValues.lower(options.backend().name()),
                options.window().orElse(-1),
                options.quantize().map(type -> SettingValues.lower(type.name())).orElse(""),
                layers,
                digest(plan, layers));
    }

    /** Of all that decides what these layers compute: their weights, and how they are used. */
    private static String digest(ModelPlan plan, LayerRange layers) {
        ModelGeometry geometry = plan.geometry();
        String how = geometry.architecture() + "\n" + geometry.shape() + "\n" + geometry.mixture() + "\n"
                + geometry.positions() + "\n" + geometry.rmsEpsilon() + "\n" + geometry.groups();
        MessageDigest digest = SnapshotFiles.sha256();
        digest.update(how.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest.digest(WeightsDigest.of(plan, layers)));
    }

    /** Why this program can't carry an order out, whatever the model. */
    static Optional<String> otherProgram(StageOrder order) {
        String own = Program.Version.number();
        if (!order.release().equals(own)) {
            return Optional.of(
                    "it runs release " + own + ", the server " + order.release() + ": run the same on all of them");
        }
        int abi = KernelLibrary.abiVersion();
        return order.abi() == abi
                ? Optional.empty()
                : Optional.of("its kernel library speaks ABI " + abi + ", the server's " + order.abi()
                        + ": run the same release on all of them");
    }

    /** Why a model here is not the one that is ordered. Reads every byte of the layers' weights. */
    static Optional<String> otherModel(StageOrder order, ModelPlan plan) {
        LayerRange layers = order.layers();
        if (layers.end() > plan.geometry().layers()) {
            return Optional.of("its model has " + plan.geometry().layers() + " layers, but " + layers
                    + " are asked of it: both sides need the same model");
        }
        return digest(plan, layers).equals(order.digest())
                ? Optional.empty()
                : Optional.of("its weights of " + layers + " are others than the server's, or its file says otherwise"
                        + " how they are used: both sides need the same model");
    }

    static OptionalInt window(StageOrder order) {
        return order.window() < 0 ? OptionalInt.empty() : OptionalInt.of(order.window());
    }

    /** @throws IllegalArgumentException when there is no such type */
    static Optional<DType> quantize(StageOrder order) {
        return order.quantize().isEmpty()
                ? Optional.empty()
                : Optional.of(DType.valueOf(order.quantize().toUpperCase(Locale.ROOT)));
    }
}
