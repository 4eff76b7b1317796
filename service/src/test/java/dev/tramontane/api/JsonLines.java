package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** The lines of a stream of Ollama's, as its clients read them: each line is one object, and the last is done. */
final class JsonLines {
    private JsonLines() {}

    static List<JsonObject> of(TestService.Reply reply) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(reply.header("content-type")).isEqualTo("application/x-ndjson");
        assertThat(reply.body()).endsWith("}\n");
        List<JsonObject> lines = new ArrayList<>();
        reply.body().lines().forEach(line -> lines.add(new JsonObject(line)));
        for (int i = 0; i < lines.size(); i++) {
            assertThat(lines.get(i).getBoolean("done")).as(reply.body()).isEqualTo(i == lines.size() - 1);
        }
        return lines;
    }

    /** What a field of generate's objects says, joined. */
    static String joined(List<JsonObject> lines, String field) {
        StringBuilder all = new StringBuilder();
        lines.forEach(line -> all.append(line.getString(field, "")));
        return all.toString();
    }

    /** What a field of chat's messages says, joined. */
    static String said(List<JsonObject> lines, String field) {
        return joined(lines.stream().map(line -> line.getJsonObject("message")).toList(), field);
    }
}
