package dev.tramontane.load;

import dev.tramontane.kernels.KernelContext;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.Stage;
import java.util.ArrayList;
import java.util.List;

/** Adapters of a model in stages: each stage has the parts of its own layers, the head knows the number alone. */
final class StagedAdapters {
    private final List<Stage> stages;
    private final KernelContext head;

    StagedAdapters(List<Stage> stages, KernelContext head) {
        this.stages = stages;
        this.head = head;
    }

    /** As {@link dev.tramontane.model.Model#loadAdapter}: everywhere or nowhere. */
    void load(int number, Adapter adapter) {
        List<Stage> loaded = new ArrayList<>();
        try {
            for (Stage stage : stages) {
                stage.loadAdapter(number, partOf(adapter, stage.layers()));
                loaded.add(stage);
            }
            KernelConfigs.done(() -> head.loadAdapter(number, List.of()));
        } catch (ModelException refused) {
            // What a number means is the same in every stage, or nothing.
            for (Stage stage : loaded) {
                try {
                    stage.dropAdapter(number);
                } catch (ModelException also) {
                    refused.addSuppressed(also);
                }
            }
            throw refused;
        }
    }

    private static Adapter partOf(Adapter adapter, LayerRange layers) {
        return new Adapter(
                adapter.digest(),
                adapter.parts().stream()
                        .filter(part -> layers.contains(part.layer()))
                        .map(part -> part.inLayer(part.layer() - layers.first()))
                        .toList());
    }

    void drop(int number) {
        for (Stage stage : stages) {
            stage.dropAdapter(number);
        }
        KernelConfigs.done(() -> head.dropAdapter(number));
    }
}
