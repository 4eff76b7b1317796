package dev.tramontane.app;

import dev.tramontane.hub.Reference;
import dev.tramontane.hub.References;
import dev.tramontane.hub.StoredModel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * The model that was asked for, by a path or a name. Where something lies at the text as a path, it is that path; what can only
 * be a path is one, too; anything else is a name. Every command that opens a model asks here first, and goes on with a
 * configuration that has a path.
 */
final class NamedModel {
    /** Commands that generate, or say what that takes. */
    private static final Set<String> DRAFTING = Set.of("serve", "chat", "complete", "run", "bench", "inspect");

    private final Configuration configuration;
    private final Environment environment;
    private final String command;

    private NamedModel(Configuration configuration, Environment environment, String command) {
        this.configuration = configuration;
        this.environment = environment;
        this.command = command;
    }

    /**
     * The configuration with the path of its model: of the one that was asked for, else of the default one. May fetch, and then
     * blocks for minutes, and shows progress.
     *
     * @param command for messages
     * @throws UsageException when it is neither here nor to be fetched, with what to do
     */
    static Configuration chosen(Configuration configuration, Environment environment, String command)
            throws InterruptedException {
        Configuration chosen = model(configuration, environment, command);
        Optional<String> draft = chosen.engine().draft().asked();
        if (draft.isEmpty() || !DRAFTING.contains(command)) {
            return chosen;
        }
        return DraftBinding.alone(chosen, asked -> found(chosen, asked, environment, command));
    }

    /** Where another model is that was asked for. */
    static Path found(Configuration configuration, String asked, Environment environment, String command)
            throws InterruptedException {
        Configuration other = configuration.asking(asked, Optional.empty());
        return Models.file(new NamedModel(other, environment, command).chosen(asked));
    }

    /** The same without the draft model. */
    static Configuration model(Configuration configuration, Environment environment, String command)
            throws InterruptedException {
        if (configuration.model().path().isPresent()) {
            return configuration;
        }
        Optional<String> asked = configuration.model().asked();
        return asked.isPresent()
                ? new NamedModel(configuration, environment, command).chosen(asked.get())
                : DefaultModel.chosen(configuration, environment, command);
    }

    private Configuration chosen(String asked) throws InterruptedException {
        Optional<Path> path = path(asked);
        if (path.isPresent()) {
            return configuration.withModel(path.get());
        }
        Reference name = References.parse(asked);
        if (name instanceof Reference.Local local) {
            return configuration.withModel(local.path());
        }
        StoredModel model;
        Optional<StoredModel> there = Hubs.here(configuration, environment).find(name);
        if (there.isPresent()) {
            model = there.get();
        } else if (configuration.hub().pull()) {
            model = PullProgress.pull(Hubs.of(configuration, environment), name, environment);
        } else {
            throw new UsageException("there is neither a file " + asked
                    + " nor a model of that name on this machine: tramontane pull " + name.text()
                    + " fetches it, and so does " + command + " with --pull; tramontane list shows what is there");
        }
        return configuration.withModel(model.path()).named(name.servedName());
    }

    /** Empty for what is a name. */
    private static Optional<Path> path(String asked) {
        try {
            Path path = Path.of(asked);
            return Files.exists(path) || References.isPath(asked) ? Optional.of(path) : Optional.empty();
        } catch (InvalidPathException name) {
            return Optional.empty();
        }
    }
}
