package dev.tramontane.app;

import dev.tramontane.chat.Conversation;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.generation.Prompt;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tramontane run}: fetches a model if need be, and talks with it. */
@CommandLine.Command(
        name = "run",
        description =
                "Fetch a model by name if it is not here, and talk to it, or answer one PROMPT and end. The same as"
                        + " chat --pull --model NAME.",
        footer = {
            "",
            "Examples:",
            "  tramontane run mistral",
            "  tramontane run hf:mistralai/Mistral-7B-Instruct-v0.3 'Why is the sky blue?'",
            "  cat letter.txt | tramontane run mistral 'Answer this letter.'"
        })
final class RunCommand extends LocalCommand {
    @Parameters(index = "0", paramLabel = "NAME", description = "The model: a name, a file or a directory.")
    private String name = "";

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "PROMPT",
            description = "What to answer, in one word or several. A text that is piped in stands before it. Default: a"
                    + " chat.")
    private List<String> words = List.of();

    @Option(
            names = "--system",
            paramLabel = "TEXT",
            description =
                    "What the model is told first. Default: what its template says. Example: --system 'Be brief.'")
    private @Nullable String system;

    RunCommand(Environment environment) {
        super(environment);
    }

    @Override
    List<Setting> settings() {
        List<Setting> settings = new ArrayList<>(super.settings());
        settings.add(Setting.CHAT_LAYOUT);
        settings.removeAll(List.of(Setting.MODEL, Setting.PULL));
        settings.sort(null);
        return settings;
    }

    @Override
    void addFlags(Map<Setting, String> flags) {
        super.addFlags(flags);
        flags.put(Setting.MODEL, name);
        flags.put(Setting.PULL, "on");
    }

    @Override
    int run(Configuration asked) throws InterruptedException, IOException {
        checkSampling();
        String prompt = prompt(); // Before minutes are spent on a model.
        Configuration configuration = NamedModel.chosen(asked, environment(), "run");
        try (RunningModel model = RunningModel.open(configuration, environment(), EngineObserver.NONE)) {
            if (words.isEmpty()) {
                chat(model, configuration, system);
            } else {
                answer(
                        model,
                        model.layout().exists() ? new Prompt.Chat(conversation(prompt)) : new Prompt.Text(prompt));
            }
        }
        return ExitCode.OK;
    }

    /** What is piped in and the words, as Ollama puts them together, with an empty line between; empty for a chat. */
    private String prompt() throws IOException {
        String asked = String.join(" ", words);
        if (words.isEmpty() || !environment().piped()) {
            return asked;
        }
        String piped = PipedText.read(environment().in()).stripTrailing();
        return piped.isEmpty() ? asked : piped + "\n\n" + asked;
    }

    private Conversation conversation(String said) {
        List<Map<String, @Nullable Object>> messages = new ArrayList<>();
        if (system != null) {
            messages.add(Map.of("role", "system", "content", system));
        }
        messages.add(Map.of("role", "user", "content", said));
        return new Conversation(messages, List.of(), true, false, Map.of());
    }
}
