package dev.tramontane.app;

import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.Prompt;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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
        return CommandSettings.ofModel(Setting.CONTEXT, Setting.STEP_TIME, Setting.SPECULATE, Setting.DRAFT_MODEL);
    }

    /** One person has one sequence, so the cache needs room for no more, whatever a server would get. */
    @Override
    void addFlags(Map<Setting, String> flags) {
        flags.put(Setting.MAX_BATCH, "1");
        flags.put(Setting.MAX_SEQUENCES, "1");
    }

    /** Continues or answers on standard output, where nothing else goes. */
    final void answer(RunningModel model, Prompt prompt) throws InterruptedException {
        try {
            Answer answer = Answer.start(model.generator(), sampling.request(prompt), piece -> {
                environment().out().print(piece);
                environment().out().flush();
                environment().out().check();
            });
            answer.await();
            environment().out().println();
            printStatistics(answer);
        } catch (GenerationException refused) {
            throw refused.kind() == GenerationException.Kind.TOO_LARGE
                            || refused.kind() == GenerationException.Kind.INVALID
                    ? new UsageException(String.valueOf(refused.getMessage()), refused)
                    : refused;
        }
    }

    /**
     * Talks until the other side ends.
     *
     * @param system what the model is told first; null for what its template says
     */
    final void chat(RunningModel model, Configuration configuration, @Nullable String system)
            throws InterruptedException {
        if (!model.layout().exists()) {
            throw new UsageException(Models.file(configuration) + " cannot chat; 'tramontane complete'"
                    + " continues texts. " + model.layout().reason());
        }
        try (Dialogue dialogue =
                environment().interactive() ? TerminalDialogue.ofProcess() : new PipeDialogue(environment())) {
            if (environment().interactive()) {
                dialogue.remark(model.description());
                dialogue.remark(ChatSession.HELP);
            }
            new ChatSession(model.generator(), sampling::request, dialogue, system, this::printStatistics).run();
        }
    }

    /** Refuses flags that are out of range, before anything takes long. */
    final void checkSampling() {
        sampling.request(new Prompt.Text(""));
    }

    /** To stderr, if they were asked for. */
    private void printStatistics(Answer answer) {
        if (statistics) {
            answer.statistics().ifPresent(environment().err()::println);
        }
    }
}
