package dev.tramontane.app;

import dev.tramontane.generation.GenerationException;
import dev.tramontane.hub.HubException;
import dev.tramontane.kernels.KernelException;
import dev.tramontane.model.ModelException;
import dev.tramontane.weights.ModelFileException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;

/** The command line as a whole: finds the command, runs it, and turns what went wrong into one line and an exit code. */
final class Program {

    @CommandLine.Command(
            name = "tramontane",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class,
            synopsisSubcommandLabel = "COMMAND",
            description = "A streaming inference server for Mistral-family language models.",
            footer = {
                "",
                "Start with:",
                "  tramontane serve                       a small model and a chat page at http://127.0.0.1:8080",
                "  tramontane run mistral                 fetches a model and talks with it",
                "  tramontane inspect MODEL               what it is and what it costs",
                "  tramontane chat --model MODEL          talk to it here",
                "  tramontane serve --model MODEL         the same with a model of your own",
                "",
                "MODEL is a GGUF file, a directory with safetensors files, or a name: mistral, hf:OWNER/REPOSITORY.",
                "'tramontane help COMMAND' tells a command's options."
            })
    private static final class Root {}

    /** Says which build this is. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"tramontane " + number()};
        }

        static String number() {
            return Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
                    .orElse("(not packaged)");
        }
    }

    private final Environment environment;

    Program(Environment environment) {
        this.environment = environment;
    }

    /** Runs one command line and returns its {@link ExitCode}. */
    int run(String... args) {
        CommandLine root = new CommandLine(new Root());
        for (Command command : commands()) {
            CommandLine sub = new CommandLine(command);
            sub.getCommandSpec().mixinStandardHelpOptions(true).versionProvider(new Version());
            for (Setting setting : command.settings()) {
                sub.getCommandSpec().addOption(new SettingOption(setting).spec());
            }
            root.addSubcommand(sub);
        }
        root.addSubcommand(new LaunchersCommand.Test())
                .addSubcommand(new LaunchersCommand.Build())
                .addSubcommand(new LaunchersCommand.Dist())
                .addSubcommand(new LaunchersCommand.Image())
                .addSubcommand(new LaunchersCommand.Loadtest());
        root.addSubcommand(new CommandLine.HelpCommand());
        root.setOut(new PrintWriter(environment.out(), true, StandardCharsets.UTF_8));
        root.setErr(new PrintWriter(environment.err(), true, StandardCharsets.UTF_8));
        root.setUsageHelpAutoWidth(false);
        root.setUsageHelpWidth(100);
        root.setColorScheme(CommandLine.Help.defaultColorScheme(environment.terminal() ? Ansi.AUTO : Ansi.OFF));
        root.setParameterExceptionHandler((wrong, given) -> refuse(wrong));
        root.setExecutionExceptionHandler((failure, line, parsed) -> report(failure));
        if (args.length == 0) {
            root.usage(environment.err());
            return ExitCode.USAGE;
        }
        return root.execute(args);
    }

    private List<Command> commands() {
        return List.of(
                new ServeCommand(environment),
                new StageCommand(environment),
                new CompleteCommand(environment),
                new ChatCommand(environment),
                new RunCommand(environment),
                new PullCommand(environment),
                new ListCommand(environment),
                new RemoveCommand(environment),
                new PruneCommand(environment),
                new InspectCommand(environment),
                new ConvertCommand(environment),
                new EvalCommand(environment),
                new BenchCommand(environment),
                new TopCommand(environment),
                new KeyCommand(environment),
                new DoctorCommand(environment));
    }

    private int refuse(ParameterException wrong) {
        String line = Misspelt.line(wrong, oneLine(wrong));
        String command = wrong.getCommandLine().getCommandSpec().qualifiedName();
        environment
                .err()
                .println("tramontane: " + line + (line.endsWith("?") ? "" : ".") + " See '" + command + " --help'.");
        return ExitCode.USAGE;
    }

    private int report(Exception failure) {
        PrintStream err = environment.err();
        switch (failure) {
            case UsageException wrong -> {
                err.println("tramontane: " + oneLine(wrong));
                return ExitCode.USAGE;
            }
            case ModelFileException wrong -> {
                err.println("tramontane: " + oneLine(wrong));
                return ExitCode.USAGE;
            }
            case HubException wrong -> {
                err.println("tramontane: " + oneLine(wrong));
                return switch (wrong.kind()) {
                    case INVALID, ABSENT, DENIED -> ExitCode.USAGE;
                    case UNREACHABLE, WRONG, STORE -> ExitCode.FAILURE;
                };
            }
            case OutputException wrong -> {
                if (wrong.unread()) {
                    return ExitCode.OK;
                }
                err.println("tramontane: " + oneLine(wrong));
            }
            case ListenException wrong -> err.println("tramontane: " + oneLine(wrong));
            case ModelException wrong -> err.println("tramontane: " + oneLine(wrong));
            case KernelException wrong -> err.println("tramontane: " + oneLine(wrong));
            case GenerationException wrong -> err.println("tramontane: " + oneLine(wrong));
            default -> {
                // Nobody foresaw it, so the trace is what a report needs.
                err.println("tramontane: this is a fault in the program: " + oneLine(failure));
                failure.printStackTrace(err);
            }
        }
        return ExitCode.FAILURE;
    }

    private static String oneLine(Exception failure) {
        String message = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        return message.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .reduce((a, b) -> a + " " + b)
                .orElse("");
    }
}
