package dev.tramontane.load;

import dev.tramontane.kernels.KernelContext;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.Stage;
import dev.tramontane.source.ModelPlan;
import java.util.ArrayList;
import java.util.List;

/** What a model's layers are divided into. */
@FunctionalInterface
public interface Chain {

    /**
     * A stage on a device of this process.
     *
     * @param device of the backend's; 0 where it has none
     */
    record Local(LayerRange layers, int device) {}

    /**
     * Opens the stages, in the order of their layers, all of the model's together; when one cannot be had, none stays open. Blocks.
     *
     * @param plan whose files stay open as long as the stages
     * @param options of the model
     * @param progress hears bytes prepared and to prepare, stage by stage
     * @throws dev.tramontane.model.ModelException when one cannot be had
     */
    List<Stage> open(KernelLibrary library, ModelPlan plan, LoadOptions options, KernelContext.Progress progress);

    /** All stages in this process. */
    static Chain here(List<Local> stages) {
        return (library, plan, options, progress) -> {
            List<Stage> open = new ArrayList<>();
            try {
                for (Local stage : stages) {
                    open.add(
                            LocalStage.load(library, plan, stage.layers(), options.onDevice(stage.device()), progress));
                }
                return open;
            } catch (RuntimeException | Error failure) {
                open.forEach(Stage::close);
                throw failure;
            }
        };
    }
}
