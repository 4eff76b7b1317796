package dev.tramontane.app;

import dev.tramontane.api.Allowed;
import dev.tramontane.api.Instance;
import dev.tramontane.generation.GenerationConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;

/**
 * How the service is reached, and by whom.
 *
 * @param host to listen at
 * @param port to listen at, 0 for a free one
 * @param ollamaPort to listen at, too; empty: at no other
 * @param allowed browser pages' origins, and names that the service has
 * @param maxConnections open at a time, before descriptors are looked at
 * @param lookAhead tokens that an answer may be ahead of its reader
 * @param socketAnswers under way at a time on one WebSocket
 * @param socketLanes with names that one WebSocket may have
 * @param socketLife after which a WebSocket takes no more requests
 * @param templateVariables of chat templates, that requests may set
 * @param vllmMetrics whether figures are shown under vLLM's names as well
 * @param ignoreUnknown whether fields of requests that are not known here are passed over rather than refused
 * @param instance its name, where it is one of several
 * @param eventLoops threads that serve sockets
 * @param requestMemory bytes of heap that requests and answers in flight may hold
 * @param kept what is kept of answers
 */
record HttpChoice(
        String host,
        int port,
        OptionalInt ollamaPort,
        Allowed allowed,
        int maxConnections,
        int lookAhead,
        int socketAnswers,
        int socketLanes,
        Duration socketLife,
        Set<String> templateVariables,
        boolean vllmMetrics,
        boolean ignoreUnknown,
        Optional<String> instance,
        OptionalInt eventLoops,
        OptionalLong requestMemory,
        KeptChoice kept) {
    /** What every template is given: a request says these in other ways, or not at all. */
    private static final List<String> OWN_VARIABLES =
            List.of("messages", "tools", "documents", "add_generation_prompt", "bos_token", "eos_token");

    static HttpChoice of(SettingValues values) {
        return new HttpChoice(
                values.host(Setting.HOST),
                values.whole(Setting.PORT, 0, 65_535).orElseThrow(),
                values.parsed(
                                Setting.OLLAMA,
                                "on, off or a port, 0 to 65535",
                                HttpChoice::ollamaPort,
                                port -> port.isEmpty() || (port.getAsInt() >= 0 && port.getAsInt() <= 65_535))
                        .orElseThrow(),
                new Allowed(
                        values.list(Setting.ALLOWED_ORIGINS, Allowed.ORIGINS_RULE, Allowed::isOrigin),
                        values.list(Setting.ALLOWED_HOSTS, Allowed.HOSTS_RULE, Allowed::isHost)),
                values.whole(Setting.MAX_CONNECTIONS, 1, 1_000_000).orElseThrow(),
                values.whole(Setting.LOOK_AHEAD, 1, GenerationConfig.DEFAULT.ahead())
                        .orElseThrow(),
                values.whole(Setting.SOCKET_ANSWERS, 1, 1_000).orElseThrow(),
                values.whole(Setting.SOCKET_LANES, 0, 10_000).orElseThrow(),
                values.time(Setting.SOCKET_LIFE, "1s to 168h", Duration.ofSeconds(1), Duration.ofDays(7)),
                values.list(
                        Setting.TEMPLATE_VARIABLES,
                        "names of template variables, separated by commas, but for " + String.join(", ", OWN_VARIABLES),
                        name -> name.matches("[A-Za-z_][A-Za-z0-9_]{0,63}") && !OWN_VARIABLES.contains(name)),
                values.word(Setting.METRICS_COMPAT, List.of("none", "vllm"))
                        .orElseThrow()
                        .equals("vllm"),
                values.word(Setting.UNKNOWN_FIELDS, List.of("refuse", "ignore"))
                        .orElseThrow()
                        .equals("ignore"),
                values.parsed(Setting.INSTANCE, Instance.NAME_RULE, Function.identity(), Instance::isName),
                values.whole(Setting.EVENT_LOOPS, 1, 256),
                values.size(Setting.REQUEST_MEMORY),
                KeptChoice.of(values));
    }

    /** Where Ollama itself listens unless it is told otherwise. */
    private static OptionalInt ollamaPort(String given) {
        return switch (given) {
            case "off" -> OptionalInt.empty();
            case "on" -> OptionalInt.of(11_434);
            default -> OptionalInt.of(Integer.parseInt(given));
        };
    }
}
