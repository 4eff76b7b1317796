package dev.tramontane.app;

import dev.tramontane.hub.Hub;
import java.util.List;
import picocli.CommandLine;

/** {@code tramontane prune}: takes away what pulls have left behind. */
@CommandLine.Command(
        name = "prune",
        description = "Remove what pulls have left unfinished, and files that belong to no model any more.")
final class PruneCommand extends Command {
    PruneCommand(Environment environment) {
        super(environment);
    }

    @Override
    List<Setting> settings() {
        return CommandSettings.ofHubs();
    }

    @Override
    int run(Configuration configuration) {
        Hub.Pruned pruned = Hubs.here(configuration, environment()).prune();
        environment()
                .out()
                .println("removed " + Units.count(pruned.files(), "file") + ", " + PullProgress.size(pruned.bytes()));
        return ExitCode.OK;
    }
}
