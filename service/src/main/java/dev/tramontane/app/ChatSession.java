package dev.tramontane.app;

import dev.tramontane.chat.Conversation;
import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.TextGenerator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A chat of several turns with one model: what was said, by whom, and what to do next. One thread. */
final class ChatSession {
    static final String HELP =
            "/help shows this, /reset forgets the conversation, /system TEXT tells the model something first from now"
                    + " on (/system shows it, /system none takes it away), /exit or Ctrl-D ends; Ctrl-C stops an answer. A"
                    + " message that begins with / is sent with a blank before it";

    private static final Pattern COMMAND = Pattern.compile("/([\\p{Alpha}?]*)(?:\\s+(.*))?", Pattern.DOTALL);

    private final TextGenerator generator;
    private final Function<Prompt, GenerationRequest> request;
    private final Dialogue dialogue;
    private final Consumer<Answer> afterwards;
    private @Nullable String system;
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
    }

    /** Talks until the other side ends. */
    void run() throws InterruptedException {
        for (Optional<String> said = dialogue.read(); said.isPresent(); said = dialogue.read()) {
            Matcher command = COMMAND.matcher(said.get().stripTrailing());
            if (!command.matches()) {
                String line = said.get().strip();
                if (!line.isEmpty()) {
                    turn(line);
                }
            } else if (!obey(command.group(1), Objects.requireNonNullElse(command.group(2), ""))) {
                return;
            }
        }
    }

    /** Carries a command out; false when it ends the chat. */
    private boolean obey(String command, String text) {
        switch (command) {
            case "exit", "quit", "bye" -> {
                return false;
            }
            case "help", "?" -> dialogue.remark(HELP);
            case "reset", "clear" -> {
                messages.clear();
                dialogue.remark("forgotten");
            }
            case "system" -> dialogue.remark(instruct(text));
            default -> dialogue.remark("there is no /" + command + ". " + HELP);
        }
        return true;
    }

    private String instruct(String text) {
        if (text.isEmpty()) {
            return system == null ? "the model is told nothing first" : "the model is told first: " + system;
        }
        system = text.equals("none") ? null : text;
        return system == null ? "the model is told nothing first any more" : "the model is told that first from now on";
    }

    /** What the model gets: what it is told first, and what was said. */
    private List<Map<String, @Nullable Object>> toModel() {
        List<Map<String, @Nullable Object>> all = new ArrayList<>();
        if (system != null) {
            all.add(message("system", system));
        }
        all.addAll(messages);
        return all;
    }

    private void turn(String said) throws InterruptedException {
        messages.add(message("user", said));
        Conversation conversation = new Conversation(toModel(), List.of(), true, false, Map.of());
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
            dialogue.remark(failed.getMessage() + (tooLong ? " /reset starts anew." : ""));
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
