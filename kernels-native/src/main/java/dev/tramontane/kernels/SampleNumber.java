package dev.tramontane.kernels;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;

/**
 * A number of {@code tm_sample} that shapes a draw (temperature and the like), found once by its name in tramontane.h,
 * which says what it means. All fields of a sample are such numbers but those that {@link StepDescriptor} writes itself.
 */
public final class SampleNumber {
    /** What a sample's place in the step and its lists are: not for callers. */
    private static final Set<String> OWN = Set.of(
            "row",
            "slot",
            "target",
            "top_logprobs",
            "n_counts",
            "first_count",
            "n_biases",
            "first_bias",
            "mask",
            "seed",
            "position");

    private final long offset;
    private final boolean whole;

    private SampleNumber(long offset, boolean whole) {
        this.offset = offset;
        this.whole = whole;
    }

    /** The names there are, in order of declaration. */
    public static List<String> names() {
        return Layouts.SAMPLE.memberLayouts().stream()
                .map(field -> field.name().orElseThrow())
                .filter(name -> !OWN.contains(name))
                .toList();
    }

    /** @throws IllegalArgumentException when there is no number of this name */
    public static SampleNumber of(String name) {
        if (!names().contains(name)) {
            throw new IllegalArgumentException(
                    "the kernel library's samples have no " + name + ", only " + String.join(", ", names()));
        }
        MemoryLayout field = Layouts.SAMPLE.select(PathElement.groupElement(name));
        return new SampleNumber(Layouts.offset(Layouts.SAMPLE, name), field instanceof ValueLayout.OfInt);
    }

    long offset() {
        return offset;
    }

    boolean whole() {
        return whole;
    }
}
