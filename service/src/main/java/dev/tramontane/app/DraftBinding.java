package dev.tramontane.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which model guesses for which of those that are served: the one that is named for it, else the first of the others that has the same
 * tokens. Finds each as {@link NamedModel} finds a model, or among those that are served.
 */
final class DraftBinding {
    private static final Logger LOG = LoggerFactory.getLogger(DraftBinding.class);

    private final List<Configuration> models;
    private final Finder finder;

    /** By how they were asked for. */
    private final Map<String, Path> found = new LinkedHashMap<>();

    private final Map<Path, Drafts.Tokens> tokens = new LinkedHashMap<>();

    /** Where a model is that was asked for. */
    @FunctionalInterface
    interface Finder {
        /** @throws UsageException when it is neither here nor to be fetched */
        Path find(String asked) throws InterruptedException;
    }

    private DraftBinding(List<Configuration> models, Finder finder) {
        this.models = models;
        this.finder = finder;
    }

    /**
     * The same configurations, each with its draft model where it has one. May fetch.
     *
     * @param models that were chosen, all with the same draft models
     * @throws UsageException when one cannot guess for the model that it is named for, or for none of them
     */
    static List<Configuration> of(List<Configuration> models, Finder finder) throws InterruptedException {
        Optional<String> asked = models.getFirst().engine().draft().asked();
        return asked.isEmpty() ? models : new DraftBinding(models, finder).bound(NamedText.list(asked.get()));
    }

    /**
     * The same of a command that has one model: drafts that are named for others are not its affair.
     *
     * @param chosen with the path of its model
     */
    static Configuration alone(Configuration chosen, Finder finder) throws InterruptedException {
        List<NamedText> own = NamedText.list(chosen.engine().draft().asked().orElseThrow()).stream()
                .filter(draft -> draft.name().isEmpty() || draft.name().get().equals(Models.name(chosen)))
                .toList();
        return own.isEmpty()
                ? chosen
                : new DraftBinding(List.of(chosen), finder).bound(own).getFirst();
    }

    private List<Configuration> bound(List<NamedText> drafts) throws InterruptedException {
        List<String> names = models.stream().map(Models::name).toList();
        Map<String, NamedText> named = new LinkedHashMap<>();
        List<NamedText> others = new ArrayList<>();
        for (NamedText draft : drafts) {
            if (draft.name().isEmpty()) {
                others.add(draft);
            } else if (!names.contains(draft.name().get())) {
                throw new UsageException(Setting.DRAFT_MODEL.flag() + ": no model is called "
                        + draft.name().get() + "; there are " + String.join(", ", names));
            } else if (named.put(draft.name().get(), draft) != null) {
                throw new UsageException(Setting.DRAFT_MODEL.flag() + ": two models would guess for "
                        + draft.name().get());
            }
        }
        Map<NamedText, Map<String, String>> differences = new LinkedHashMap<>();
        others.forEach(draft -> differences.put(draft, new LinkedHashMap<>()));
        List<Configuration> bound = new ArrayList<>();
        for (Configuration model : models) {
            NamedText own = named.get(Models.name(model));
            bound.add(own == null ? fitted(model, others, differences) : required(model, own));
        }
        for (Map.Entry<NamedText, Map<String, String>> draft : differences.entrySet()) {
            requireUse(draft.getKey().text(), draft.getValue(), bound);
        }
        return bound;
    }

    private Path path(String asked) throws InterruptedException {
        Path known = found.get(asked);
        if (known == null) {
            Optional<Path> served = models.stream()
                    .filter(model -> models.size() > 1 && Models.name(model).equals(asked))
                    .map(Models::file)
                    .findFirst();
            known = served.isPresent() ? served.get() : finder.find(asked);
            found.put(asked, known);
        }
        return known;
    }

    private Configuration required(Configuration model, NamedText draft) throws InterruptedException {
        Path path = path(draft.text());
        difference(model, path).ifPresent(difference -> {
            throw Drafts.unfit(path, Models.name(model), difference);
        });
        return model.drafting(path);
    }

    /** With the first that has its tokens; one model alone is compared when it is loaded. */
    private Configuration fitted(
            Configuration model, List<NamedText> drafts, Map<NamedText, Map<String, String>> differences)
            throws InterruptedException {
        if (models.size() == 1) {
            if (drafts.size() > 1) {
                throw new UsageException(Setting.DRAFT_MODEL.flag() + " names " + drafts.size()
                        + " models, and one model is served: give one of them");
            }
            return drafts.isEmpty()
                    ? model
                    : model.drafting(path(drafts.getFirst().text()));
        }
        for (NamedText draft : drafts) {
            Path path = path(draft.text());
            Optional<String> difference =
                    isSame(Models.file(model), path) ? Optional.of("it is that model itself") : difference(model, path);
            if (difference.isEmpty()) {
                LOG.info("{} guesses for the model {}", draft.text(), Models.name(model));
                return model.drafting(path);
            }
            differences.getOrDefault(draft, Map.of()).put(Models.name(model), difference.get());
        }
        return model;
    }

    private void requireUse(String draft, Map<String, String> differences, List<Configuration> bound)
            throws InterruptedException {
        Path path = path(draft);
        boolean used =
                bound.stream().anyMatch(model -> model.engine().draft().path().equals(Optional.of(path)));
        if (!used) {
            throw new UsageException("the draft model " + draft + " guesses for none of the models: "
                    + (differences.isEmpty()
                            ? "each has another one"
                            : differences.entrySet().stream()
                                    .map(each -> "of " + each.getKey() + ", " + each.getValue())
                                    .collect(Collectors.joining("; "))));
        }
    }

    private static boolean isSame(Path one, Path other) {
        try {
            return Files.isSameFile(one, other);
        } catch (IOException unknown) {
            return one.equals(other);
        }
    }

    private Optional<String> difference(Configuration model, Path draft) {
        Drafts.Tokens own = tokens.computeIfAbsent(
                Models.file(model), file -> Drafts.Tokens.of(file, model.model().window()));
        return own.difference(tokens.computeIfAbsent(
                draft, file -> Drafts.Tokens.of(file, model.model().window())));
    }
}
