package dev.tramontane.loadtest.command;

import dev.tramontane.loadtest.client.Api;
import dev.tramontane.loadtest.plan.InvalidPlanException;
import dev.tramontane.loadtest.plan.Tenants;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Whom requests go to and what every one says. */
final class TargetOptions {
    /** A key for all requests. Keys never stand on a command line, which every process of a machine can read. */
    static final String KEY_VARIABLE = "LOADTEST_API_KEY";

    /** Names that a socket may use in its life, as at OpenAI. */
    private static final int MOST_LANES = 32;

    @Option(
            names = "--api",
            paramLabel = "NAME",
            defaultValue = "chat",
            description =
                    "What is spoken: chat (chat completions over SSE), completions (texts over SSE), responses (over a"
                            + " WebSocket) or responses-sse. Default: chat.")
    private String api = "";

    @Option(
            names = "--lanes",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Answers at a time over one WebSocket, each in a lane of its own (stream_id). Default: 1, without"
                            + " a name.")
    private int lanes;

    @Option(
            names = "--model",
            paramLabel = "NAME",
            defaultValue = "",
            description = "Model named in each request. Default: the first that /v1/models lists.")
    String model = "";

    @Option(
            names = "--temperature",
            paramLabel = "T",
            defaultValue = "0",
            description = "Of each request. Default: 0, so that answers can be compared.")
    private double temperature;

    @Option(
            names = "--field",
            paramLabel = "NAME=JSON",
            description = "A further field of each request, beyond the standard ones. May be repeated. Example:"
                    + " --field seed=7")
    private List<String> fields = new ArrayList<>();

    @Option(
            names = "--ignore-eos",
            description =
                    "Have answers go on to their full length: the field ignore_eos, which Tramontane and vLLM know.")
    private boolean ignoreEos;

    @Option(
            names = "--keys",
            paramLabel = "FILE",
            description = "API keys of several tenants: a line NAME KEY [SHARE] for each. For one key the variable"
                    + " LOADTEST_API_KEY does.")
    private Path keys = Path.of("");

    @Option(
            names = "--trust",
            paramLabel = "FILE",
            defaultValue = "",
            description = "PEM file of the authorities to believe over https, in place of the JDK's.")
    String trust = "";

    /** What was asked for, checked. */
    Api api() {
        return Stream.of(Api.values())
                .filter(known -> known.word().equals(api))
                .findFirst()
                .orElseThrow(() -> new InvalidPlanException("--api must be one of "
                        + Stream.of(Api.values()).map(Api::word).collect(Collectors.joining(", "))
                        + ", got " + api));
    }

    int lanes() {
        if (lanes < 1 || lanes > MOST_LANES) {
            throw new InvalidPlanException("--lanes must be 1 to " + MOST_LANES + ", got " + lanes);
        }
        if (lanes > 1 && api() != Api.RESPONSES) {
            throw new InvalidPlanException("--lanes are of WebSockets: --api responses has them, " + api + " has not");
        }
        return lanes;
    }

    double temperature() {
        if (!(temperature >= 0 && temperature <= 10)) {
            throw new InvalidPlanException("--temperature must be 0 to 10, got " + temperature);
        }
        return temperature;
    }

    Tenants tenants(Map<String, String> variables) {
        if (!trust.isEmpty() && !Files.isReadable(Path.of(trust))) {
            throw new InvalidPlanException("--trust " + trust + " cannot be read");
        }
        return keys.toString().isEmpty() ? Tenants.one(variables.getOrDefault(KEY_VARIABLE, "")) : Tenants.read(keys);
    }

    JsonObject fields() {
        JsonObject all = new JsonObject();
        if (ignoreEos) {
            all.put("ignore_eos", true);
        }
        for (String field : fields) {
            int equals = field.indexOf('=');
            if (equals < 1) {
                throw new InvalidPlanException(
                        "--field must be NAME=JSON, as in seed=7 or stop='[\"x\"]'; got " + field);
            }
            try {
                all.put(field.substring(0, equals), Json.decodeValue(field.substring(equals + 1)));
            } catch (DecodeException malformed) {
                throw new InvalidPlanException("--field " + field + " has a value that is not JSON", malformed);
            }
        }
        return all;
    }

    /** An address without a path at its end. */
    static String url(String option, String text) {
        try {
            URI uri = new URI(text);
            String path = uri.getPath() == null ? "" : uri.getPath();
            if (List.of("http", "https").contains(String.valueOf(uri.getScheme()))
                    && uri.getHost() != null
                    && uri.getUserInfo() == null
                    && uri.getQuery() == null
                    && uri.getFragment() == null
                    && List.of("", "/", "/v1", "/v1/").contains(path)) {
                return uri.getScheme() + "://" + uri.getAuthority();
            }
        } catch (URISyntaxException malformed) {
            throw new InvalidPlanException(option + " must be an address, got " + text, malformed);
        }
        throw new InvalidPlanException(option
                + " must be an address like http://127.0.0.1:8080, without a path and without a key; got " + text);
    }
}
