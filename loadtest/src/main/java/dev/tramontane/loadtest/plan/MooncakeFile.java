package dev.tramontane.loadtest.plan;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Lines like {@code {"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47]}}: times in
 * milliseconds, lengths in tokens, and a name for each block of 512 tokens of the prompt. The texts are not in it: each
 * block becomes words that its name determines, so that prompts share beginnings as they did.
 */
final class MooncakeFile {
    private static final int BLOCK = 512;
    private static final int LONGEST_LINE = 1 << 20;

    private MooncakeFile() {}

    static List<Turn> read(Path file, int most) throws IOException {
        List<Turn> turns = new ArrayList<>();
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            long before = 0;
            int number = 0;
            for (String line = lines.readLine(); line != null && turns.size() < most; line = lines.readLine()) {
                number++;
                if (line.isBlank()) {
                    continue;
                }
                Turn turn = turn(file, number, line);
                if (turn.atMillis() < before) {
                    throw wrong(file, number, "timestamp is before that of the line above");
                }
                before = turn.atMillis();
                turns.add(turn);
            }
        }
        return turns;
    }

    private static Turn turn(Path file, int number, String line) {
        if (line.length() > LONGEST_LINE) {
            throw wrong(file, number, "it is longer than " + LONGEST_LINE + " characters");
        }
        try {
            JsonObject object = new JsonObject(line);
            int input = length(file, number, object, "input_length");
            int output = length(file, number, object, "output_length");
            Long at = object.getLong("timestamp");
            if (at == null || at < 0) {
                throw wrong(file, number, "timestamp must be milliseconds from 0 on");
            }
            JsonArray names = object.getJsonArray("hash_ids", new JsonArray());
            long[] blocks = new long[names.size()];
            for (int i = 0; i < blocks.length; i++) {
                blocks[i] = names.getLong(i);
            }
            return new Turn(() -> text(blocks, input, number), output, at);
        } catch (DecodeException | ClassCastException malformed) {
            throw new InvalidPlanException(
                    "--trace " + file + ", line " + number + ": not an object with numbers timestamp, input_length,"
                            + " output_length and an array hash_ids of numbers",
                    malformed);
        }
    }

    private static int length(Path file, int number, JsonObject object, String name) {
        Long length = object.getLong(name);
        if (length == null || length < 1 || length > Lengths.MOST) {
            throw wrong(file, number, name + " must be 1 to " + Lengths.MOST);
        }
        return length.intValue();
    }

    private static InvalidPlanException wrong(Path file, int line, String what) {
        return new InvalidPlanException("--trace " + file + ", line " + line + ": " + what);
    }

    /** Blocks without a name get words of the line's own. */
    private static String text(long[] blocks, int tokens, int number) {
        StringBuilder text = new StringBuilder(tokens * 5);
        for (int i = 0, left = tokens; left > 0; i++, left -= BLOCK) {
            long seed = i < blocks.length ? blocks[i] : -1 - number;
            text.append(i == 0 ? "" : " ").append(Words.text(seed, Math.min(left, BLOCK)));
        }
        return text.toString();
    }
}
