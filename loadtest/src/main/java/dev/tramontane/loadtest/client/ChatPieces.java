package dev.tramontane.loadtest.client;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a chat's delta adds to the answer, as texts: thoughts under the names that servers give them, words, calls. A thought's first token is an answer's first. */
final class ChatPieces {
    private ChatPieces() {}

    /** @throws ClassCastException when a member is not of the type that the protocol says */
    static List<String> of(JsonObject delta) {
        List<String> pieces = new ArrayList<>(1);
        String thought = delta.getString("reasoning_content");
        add(
                thought == null ? delta.getString("reasoning") : thought,
                pieces); // Some servers send both, with the same in them.
        if (delta.getValue("content") instanceof JsonArray chunks) {
            objects(chunks).forEach(chunk -> chunk(chunk, pieces));
        } else {
            add(delta.getString("content"), pieces);
        }
        objects(delta.getJsonArray("tool_calls")).forEach(call -> {
            JsonObject function = call.getJsonObject("function", new JsonObject());
            add(function.getString("name"), pieces);
            add(function.getString("arguments"), pieces);
        });
        return pieces;
    }

    /** As Mistral's API has them: of text, or of a thought that has such chunks. */
    private static void chunk(JsonObject chunk, List<String> pieces) {
        if (chunk.getValue("thinking") instanceof JsonArray thought) {
            objects(thought).forEach(part -> add(part.getString("text"), pieces));
        } else {
            add(chunk.getString("text"), pieces);
        }
    }

    private static void add(@Nullable String piece, List<String> pieces) {
        if (piece != null && !piece.isEmpty()) {
            pieces.add(piece);
        }
    }

    static List<JsonObject> objects(@Nullable JsonArray array) {
        return array == null
                ? List.of()
                : array.stream().map(JsonObject.class::cast).toList();
    }
}
