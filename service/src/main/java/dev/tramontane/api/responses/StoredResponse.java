package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.responses.ResponseCreate.Talk;
import dev.tramontane.generation.AnswerForm;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A response that is kept under its id: what was asked, and what is answered so far. Any thread. */
public final class StoredResponse {
    /** A response's objects, beside its texts. */
    private static final long BASE = 4096;

    /** A message of the conversation before, whose texts other responses have. */
    private static final long REFERENCE = 16;

    /** A schema is kept as a tree, whose names and values take more than their characters. */
    private static final int FORM_CHARACTER = 16;

    private static final String RESPONSE = "resp_";
    private static final String INPUT = "_in_";

    private final RecordedResponse response;
    private final long askedBytes;

    // The store's, under its lock.
    long counted;
    volatile boolean forgotten;
    long endNanos;

    public StoredResponse(RecordedResponse response) {
        this.response = response;
        Talk talk = response.create().talk();
        long bytes = BASE
                + REFERENCE * talk.before().messages().size()
                + (long) Integer.BYTES * talk.before().ids().length;
        for (Item item : items()) {
            bytes += item.weight();
        }
        bytes += response.create().offer().weight();
        AnswerForm form = response.create().generation().form();
        bytes += form == null ? 0 : (long) FORM_CHARACTER * form.characters();
        askedBytes = bytes;
    }

    public RecordedResponse response() {
        return response;
    }

    String id() {
        return response.id();
    }

    /** What was asked with this response, in its order. */
    public List<Item> items() {
        return response.create().talk().items();
    }

    /** The id under which one of {@link #items} is known. */
    public String itemId(int index) {
        String prefix = switch (items().get(index)) {
            case Item.Message message -> "msg_";
            case Item.Thought thought -> "rs_";
            case Item.Call call -> "fc_";
            case Item.Output output -> "fco_";
        };
        return prefix + bareId() + INPUT + index;
    }

    private String bareId() {
        return id().substring(RESPONSE.length());
    }

    /** The id of the response whose item this would be. */
    static String responseOf(String itemId) {
        String rest = itemId.substring(itemId.indexOf('_') + 1);
        int end = rest.indexOf('_');
        return RESPONSE + (end < 0 ? rest : rest.substring(0, end));
    }

    /** The item of this id, its answer included; null where it has none. */
    @Nullable
    Item item(String itemId) {
        for (int i = 0; i < items().size(); i++) {
            if (itemId.equals(itemId(i))) {
                return items().get(i);
            }
        }
        List<Item> said = response.said();
        for (int i = 0; i < said.size(); i++) {
            if (itemId.equals(kindOf(said.get(i)).id(bareId(), i))) {
                return said.get(i);
            }
        }
        return null;
    }

    private static OutputItem.Kind kindOf(Item said) {
        return switch (said) {
            case Item.Thought thought -> OutputItem.Kind.REASONING;
            case Item.Call call -> OutputItem.Kind.CALL;
            default -> OutputItem.Kind.MESSAGE;
        };
    }

    /**
     * Everything said up to its answer's end.
     *
     * @throws ApiException when the answer is under way or failed
     */
    public Past past() {
        String status = response.status();
        if (status.equals("queued") || status.equals("in_progress") || status.equals("failed")) {
            throw new ApiException(
                    400,
                    "invalid_request_error",
                    "The previous response is " + status.replace('_', ' ') + "; only one that has an answer can be"
                            + " continued",
                    "previous_response_id",
                    "previous_response_" + status,
                    0);
        }
        List<Map<String, @Nullable Object>> asked =
                Dialogue.joined(response.create().talk().before(), items());
        return new Past(
                response.create().onlyPrepares() ? asked : Dialogue.answered(asked, response.said()), response.ids());
    }

    /** Its events can't be read again from now on. */
    void forgetEvents() {
        response.log().forget();
    }

    /** Bytes of heap that it takes: an estimate from above. Events that are to be forgotten count no more. */
    public long weight() {
        return askedBytes + response.weight() + (forgotten ? 0 : response.log().weight());
    }
}
