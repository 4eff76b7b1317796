package dev.tramontane.app;

import static dev.tramontane.app.Units.SIZE_RULE;
import static dev.tramontane.app.Units.TIME_RULE;

import dev.tramontane.api.Allowed;
import dev.tramontane.kernels.CpuLevel;
import dev.tramontane.kernels.DType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * All that was asked of the program, checked once. What is empty follows from the model or the machine.
 *
 * @param model the GGUF file, or the directory of the model
 * @param name by which clients know the model
 * @param chatLayout one of {@link LayoutChoice#names}
 * @param context tokens of prompt and answer together
 * @param window in place of the file's; 0 for full attention
 * @param quantize what unquantised matrices are rounded to at load
 * @param backend who computes
 * @param cpuLevel instruction set of the cpu backend
 * @param threads compute threads
 * @param lanes sequences in a step at most
 * @param batchTokens tokens in a step at most; not below {@code lanes}
 * @param stepTime how long a step should take at most
 * @param slots sequences that hold pages at most; not below {@code lanes}
 * @param cacheBytes of the key/value cache
 * @param halfPrecision F16 cache, else F32
 * @param queueRequests requests that may wait
 * @param queueTokens prompt tokens that may wait
 * @param http how it is reached
 * @param drainTimeout how long running answers may go on after SIGTERM
 * @param stuckTimeout how long a thread with work may stand still; zero for any time
 * @param kernelLibrary in place of the bundled one
 * @param libraryDirectory where the bundled one is unpacked to
 * @param log form and level of log lines
 */
record Configuration(
        Optional<Path> model,
        Optional<String> name,
        String chatLayout,
        OptionalInt context,
        OptionalInt window,
        Optional<DType> quantize,
        BackendChoice backend,
        CpuLevel cpuLevel,
        OptionalInt threads,
        int lanes,
        int batchTokens,
        Duration stepTime,
        int slots,
        OptionalLong cacheBytes,
        boolean halfPrecision,
        int queueRequests,
        long queueTokens,
        HttpChoice http,
        Duration drainTimeout,
        Duration stuckTimeout,
        Optional<Path> kernelLibrary,
        Optional<Path> libraryDirectory,
        LogChoice log) {

    /** Who computes. */
    enum BackendChoice {
        AUTO,
        CPU,
        REF,
        CUDA,
        EMU
    }

    /**
     * How the service is reached, and by whom.
     *
     * @param host to listen at
     * @param port to listen at, 0 for a free one
     * @param allowed browser pages' origins, and names that the service has
     * @param maxConnections open at a time, before descriptors are looked at
     * @param templateVariables of chat templates, that requests may set
     * @param ignoreUnknown whether fields of requests that are not known here are passed over rather than refused
     * @param eventLoops threads that serve sockets
     * @param requestMemory bytes of heap that requests and answers in flight may hold
     */
    record HttpChoice(
            String host,
            int port,
            Allowed allowed,
            int maxConnections,
            Set<String> templateVariables,
            boolean ignoreUnknown,
            OptionalInt eventLoops,
            OptionalLong requestMemory) {}

    /**
     * @param json one JSON object per line, else text
     * @param level least level that is logged; empty for the command's own default
     * @param access whether every request gets a line
     */
    record LogChoice(boolean json, Optional<String> level, boolean access) {}

    /** What every template is given: a request says these in other ways, or not at all. */
    private static final List<String> OWN_VARIABLES =
            List.of("messages", "tools", "documents", "add_generation_prompt", "bos_token", "eos_token");

    /** The most tokens a context can have: the engine's limit. */
    private static final int MOST_CONTEXT = 1 << 30;

    /**
     * Checks everything.
     *
     * @throws UsageException naming the first setting at fault and where it was set
     */
    static Configuration of(Settings settings) {
        int lanes = whole(settings, Setting.MAX_BATCH, 1, 1024).orElseThrow();
        int batchTokens = whole(settings, Setting.BATCH_TOKENS, 1, 65_536).orElseThrow();
        int slots = whole(settings, Setting.MAX_SEQUENCES, 1, 65_536).orElseThrow();
        atLeast(settings, Setting.BATCH_TOKENS, batchTokens, Setting.MAX_BATCH, lanes);
        atLeast(settings, Setting.MAX_SEQUENCES, slots, Setting.MAX_BATCH, lanes);
        return new Configuration(
                path(settings, Setting.MODEL),
                settings.parsed(
                        Setting.SERVED_MODEL_NAME,
                        "a name of 1 to 200 characters",
                        Function.identity(),
                        name -> !name.isEmpty()
                                && name.length() <= 200
                                && name.chars().noneMatch(Character::isISOControl)),
                choice(settings, Setting.CHAT_LAYOUT, LayoutChoice.names(), Function.identity())
                        .orElseThrow(),
                whole(settings, Setting.CONTEXT, 2, MOST_CONTEXT),
                window(settings),
                choice(
                        settings,
                        Setting.QUANTIZE,
                        List.of(DType.Q8_0, DType.Q4_0, DType.BF16),
                        type -> lower(type.name())),
                choice(settings, Setting.BACKEND, List.of(BackendChoice.values()), choice -> lower(choice.name()))
                        .orElseThrow(),
                choice(settings, Setting.CPU_LEVEL, List.of(CpuLevel.values()), CpuLevel::label)
                        .orElseThrow(),
                whole(settings, Setting.THREADS, 1, 1024),
                lanes,
                batchTokens,
                settings.parsed(
                                Setting.STEP_TIME,
                                TIME_RULE + ", 1ms to 1h",
                                Units::time,
                                time -> time.toMillis() >= 1 && time.compareTo(Duration.ofHours(1)) <= 0)
                        .orElseThrow(),
                slots,
                size(settings, Setting.CACHE_MEMORY),
                choice(settings, Setting.KV, List.of("f16", "f32"), Function.identity())
                        .orElseThrow()
                        .equals("f16"),
                whole(settings, Setting.QUEUE_REQUESTS, 1, 1_000_000).orElseThrow(),
                whole(settings, Setting.QUEUE_TOKENS, 1, Integer.MAX_VALUE).orElseThrow(),
                http(settings),
                settings.parsed(
                                Setting.DRAIN_TIMEOUT,
                                TIME_RULE + ", at most 24h",
                                Units::time,
                                time -> time.compareTo(Duration.ofHours(24)) <= 0)
                        .orElseThrow(),
                settings.parsed(
                                Setting.STUCK_TIMEOUT,
                                TIME_RULE + ", at most 24h",
                                Units::time,
                                time -> time.compareTo(Duration.ofHours(24)) <= 0)
                        .orElseThrow(),
                path(settings, Setting.KERNEL_LIBRARY),
                path(settings, Setting.LIBRARY_DIRECTORY),
                new LogChoice(
                        choice(settings, Setting.LOG_FORMAT, List.of("text", "json"), Function.identity())
                                .orElseThrow()
                                .equals("json"),
                        choice(
                                settings,
                                Setting.LOG_LEVEL,
                                List.of("error", "warn", "info", "debug"),
                                Function.identity()),
                        choice(settings, Setting.ACCESS_LOG, List.of("on", "off"), Function.identity())
                                .orElseThrow()
                                .equals("on")));
    }

    private static HttpChoice http(Settings settings) {
        return new HttpChoice(
                settings.parsed(
                                Setting.HOST,
                                "a host name or address",
                                Configuration::unbracketed,
                                host -> host.matches("[\\p{Alnum}.:%_-]{1,253}"))
                        .orElseThrow(),
                whole(settings, Setting.PORT, 0, 65_535).orElseThrow(),
                new Allowed(
                        list(settings, Setting.ALLOWED_ORIGINS, Allowed.ORIGINS_RULE, Allowed::isOrigin),
                        list(settings, Setting.ALLOWED_HOSTS, Allowed.HOSTS_RULE, Allowed::isHost)),
                whole(settings, Setting.MAX_CONNECTIONS, 1, 1_000_000).orElseThrow(),
                list(
                        settings,
                        Setting.TEMPLATE_VARIABLES,
                        "names of template variables, separated by commas, but for " + String.join(", ", OWN_VARIABLES),
                        name -> name.matches("[A-Za-z_][A-Za-z0-9_]{0,63}") && !OWN_VARIABLES.contains(name)),
                choice(settings, Setting.UNKNOWN_FIELDS, List.of("refuse", "ignore"), Function.identity())
                        .orElseThrow()
                        .equals("ignore"),
                whole(settings, Setting.EVENT_LOOPS, 1, 256),
                size(settings, Setting.REQUEST_MEMORY));
    }

    /** An IPv6 address may be written as in a URL. */
    private static String unbracketed(String host) {
        boolean bracketed = host.startsWith("[") && host.endsWith("]") && host.contains(":");
        return bracketed ? host.substring(1, host.length() - 1) : host;
    }

    /** Words between commas, white space around them left out. */
    private static Set<String> list(Settings settings, Setting setting, String rule, Predicate<String> holds) {
        return settings.parsed(
                        setting,
                        rule,
                        text -> Stream.of(text.split(",", -1))
                                .map(String::strip)
                                .collect(Collectors.toSet()),
                        words -> words.stream().allMatch(holds))
                .orElse(Set.of());
    }

    private static OptionalLong size(Settings settings, Setting setting) {
        return settings.parsed(setting, SIZE_RULE + ", at least 1MiB", Units::bytes, bytes -> bytes >= 1 << 20)
                .map(OptionalLong::of)
                .orElseGet(OptionalLong::empty);
    }

    private static OptionalInt window(Settings settings) {
        String rule = "none or 1 to " + MOST_CONTEXT;
        Optional<Integer> window = settings.parsed(
                Setting.WINDOW,
                rule,
                text -> text.equals("none") ? 0 : positive(text),
                tokens -> tokens <= MOST_CONTEXT);
        return window.map(OptionalInt::of).orElseGet(OptionalInt::empty);
    }

    private static int positive(String text) {
        int value = integer(text);
        if (value < 1) {
            throw new IllegalArgumentException(text + " is below 1");
        }
        return value;
    }

    /** Java's own parser also takes a plus sign and digits of other scripts. */
    private static int integer(String text) {
        if (!text.matches("-?[0-9]+")) {
            throw new NumberFormatException(text + " is no whole number");
        }
        return Integer.parseInt(text);
    }

    private static OptionalInt whole(Settings settings, Setting setting, int least, int most) {
        return settings.parsed(
                        setting,
                        least + " to " + most,
                        Configuration::integer,
                        value -> value >= least && value <= most)
                .map(OptionalInt::of)
                .orElseGet(OptionalInt::empty);
    }

    private static Optional<Path> path(Settings settings, Setting setting) {
        // Path.of refuses a NUL with an InvalidPathException, which is an IllegalArgumentException.
        return settings.parsed(
                setting, "a path", Path::of, path -> !path.toString().isEmpty());
    }

    private static <T> Optional<T> choice(
            Settings settings, Setting setting, List<T> choices, Function<T, String> word) {
        List<String> words = choices.stream().map(word).toList();
        String rule = String.join(", ", words.subList(0, words.size() - 1)) + " or " + words.getLast();
        return settings.parsed(setting, rule, text -> choices.get(index(words, text)), value -> true);
    }

    private static int index(List<String> words, String text) {
        int index = words.indexOf(lower(text));
        if (index < 0) {
            throw new IllegalArgumentException(text + " is none of " + words);
        }
        return index;
    }

    private static void atLeast(Settings settings, Setting upper, int value, Setting lower, int least) {
        if (value < least) {
            throw new UsageException(settings.name(upper) + " must be at least " + least + ", the value of "
                    + settings.name(lower) + ", got " + value);
        }
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }
}
