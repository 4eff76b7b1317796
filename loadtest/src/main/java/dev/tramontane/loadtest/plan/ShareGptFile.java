package dev.tramontane.loadtest.plan;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.parsetools.JsonEventType;
import io.vertx.core.parsetools.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An array of conversations, {@code {"conversations": [{"from": "human", "value": "..."}, {"from": "gpt", "value": "..."}]}}.
 * The first two turns of each become a request, as other load generators have it: what the person said, and an answer as
 * long as the one that was given. Read piece by piece, since such files are larger than memories.
 */
final class ShareGptFile {
    private static final int PIECE = 1 << 16;
    private static final int LONGEST_TEXT = 1 << 16;

    /** Characters of a token of English text, for want of the model's own tokenizer. */
    private static final int CHARACTERS_PER_TOKEN = 4;

    private final List<Turn> turns = new ArrayList<>();
    private final Path file;
    private int conversations;

    private ShareGptFile(Path file) {
        this.file = file;
    }

    static List<Turn> read(Path file, int most) throws IOException {
        ShareGptFile read = new ShareGptFile(file);
        JsonParser parser = JsonParser.newParser().objectValueMode().handler(event -> {
            if (event.type() == JsonEventType.VALUE && event.isObject() && read.turns.size() < most) {
                read.add(event.objectValue());
            }
        });
        try (InputStream in = Files.newInputStream(file)) {
            for (byte[] piece = in.readNBytes(PIECE);
                    piece.length > 0 && read.turns.size() < most;
                    piece = in.readNBytes(PIECE)) {
                parser.handle(Buffer.buffer(piece));
            }
            if (read.turns.size() < most) {
                parser.end();
            }
        } catch (DecodeException malformed) {
            throw new InvalidPlanException(
                    "--trace " + file + ": malformed JSON after conversation " + read.conversations, malformed);
        }
        return read.turns;
    }

    /** Conversations that the other side opens, or with fewer than two turns, or with texts beyond all models, are left out. */
    private void add(JsonObject conversation) {
        conversations++;
        try {
            JsonArray all = conversation.getJsonArray("conversations", new JsonArray());
            if (all.size() < 2 || !"human".equals(all.getJsonObject(0).getString("from"))) {
                return;
            }
            String asked = all.getJsonObject(0).getString("value", "");
            String answered = all.getJsonObject(1).getString("value", "");
            if (asked.isBlank() || answered.isBlank() || asked.length() + answered.length() > LONGEST_TEXT) {
                return;
            }
            int tokens = Math.max(1, answered.length() / CHARACTERS_PER_TOKEN);
            turns.add(new Turn(() -> asked, tokens, Turn.NO_TIME));
        } catch (ClassCastException | NullPointerException malformed) {
            throw new InvalidPlanException(
                    "--trace " + file + ", conversation " + conversations
                            + ": not an object with an array conversations of objects with texts from and value",
                    malformed);
        }
    }
}
