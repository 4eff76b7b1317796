package dev.tramontane.app;

import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/**
 * A command that the launcher script carries out before there is a JVM. It is here for the help; whoever runs the jar
 * itself is told where it works.
 */
abstract class LaunchersCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    /** Whatever the launcher takes. */
    @Unmatched
    private @Nullable List<String> ignored;

    @Override
    public final Integer call() {
        String name = spec == null ? "this command" : spec.name();
        throw new UsageException("'" + name + "' needs the sources: run ./tramontane " + name + " in a checkout");
    }

    /** {@code ./tramontane test}. */
    @CommandLine.Command(
            name = "test",
            mixinStandardHelpOptions = true,
            description = "Run every test, in a checkout; './tramontane test --help' tells more.")
    static final class Test extends LaunchersCommand {}

    /** {@code ./tramontane build}. */
    @CommandLine.Command(
            name = "build",
            mixinStandardHelpOptions = true,
            description = "Build anew, in a checkout; other commands do so by themselves when sources have changed.")
    static final class Build extends LaunchersCommand {}

    /** {@code ./tramontane dist}. */
    @CommandLine.Command(
            name = "dist",
            mixinStandardHelpOptions = true,
            description =
                    "Pack an archive that needs nothing but glibc, in a checkout; './tramontane dist --help' tells"
                            + " more.")
    static final class Dist extends LaunchersCommand {}

    /** {@code ./tramontane image}. */
    @CommandLine.Command(
            name = "image",
            mixinStandardHelpOptions = true,
            description = "Pack a container image, in a checkout; './tramontane image --help' tells more.")
    static final class Image extends LaunchersCommand {}

    /** {@code ./tramontane loadtest}. */
    @CommandLine.Command(
            name = "loadtest",
            mixinStandardHelpOptions = true,
            description =
                    "Put a load on a server and tell what its readers saw, in a checkout; './tramontane loadtest --help'"
                            + " tells more.")
    static final class Loadtest extends LaunchersCommand {}
}
