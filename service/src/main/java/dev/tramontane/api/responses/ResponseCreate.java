package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.replay.Recording.Keeping;
import dev.tramontane.chat.Conversation;
import dev.tramontane.engine.Tenant;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.json.InvalidJsonException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A request for a response. Every field of OpenAI's is honoured or refused by name; null means absent.
 *
 * @param generation what to generate
 * @param talk what was said, for those who continue it
 * @param offer the tools that it may call
 * @param delivery how the answer is wanted
 * @param reasoning what was said of thoughts
 * @param ignoredFields names of fields that are not known and had no effect, for the response to tell
 * @param instructions, maxOutputTokens, metadata as asked, to be echoed in the response
 */
public record ResponseCreate(
        GenerationRequest generation,
        Talk talk,
        Offer offer,
        Delivery delivery,
        AskedReasoning reasoning,
        @Nullable String instructions,
        @Nullable Integer maxOutputTokens,
        Map<String, String> metadata,
        List<String> ignoredFields) {

    /**
     * What was said when the answer began, without instructions.
     *
     * @param previous id of the response that is continued, or null
     * @param before what was said up to that response's answer
     * @param items of this request
     */
    public record Talk(@Nullable String previous, Past before, List<Item> items) {
        Prompt prompt(
                @Nullable String instructions,
                List<Map<String, @Nullable Object>> tools,
                Map<String, @Nullable Object> variables) {
            Conversation conversation =
                    new Conversation(InputItems.messages(instructions, before, items), tools, true, false, variables);
            return new Prompt.Chat(conversation, before.ids());
        }
    }

    /**
     * How an answer is wanted.
     *
     * @param stream as events
     * @param background computed whether or not anybody reads it
     * @param store kept under its id
     */
    public record Delivery(boolean stream, boolean background, boolean store) {
        /** Who asks for one answer in one piece and leaves never learns its id, so nothing of it waits for him. */
        Keeping keeping() {
            if (background) {
                return Keeping.BACKGROUND;
            }
            return stream && store ? Keeping.RESUMABLE : Keeping.WHILE_READ;
        }
    }

    /** The same for somebody. */
    public ResponseCreate of(Tenant tenant) {
        return generating(generation.of(tenant));
    }

    /** The same, wanted otherwise. */
    public ResponseCreate with(Delivery other) {
        return new ResponseCreate(
                generation, talk, offer, other, reasoning, instructions, maxOutputTokens, metadata, ignoredFields);
    }

    /**
     * The same, now that what its previous response said is known; itself where it has none.
     *
     * @param most messages of the whole conversation
     * @throws ApiException when there is no such response, or it cannot be continued
     * @throws InvalidJsonException when the conversation is too long
     */
    public ResponseCreate after(History history, int most) {
        String previous = talk.previous();
        return previous == null ? this : after(previous, history.upTo(previous), talk.items(), most);
    }

    /**
     * The request that goes on from this one's answer with the user's words, and the same settings.
     *
     * @param answered this request's response, which has ended
     * @param most messages of the whole conversation
     * @throws InvalidJsonException when the conversation is too long
     */
    public ResponseCreate steered(RecordedResponse answered, List<Steer> steers, int most) {
        List<Item> items =
                steers.stream().flatMap(steer -> steer.items().stream()).toList();
        return after(answered.id(), new StoredResponse(answered).past(), items, most);
    }

    /**
     * The same with the user's words before its own input, which were said while outputs of calls were awaited.
     *
     * @param most messages of the whole conversation
     * @throws InvalidJsonException when the conversation is too long
     */
    public ResponseCreate led(List<Steer> steers, int most) {
        List<Item> items = new ArrayList<>();
        steers.forEach(steer -> items.addAll(steer.items()));
        items.addAll(talk.items());
        return after(Objects.requireNonNull(talk.previous()), talk.before(), List.copyOf(items), most);
    }

    private ResponseCreate after(String previous, Past before, List<Item> items, int most) {
        checkLength(before.messages(), items, most);
        Talk longer = new Talk(previous, before, items);
        Conversation asked = ((Prompt.Chat) generation.prompt()).conversation();
        return new ResponseCreate(
                generation.asking(longer.prompt(instructions, asked.tools(), asked.variables())),
                longer,
                offer,
                delivery,
                reasoning,
                instructions,
                maxOutputTokens,
                metadata,
                ignoredFields);
    }

    /** The same, but only its prompt is computed. */
    public ResponseCreate preparing() {
        return generating(generation.preparing());
    }

    private ResponseCreate generating(GenerationRequest other) {
        return new ResponseCreate(
                other, talk, offer, delivery, reasoning, instructions, maxOutputTokens, metadata, ignoredFields);
    }

    /** Whether only its prompt is computed. */
    public boolean onlyPrepares() {
        return generation.maxTokens().equals(OptionalInt.of(0));
    }

    static void checkLength(List<?> before, List<Item> items, int most) {
        if (before.size() + items.size() > most) {
            throw new InvalidJsonException(
                    "input",
                    "input and the conversation before it may have " + most + " items together, got "
                            + (before.size() + items.size()));
        }
    }
}
