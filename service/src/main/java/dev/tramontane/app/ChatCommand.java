package dev.tramontane.app;

import dev.tramontane.engine.EngineObserver;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code tramontane chat}: talks to a model in the terminal. */
@CommandLine.Command(
        name = "chat",
        description = "Talk to a model here. Ctrl-C stops an answer, Ctrl-D ends; /help tells the rest. Without a"
                + " terminal every line of standard input is a turn.",
        footer = {"", "Example:", "  tramontane chat --model M.gguf --system 'Answer in one sentence.'"})
final class ChatCommand extends LocalCommand {
    @Option(
            names = "--system",
            paramLabel = "TEXT",
            description =
                    "What the model is told first. Default: what its template says. Example: --system 'Be brief.'")
    private @Nullable String system;

    ChatCommand(Environment environment) {
        super(environment);
    }

    @Override
    List<Setting> settings() {
        List<Setting> settings = new ArrayList<>(super.settings());
        settings.add(1, Setting.CHAT_LAYOUT);
        return settings;
    }

    @Override
    int run(Configuration asked) throws InterruptedException {
        Configuration configuration = NamedModel.chosen(asked, environment(), "chat");
        try (RunningModel model = RunningModel.open(configuration, environment(), EngineObserver.NONE)) {
            chat(model, configuration, system);
        }
        return ExitCode.OK;
    }
}
