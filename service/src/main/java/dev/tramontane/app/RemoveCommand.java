package dev.tramontane.app;

import dev.tramontane.hub.Hub;
import dev.tramontane.hub.Reference;
import dev.tramontane.hub.References;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code tramontane rm}: takes models away that were pulled. */
@CommandLine.Command(
        name = "rm",
        description =
                "Remove models that were pulled, and the files that no other model has. A server that runs one goes on"
                        + " with it. What lies in caches of Ollama or Hugging Face stays.")
final class RemoveCommand extends Command {
    @Parameters(arity = "1..*", paramLabel = "NAME", description = "What to remove.")
    private List<String> names = List.of();

    RemoveCommand(Environment environment) {
        super(environment);
    }

    @Override
    List<Setting> settings() {
        return CommandSettings.ofHubs();
    }

    @Override
    int run(Configuration configuration) {
        List<Reference> references = names.stream().map(References::parse).toList();
        Hub hub = Hubs.here(configuration, environment());
        for (Reference reference : references) {
            if (!hub.remove(reference)) {
                throw new UsageException(
                        "there is no model " + reference.text() + " to remove; tramontane list shows what is there");
            }
            environment().out().println("removed " + reference.text());
        }
        return ExitCode.OK;
    }
}
