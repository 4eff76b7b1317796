package dev.tramontane.app;

import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.PeftAdapter;
import dev.tramontane.weights.ModelFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** For which of several models an adapter is, where nobody said so: the one that its shapes fit, and of several the one that it names. */
final class AdapterFit {
    private AdapterFit() {}

    /**
     * A model that it may be for.
     *
     * @param name by which clients know it
     * @param asked as it was asked for, a path or a name
     */
    record Candidate(String name, Optional<String> asked, ModelGeometry geometry) {

        /** Whether that is what PEFT would call it, whole or without its owner. */
        private boolean isCalled(String base) {
            String last = base.replaceFirst("/+$", "").replaceFirst("^.*/", "");
            String own = asked.orElse(name).replaceFirst("^hf:", "");
            return List.of(name, own).stream()
                    .anyMatch(each -> each.equalsIgnoreCase(base) || each.equalsIgnoreCase(last));
        }
    }

    /**
     * Of one of them that is alone the name, whether or not the adapter fits it.
     *
     * @throws UsageException when it fits none of them, with why, or several, with which
     * @throws ModelFileException when it is none that is computed here
     */
    static String of(Path directory, List<Candidate> models) {
        if (models.size() == 1) {
            return models.getFirst().name();
        }
        List<Candidate> fitting = new ArrayList<>();
        Map<String, ModelFileException> reasons = new LinkedHashMap<>();
        Optional<String> base = Optional.empty();
        for (Candidate model : models) {
            try {
                base = PeftAdapter.check(directory, model.geometry());
                fitting.add(model);
            } catch (ModelFileException unfit) {
                reasons.put(model.name(), unfit);
            }
        }
        if (fitting.isEmpty()) {
            throw unfit(reasons);
        }
        String named = base.orElse("");
        List<Candidate> called =
                fitting.stream().filter(model -> model.isCalled(named)).toList();
        List<Candidate> left = called.isEmpty() ? fitting : called;
        if (left.size() > 1) {
            throw new UsageException("it fits each of " + names(left) + ": say for which it is, as "
                    + left.getFirst().name() + ":NAME");
        }
        return left.getFirst().name();
    }

    private static RuntimeException unfit(Map<String, ModelFileException> reasons) {
        if (reasons.values().stream().map(Throwable::getMessage).distinct().count() == 1) {
            return reasons.values().iterator().next(); // It is no matter of models.
        }
        return new UsageException("it fits no model: "
                + reasons.entrySet().stream()
                        .map(each ->
                                "of " + each.getKey() + ", " + each.getValue().getMessage())
                        .collect(Collectors.joining("; ")));
    }

    private static String names(List<Candidate> models) {
        return models.stream().map(Candidate::name).collect(Collectors.joining(", "));
    }
}
