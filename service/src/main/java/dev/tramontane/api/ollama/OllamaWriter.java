package dev.tramontane.api.ollama;

import dev.tramontane.answer.AnswerPart;
import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.openai.Answer;
import dev.tramontane.api.openai.AnswerWriter;
import dev.tramontane.api.openai.CalledTool;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Scored;
import dev.tramontane.generation.GenerationEvent.Token;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Ollama's objects of one answer. A call is told when it is whole, since its arguments are an object; one that the model did not finish, or
 * whose arguments are no object, is told as the words that it was written in.
 */
final class OllamaWriter implements AnswerWriter {
    private static final byte[] NOTHING = {};
    private static final byte[] END_OF_LINE = {'\n'};

    /** White space before the JSON of a line has no meaning (RFC 8259, section 2); an empty line is no JSON. */
    private static final byte[] BLANK = {' '};

    private final AnswerObjects objects;
    private final AnswerTimes times;
    private final AnswerStyle style;
    private final String id;
    private @Nullable CalledTool call;
    private int calls;

    /** @param id by which the ids of calls are told from those of other answers */
    OllamaWriter(AnswerObjects objects, AnswerTimes times, AnswerStyle style, String id) {
        this.objects = objects;
        this.times = times;
        this.style = style;
        this.id = id;
    }

    @Override
    public void heard(GenerationEvent event) {
        times.hear(event);
    }

    @Override
    public byte[] event(int prompt, GenerationEvent event) {
        times.hear(event);
        return switch (event) {
            case Accepted accepted -> NOTHING;
            case Scored scored -> NOTHING;
            case Delta delta -> delta(delta);
            case Finished finished -> finish(finished);
        };
    }

    /** Of calls, which are told when they are whole. */
    @Override
    public long keeps(GenerationEvent event) {
        long characters = 0;
        if (event instanceof Delta delta) {
            for (AnswerPart part : delta.parts()) {
                characters +=
                        part instanceof AnswerPart.CallText text ? text.text().length() : 0;
            }
        }
        return RequestMemory.ofText(characters);
    }

    @Override
    public byte[] last() {
        return NOTHING;
    }

    @Override
    public byte[] keepAlive() {
        return BLANK;
    }

    private byte[] delta(Delta delta) {
        StringBuilder words = new StringBuilder();
        StringBuilder thoughts = new StringBuilder();
        List<ToldCall> told = new ArrayList<>();
        for (AnswerPart part : delta.parts()) {
            switch (part) {
                case AnswerPart.CallText text -> whole(call).add(text);
                case AnswerPart.Words text -> {
                    closeCall(told, words);
                    words.append(text.text());
                }
                case AnswerPart.Thought text -> {
                    closeCall(told, words);
                    thoughts.append(text.text());
                }
                case AnswerPart.CallBegun begun -> {
                    closeCall(told, words);
                    call = new CalledTool(begun, 0);
                }
            }
        }
        return line(new Piece(words.toString(), thoughts.toString(), told, delta.tokens()), null);
    }

    private static CalledTool whole(@Nullable CalledTool open) {
        if (open == null) {
            throw new IllegalStateException("a call's arguments came before the call");
        }
        return open;
    }

    private void closeCall(List<ToldCall> told, StringBuilder words) {
        CalledTool open = call;
        if (open != null) {
            call = null;
            tell(open, told, words);
        }
    }

    private void tell(CalledTool made, List<ToldCall> told, StringBuilder words) {
        ToldCall whole = ToldCall.of(made, calls, style.callId(id, 0, calls));
        calls++;
        if (whole == null) {
            words.append(made.name()).append(made.arguments());
        } else {
            told.add(whole);
        }
    }

    private byte[] finish(Finished finished) {
        StringBuilder words = new StringBuilder();
        List<ToldCall> told = new ArrayList<>();
        closeCall(told, words);
        byte[] rest = line(new Piece(words.toString(), "", told, List.of()), null);
        byte[] end = line(Piece.NOTHING, finished);
        byte[] both = new byte[rest.length + end.length];
        System.arraycopy(rest, 0, both, 0, rest.length);
        System.arraycopy(end, 0, both, rest.length, end.length);
        return both;
    }

    private byte[] line(Piece piece, @Nullable Finished finished) {
        return finished == null && !objects.tells(piece)
                ? NOTHING
                : objects.framed(piece, finished, times, END_OF_LINE);
    }

    @Override
    public byte[] whole(List<Answer> answers) {
        Answer.Part part = answers.getFirst().parts().getFirst();
        StringBuilder words = new StringBuilder();
        List<ToldCall> told = new ArrayList<>();
        int from = 0;
        for (CalledTool made : part.calls()) { // One that is told as words stands where it stood among them.
            words.append(part.text(), from, made.wordsBefore());
            from = made.wordsBefore();
            tell(made, told, words);
        }
        words.append(part.text(), from, part.text().length());
        List<Token> tokens = part.tokens();
        return objects.framed(
                new Piece(words.toString(), part.thoughts(), told, tokens), part.finished(), times, NOTHING);
    }
}
