package dev.tramontane.loadtest.command;

import dev.tramontane.loadtest.plan.InvalidPlanException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;

/** Where the process begins. */
public final class Main {
    private Main() {}

    @CommandLine.Command(
            name = "loadtest",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class,
            synopsisSubcommandLabel = "COMMAND",
            description =
                    "Load over SSE and WebSocket for any server with OpenAI's API, and what its readers saw of it.",
            footer = {"", "'loadtest COMMAND --help' tells a command's options."})
    private static final class Root {}

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {
                "tramontane loadtest "
                        + Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
                                .orElse("(not packaged)")
            };
        }
    }

    public static void main(String[] args) {
        int code = run(Surroundings.ofProcess(), args);
        Interruption.printed();
        System.exit(code);
    }

    /** Runs one command line and returns its exit code: 0, 1 when requests failed, 2 for a wrong option, 130 after Ctrl-C. */
    static int run(Surroundings around, String... args) {
        CommandLine line = new CommandLine(new Root())
                .addSubcommand(new RunCommand(around))
                .addSubcommand(new CompareCommand(around))
                .addSubcommand(new SweepCommand(around))
                .addSubcommand(new ProxyCommand(around))
                .setOut(new PrintWriter(around.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(around.err(), true, StandardCharsets.UTF_8));
        // Named loads say options that the user may say again: the last wins, without a word.
        line.setOverwrittenOptionsAllowed(true);
        CommandLine.tracer().setLevel(CommandLine.TraceLevel.OFF);
        line.setParameterExceptionHandler((wrong, given) -> usage(around, wrong));
        line.setExecutionExceptionHandler((failed, command, parsed) -> {
            if (failed instanceof InvalidPlanException) {
                around.err().println("loadtest: " + failed.getMessage());
                return LoadCommand.USAGE;
            }
            throw failed;
        });
        if (args.length == 0) {
            line.usage(around.err());
            return LoadCommand.USAGE;
        }
        return line.execute(args);
    }

    private static int usage(Surroundings around, ParameterException wrong) {
        around.err()
                .println("loadtest: " + wrong.getMessage() + " ('"
                        + wrong.getCommandLine().getCommandSpec().qualifiedName() + " --help' tells the options)");
        return LoadCommand.USAGE;
    }
}
