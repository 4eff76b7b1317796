package dev.tramontane.app;

import dev.tramontane.engine.EngineObserver;
import dev.tramontane.generation.Prompt;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code tramontane complete}: continues a text on standard output. */
@CommandLine.Command(
        name = "complete",
        description = "Continue a text. The answer streams to standard output, and nothing else does.",
        footer = {"", "Example:", "  tramontane complete --model M.gguf -n 40 -t 0 'The capital of France is'"})
final class CompleteCommand extends LocalCommand {
    /** A prompt from standard input: more than any context holds. */
    private static final int MAX_PROMPT_BYTES = 64 << 20;

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
        String text = prompt == null || prompt.equals("-") ? standardInput() : prompt;
        checkSampling();
        Configuration configuration = NamedModel.chosen(asked, environment(), "complete");
        try (RunningModel model = RunningModel.open(configuration, environment(), EngineObserver.NONE)) {
            answer(model, new Prompt.Text(text));
        }
        return ExitCode.OK;
    }

    private String standardInput() throws IOException {
        byte[] bytes = environment().in().readNBytes(MAX_PROMPT_BYTES + 1);
        if (bytes.length > MAX_PROMPT_BYTES) {
            throw new UsageException("the prompt on standard input is larger than " + Units.show(MAX_PROMPT_BYTES));
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
