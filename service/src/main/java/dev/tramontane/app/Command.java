package dev.tramontane.app;

import dev.tramontane.json.Nearest;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A subcommand: its settings, and the configuration made of them. */
abstract class Command implements Callable<Integer> {
    static final String CONFIG_VARIABLE = Setting.PREFIX + "CONFIG";

    /** Variables that are no settings: the launcher script's, and secrets, which no flag may have. */
    private static final List<String> OTHERS = List.of(
            Setting.PREFIX + "JAVA_HOME", Setting.PREFIX + "JVM_FLAGS", CONFIG_VARIABLE, TopCommand.KEY_VARIABLE);

    /** What Kubernetes sets for a Service called tramontane. */
    private static final String KUBERNETES = Setting.PREFIX + "(SERVICE_|PORT_\\d).*";

    private final Environment environment;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "Settings file: Java properties in UTF-8, the keys being the flags' names (port = 8081). Every flag"
                            + " of a setting can also be given as an environment variable, TRAMONTANE_PORT for --port."
                            + " A flag wins over a variable, a variable over the file.")
    private @Nullable String config;

    Command(Environment environment) {
        this.environment = environment;
    }

    /** The settings that this command takes as flags. Variables and keys of others are allowed and do nothing here. */
    abstract List<Setting> settings();

    /** What it is called with. */
    final Environment environment() {
        return environment;
    }

    /** The level of log lines unless it is set. */
    String logLevel() {
        return "warn";
    }

    /** Carries the command out; returns an {@link ExitCode}. */
    abstract int run(Configuration configuration) throws Exception;

    @Override
    public final Integer call() throws Exception {
        Configuration all = Configuration.of(resolve());
        Configuration configuration = settings().contains(Setting.STAGES) ? all : all.inOnePiece();
        Logging.configure(configuration.log(), logLevel());
        warnOfUnknownVariables();
        int code = run(configuration);
        if (code == ExitCode.OK && answersOnStandardOutput()) { // Else it has failed anyway, whoever reads that.
            environment.out().check();
        }
        return code;
    }

    /** Whether the command was for what it writes there, so that it has failed where that is lost. */
    boolean answersOnStandardOutput() {
        return true;
    }

    /** Extends what {@link #settings} gives by values from elsewhere, a positional MODEL for instance. */
    void addFlags(Map<Setting, String> flags) {}

    private Settings resolve() {
        Map<Setting, String> flags = new EnumMap<>(Setting.class);
        for (Setting setting : settings()) {
            OptionSpec option = spec == null ? null : spec.findOption(setting.flag());
            if (option != null && option.getValue() instanceof String value) {
                flags.put(setting, value);
            }
        }
        addFlags(flags);
        String variable = environment.variables().getOrDefault(CONFIG_VARIABLE, "");
        String path = config != null ? config : variable;
        if (path.isEmpty()) {
            return Settings.of(flags, environment.variables(), Map.of(), "");
        }
        String name = config != null ? "--config" : "--config (from " + CONFIG_VARIABLE + ")";
        try {
            return Settings.of(flags, environment.variables(), SettingsFile.read(Path.of(path), name), path);
        } catch (InvalidPathException malformed) {
            throw new UsageException(name + " must be a path", malformed);
        }
    }

    /** A misspelt variable would otherwise be ignored in silence. It is no error, since others may set variables too. */
    private void warnOfUnknownVariables() {
        for (String variable : environment.variables().keySet()) {
            if (variable.startsWith(Setting.PREFIX)
                    && !OTHERS.contains(variable)
                    && !variable.matches(KUBERNETES)
                    && List.of(Setting.values()).stream()
                            .noneMatch(setting -> setting.variable().equals(variable))) {
                environment
                        .err()
                        .println("tramontane: there is no setting for the environment variable " + variable
                                + Nearest.suggestion(variable, Setting.spelled(Setting::variable)));
            }
        }
    }
}
