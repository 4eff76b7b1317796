package dev.tramontane.app;

import dev.tramontane.engine.EngineObserver;
import dev.tramontane.generation.Prompt;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code tramontane complete}: continues a text on standard output. */
@CommandLine.Command(
        name = "complete",
        description = "Continue a text. The answer streams to standard output, and nothing else does.",
        footer = {"", "Example:", "  tramontane complete --model M.gguf -n 40 -t 0 'The capital of France is'"})
final class CompleteCommand extends LocalCommand {

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "PROMPT",
            description = "The text to continue. Without it, or as -, it is read from standard input.")
    private @Nullable String prompt;

    CompleteCommand(Environment environment) {
        super(environment);
    }

    @Override
    int run(Configuration asked) throws InterruptedException, IOException {
        String text = prompt == null || prompt.equals("-")
                ? PipedText.read(environment().in())
                : prompt;
        checkSampling();
        Configuration configuration = NamedModel.chosen(asked, environment(), "complete");
        try (RunningModel model = RunningModel.open(configuration, environment(), EngineObserver.NONE)) {
            answer(model, new Prompt.Text(text));
        }
        return ExitCode.OK;
    }
}
