package dev.tramontane.loadtest.command;

import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A command line that was run in this process. */
record Ran(int code, String out, String err) {
    static Ran with(Map<String, String> variables, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(
                new Surroundings(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        false,
                        variables),
                args);
        return new Ran(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    static Ran of(String... args) {
        return with(Map.of(), args);
    }

    /** What `run` wrote for programs. */
    record Report(Ran ran, JsonObject json) {
        JsonObject steady() {
            return json.getJsonObject("steady");
        }

        JsonObject readers(String name) {
            return json.getJsonObject("readers").getJsonObject(name);
        }

        int ends(String reader, String end) {
            return readers(reader).getJsonObject("ends").getInteger(end);
        }
    }

    static Report report(Path folder, Map<String, String> variables, String url, String... options) throws IOException {
        Path file = folder.resolve("report.json");
        List<String> args = new ArrayList<>(List.of("run", "--url", url, "--json", file.toString()));
        args.addAll(List.of(options));
        Ran ran = with(variables, args.toArray(String[]::new));
        if (!Files.exists(file)) {
            throw new AssertionError("no report: " + ran);
        }
        return new Report(ran, new JsonObject(Files.readString(file)));
    }
}
