package dev.tramontane.api.openai;

import dev.tramontane.answer.AnswerPart;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Scored;
import dev.tramontane.generation.GenerationEvent.Token;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All that one prompt's generation yielded, for an answer in one piece. Filled by one thread at a time. */
public final class Answer {

    /**
     * Words or thoughts without the other between them.
     *
     * @param end where it ends, in characters of all words or all thoughts
     */
    record Run(boolean thought, int end) {}

    /** One choice. */
    public static final class Part {
        /** Its words. */
        final StringBuilder text = new StringBuilder();

        final StringBuilder thoughts = new StringBuilder();
        final List<CalledTool> calls = new ArrayList<>();
        final List<Token> tokens = new ArrayList<>();

        @Nullable
        Finished finished;

        /** How words and thoughts follow each other. */
        final List<Run> runs = new ArrayList<>();

        /** Its words. */
        public String text() {
            return text.toString();
        }

        /** What it thought. */
        public String thoughts() {
            return thoughts.toString();
        }

        /** The tools that it called, in their order. */
        public List<CalledTool> calls() {
            return List.copyOf(calls);
        }

        /** Its tokens with their log-probabilities, where these were asked for. */
        public List<Token> tokens() {
            return List.copyOf(tokens);
        }

        /**
         * How it ended.
         *
         * @throws IllegalStateException when it has not
         */
        public Finished finished() {
            if (finished == null) {
                throw new IllegalStateException("an answer has ended without saying why");
            }
            return finished;
        }

        private void ran(boolean thought, int end) {
            if (!runs.isEmpty() && runs.getLast().thought() == thought) {
                runs.removeLast();
            }
            runs.add(new Run(thought, end));
        }

        void add(AnswerPart part) {
            switch (part) {
                case AnswerPart.Words words -> {
                    text.append(words.text());
                    ran(false, text.length());
                }
                case AnswerPart.Thought thought -> {
                    thoughts.append(thought.text());
                    ran(true, thoughts.length());
                }
                case AnswerPart.CallBegun call -> calls.add(new CalledTool(call, text.length()));
                case AnswerPart.CallText more ->
                    calls.get(more.index()).arguments.append(more.text());
            }
        }
    }

    final List<Part> parts;
    int[] promptIds = {};
    String promptText = "";
    List<Token> scored = List.of();

    /** Its choices, in their order. */
    public List<Part> parts() {
        return List.copyOf(parts);
    }

    /** The prompt's tokens with their log-probabilities, where these were asked for. */
    public List<Token> scored() {
        return List.copyOf(scored);
    }

    Answer(int choices) {
        parts = new ArrayList<>(choices);
        for (int i = 0; i < choices; i++) {
            parts.add(new Part());
        }
    }

    void add(GenerationEvent event) {
        switch (event) {
            case Accepted accepted -> {
                promptIds = accepted.promptIds();
                promptText = accepted.promptText();
            }
            case Scored prompt -> scored = prompt.prompt();
            case Delta delta -> {
                delta.parts().forEach(parts.get(delta.choice())::add);
                parts.get(delta.choice()).tokens.addAll(delta.tokens());
            }
            case Finished finished -> parts.get(finished.choice()).finished = finished;
        }
    }
}
