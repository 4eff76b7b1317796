package dev.tramontane.api.openai;

import dev.tramontane.api.Instance;
import dev.tramontane.api.openai.AnswerOptions.StreamUsage;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Reason;
import dev.tramontane.generation.GenerationEvent.Token;
import dev.tramontane.json.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * Writes one request's answer, in one piece or event by event. Called by one thread at a time; a streamed answer's
 * events in their order.
 */
abstract class AnswerFormat implements AnswerWriter {
    static final byte[] NOTHING = {};

    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.UTF_8);
    private static final byte[] END_OF_EVENT = "\n\n".getBytes(StandardCharsets.UTF_8);
    private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8);
    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int ID_CHARACTERS = 29;
    private static final SecureRandom RANDOM = new SecureRandom();

    /** What stands at the head of every object of this answer. */
    record Head(String id, String object, String model, long createdSeconds, String fingerprint) {}

    private final Head head;
    private final Head chunkHead;
    private final AnswerOptions options;
    private final UsageCount usage = new UsageCount();

    /** Choices of a stream that have called a tool. */
    private final BitSet called = new BitSet();

    /** Where every chunk tells it. */
    private final @Nullable RunningUsage running;

    /** @param chunkObject the object's name in streamed events */
    AnswerFormat(Head head, String chunkObject, AnswerOptions options) {
        this.head = head;
        this.options = options;
        running = options.usage() == StreamUsage.IN_EVERY_CHUNK ? new RunningUsage(options.choices()) : null;
        chunkHead = new Head(head.id(), chunkObject, head.model(), head.createdSeconds(), head.fingerprint());
    }

    /** The answer's id: the client's own end, or a new one with the server's mark. */
    static String id(String prefix, Instance here, AnswerOptions options) {
        return options.requestId().isEmpty() ? newId(prefix + here.mark()) : prefix + options.requestId();
    }

    private static String newId(String prefix) {
        StringBuilder id = new StringBuilder(prefix);
        for (int i = 0; i < ID_CHARACTERS; i++) {
            id.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
        }
        return id.toString();
    }

    /** The answer's id. */
    final String id() {
        return head.id();
    }

    /** When it was asked for, in seconds since 1970. */
    final long createdSeconds() {
        return head.createdSeconds();
    }

    final AnswerOptions options() {
        return options;
    }

    /** The answer in one piece. */
    @Override
    public final byte[] whole(List<Answer> answers) {
        return JsonWriter.bytes(json -> {
            writeHead(json, head);
            json.writeName("choices").writeStartArray();
            for (int prompt = 0; prompt < answers.size(); prompt++) {
                Answer answer = answers.get(prompt);
                for (int choice = 0; choice < answer.parts.size(); choice++) {
                    Answer.Part part = answer.parts.get(choice);
                    Finished finished = part.finished;
                    if (finished == null) {
                        throw new IllegalStateException("choice " + choice + " ended without saying why");
                    }
                    usage.add(finished);
                    json.writeStartObject();
                    int index = prompt * options.choices() + choice;
                    json.writeNumberProperty("index", index);
                    writeChoice(json, index, answer, part);
                    writeReason(json, finished, tellsOfCalls() && !part.calls.isEmpty());
                    json.writeEndObject();
                }
            }
            json.writeEndArray();
            writeTail(json, answers);
            usage.write(json);
            json.writeEndObject();
        });
    }

    /** Choice's own fields but index and reason. */
    abstract void writeChoice(JsonGenerator json, int index, Answer answer, Answer.Part part);

    /** Whether an answer that has called tools says so in its reason to end. */
    boolean tellsOfCalls() {
        return true;
    }

    /** Fields after the choices. */
    abstract void writeTail(JsonGenerator json, List<Answer> answers);

    /** Whether the prompt's text is a part of the answer. */
    boolean repeatsPrompt() {
        return false;
    }

    /** The events that one event of generation becomes, possibly none. */
    @Override
    public final byte[] event(int prompt, GenerationEvent event) {
        if (running != null) {
            running.add(prompt, event);
        }
        return chunks(prompt, event);
    }

    /** As {@link #event}, of what has been counted. */
    abstract byte[] chunks(int prompt, GenerationEvent event);

    /** An event that adds nothing to the answer, for when there is nothing to say. Any thread. */
    @Override
    public final byte[] keepAlive() {
        return chunk(
                0,
                AnswerFormat::writeNoReason,
                json -> {
                    writeNothing(json);
                    json.writeNullProperty("logprobs");
                },
                this::writeNoUsage); // What is counted belongs to another thread.
    }

    /** A choice's own field for text, with none in it. */
    abstract void writeNothing(JsonGenerator json);

    /** The end of a stream. */
    @Override
    public final byte[] last() {
        if (options.usage() == StreamUsage.NOWHERE) {
            return DONE;
        }
        byte[] count = JsonWriter.framed(
                DATA,
                json -> {
                    writeHead(json, chunkHead);
                    json.writeName("choices").writeStartArray().writeEndArray();
                    usage.write(json);
                    json.writeEndObject();
                },
                END_OF_EVENT);
        return concat(count, DONE);
    }

    /** The last chunk of a choice. */
    final byte[] lastChunk(int index, Finished finished, JsonWriter.Value content) {
        return chunk(
                index,
                json -> writeReason(json, finished, tellsOfCalls() && called.get(index)),
                content,
                json -> writeUsage(json, index));
    }

    /** One chunk with one choice; {@code content} writes the choice's own fields. */
    final byte[] chunk(int index, JsonWriter.Value content) {
        return chunk(index, AnswerFormat::writeNoReason, content, json -> writeUsage(json, index));
    }

    /** As above, with fields of the chunk itself before its usage. */
    final byte[] chunk(int index, JsonWriter.Value content, JsonWriter.Value more) {
        return chunk(index, AnswerFormat::writeNoReason, content, json -> {
            more.write(json);
            writeUsage(json, index);
        });
    }

    private byte[] chunk(int index, JsonWriter.Value reason, JsonWriter.Value content, JsonWriter.Value tail) {
        return JsonWriter.framed(
                DATA,
                json -> {
                    writeHead(json, chunkHead);
                    json.writeName("choices").writeStartArray().writeStartObject();
                    json.writeNumberProperty("index", index);
                    content.write(json);
                    reason.write(json);
                    json.writeEndObject().writeEndArray();
                    tail.write(json);
                    json.writeEndObject();
                },
                END_OF_EVENT);
    }

    private void writeUsage(JsonGenerator json, int index) {
        if (running != null) {
            running.write(json, index);
        } else {
            writeNoUsage(json);
        }
    }

    private void writeNoUsage(JsonGenerator json) {
        if (options.usage() != StreamUsage.NOWHERE) {
            json.writeNullProperty("usage");
        }
    }

    /** That choice has called a tool. */
    final void called(int index) {
        called.set(index);
    }

    final void count(Finished finished) {
        usage.add(finished);
    }

    private static void writeNoReason(JsonGenerator json) {
        json.writeNullProperty("finish_reason");
    }

    /**
     * Clients know a closed set of reasons, and some fail at another. A deadline is a limit, so it is called one, and what
     * limit it was stands where vLLM has what stopped an answer. A call that a limit or a stop
     * string cut is no call to be answered.
     */
    private static void writeReason(JsonGenerator json, Finished finished, boolean calls) {
        String ended = calls && !finished.cutsCall() ? "tool_calls" : "stop";
        json.writeStringProperty("finish_reason", finished.reason() == Reason.STOP ? ended : "length");
        if (finished.reason() == Reason.DEADLINE) {
            json.writeStringProperty("stop_reason", "deadline_exceeded");
        }
    }

    static byte[] concat(byte[] first, byte[] second) {
        byte[] both = new byte[first.length + second.length];
        System.arraycopy(first, 0, both, 0, first.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    static void writeIds(JsonGenerator json, String name, List<Token> tokens) {
        JsonWriter.ids(json, name, tokens.stream().mapToInt(Token::id).toArray());
    }

    private static void writeHead(JsonGenerator json, Head head) {
        json.writeStartObject();
        json.writeStringProperty("id", head.id());
        json.writeStringProperty("object", head.object());
        json.writeNumberProperty("created", head.createdSeconds());
        json.writeStringProperty("model", head.model());
        json.writeStringProperty("system_fingerprint", head.fingerprint());
    }
}
