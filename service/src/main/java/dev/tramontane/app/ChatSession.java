package dev.tramontane.app;

import dev.tramontane.chat.Conversation;
import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.TextGenerator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A chat of several turns with one model: what was said, by whom, and what to do next. One thread. */
final class ChatSession {
    static final String HELP =
            "/clear forgets the conversation, /help shows this, /exit or Ctrl-D ends; Ctrl-C stops an" + " answer";

    private final TextGenerator generator;
    private final Function<Prompt, GenerationRequest> request;
    private final Dialogue dialogue;
    private final Consumer<Answer> afterwards;
    private final @Nullable String system;
    private final List<Map<String, @Nullable Object>> messages = new ArrayList<>();

    /**
     * @param system what the model is told first, or null for nothing
     * @param afterwards sees every whole answer
     */
    ChatSession(
            TextGenerator generator,
            Function<Prompt, GenerationRequest> request,
            Dialogue dialogue,
            @Nullable String system,
            Consumer<Answer> afterwards) {
        this.generator = generator;
        this.request = request;
        this.dialogue = dialogue;
        this.system = system;
        this.afterwards = afterwards;
        clear();
    }

    /** Talks until the other side ends. */
    void run() throws InterruptedException {
        for (Optional<String> said = dialogue.read(); said.isPresent(); said = dialogue.read()) {
            String line = said.get().strip();
            switch (line) {
                case "" -> {}
                case "/exit", "/quit" -> {
                    return;
                }
                case "/help", "/?" -> dialogue.remark(HELP);
                case "/clear" -> {
                    clear();
                    dialogue.remark("forgotten");
                }
                default -> turn(line);
            }
        }
    }

    private void clear() {
        messages.clear();
        if (system != null) {
            messages.add(message("system", system));
        }
    }

    private void turn(String said) throws InterruptedException {
        messages.add(message("user", said));
        Conversation conversation = new Conversation(List.copyOf(messages), List.of(), true, false, Map.of());
        Answer answer = Answer.start(generator, request.apply(new Prompt.Chat(conversation)), dialogue::print);
        dialogue.onInterrupt(answer::cancel);
        try {
            answer.await();
        } catch (GenerationException failed) {
            if (!answer.text().isEmpty()) {
                dialogue.print(System.lineSeparator());
            }
            messages.removeLast();
            boolean tooLong = failed.kind() == GenerationException.Kind.TOO_LARGE;
            dialogue.remark(failed.getMessage() + (tooLong ? " /clear starts anew." : ""));
            return;
        }
        dialogue.print(System.lineSeparator());
        if (answer.finished().isEmpty()) {
            dialogue.remark("stopped");
        }
        // A stopped answer is still what the model said; one stopped before its first word leaves no trace.
        if (answer.text().isBlank()) {
            messages.removeLast();
        } else {
            messages.add(message("assistant", answer.text()));
        }
        afterwards.accept(answer);
    }

    private static Map<String, @Nullable Object> message(String role, String content) {
        return Map.of("role", role, "content", content);
    }
}
