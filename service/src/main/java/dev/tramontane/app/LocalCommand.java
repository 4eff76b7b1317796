package dev.tramontane.app;

import java.util.List;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that runs a model in this process for one person. */
abstract class LocalCommand extends Command {
    @Option(names = "--stats", description = "Print token counts and rates to standard error.")
    private boolean statistics;

    @Mixin
    private final SamplingOptions sampling = new SamplingOptions();

    LocalCommand(Environment environment) {
        super(environment);
    }

    @Override
    List<Setting> settings() {
        return Setting.ofModel(Setting.CONTEXT, Setting.STEP_TIME);
    }

    /** One person has one sequence, so the cache needs room for no more, whatever a server would get. */
    @Override
    final void addFlags(Map<Setting, String> flags) {
        flags.put(Setting.MAX_BATCH, "1");
        flags.put(Setting.MAX_SEQUENCES, "1");
    }

    final SamplingOptions sampling() {
        return sampling;
    }

    /** To stderr, if they were asked for. */
    final void printStatistics(Answer answer) {
        if (statistics) {
            answer.statistics().ifPresent(environment().err()::println);
        }
    }
}
