package dev.tramontane.app;

import dev.tramontane.api.Allowed;
import dev.tramontane.api.Instance;
import dev.tramontane.engine.Speculation;
import dev.tramontane.generation.GenerationConfig;
import dev.tramontane.kernels.CpuLevel;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.Device;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.CacheType;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * All that was asked of the program, checked once. What is empty follows from the model or the machine.
 *
 * @param model what is run, and as what
 * @param registry of several models
 * @param hub where models are by name
 * @param compute who computes, and how
 * @param engine how many are served at a time, and how far
 * @param http how it is reached
 * @param access who may
 * @param ending how it ends after SIGTERM
 * @param traces who is told of single requests
 * @param stages of the model in other processes
 * @param stuckTimeout how long a thread with work may stand still; zero for any time
 * @param log form and level of log lines
 */
record Configuration(
        ModelChoice model,
        RegistryChoice registry,
        HubChoice hub,
        ComputeChoice compute,
        EngineChoice engine,
        HttpChoice http,
        AccessChoice access,
        Ending ending,
        TraceChoice traces,
        StagesChoice stages,
        Duration stuckTimeout,
        LogChoice log) {

    /**
     * Which model is served.
     *
     * @param asked the text that names it: a path, or a name
     * @param path the GGUF file, or the directory of the model, once {@link NamedModel} has found it
     * @param name by which clients know the model
     * @param chatLayout one of {@link LayoutChoice#names}
     * @param toolParser one of {@link LayoutChoice#parsers}
     * @param suggestedSampling whether what the makers suggest holds where requests say nothing
     * @param context tokens of prompt and answer together
     * @param window in place of the file's; 0 for full attention
     * @param quantize what unquantised matrices are rounded to at load
     */
    record ModelChoice(
            Optional<String> asked,
            Optional<Path> path,
            Optional<String> name,
            String chatLayout,
            String toolParser,
            boolean suggestedSampling,
            OptionalInt context,
            OptionalInt window,
            Optional<DType> quantize) {}

    /**
     * Several models.
     *
     * @param more than the one of {@link ModelChoice}, as they were asked for
     * @param load names of those that are loaded at start; empty for the first
     * @param keepAlive how long one stays that nobody asks for; negative for as long as there is room
     * @param memory bytes that those may have together which are loaded at a time
     * @param patience how long a request waits for its model
     * @param models how many share the memory for caches: 1 but where several are served
     */
    record RegistryChoice(
            List<String> more,
            Optional<List<String>> load,
            Optional<Duration> keepAlive,
            OptionalLong memory,
            Duration patience,
            int models) {
        /** In place of names of models. */
        static final String ALL = "all";

        static final String NONE = "none";
    }

    /**
     * Where models are by name.
     *
     * @param pull whether a model that is not here is fetched
     * @param store of those that were pulled; empty for the user's cache
     * @param ollamaRegistry asked for names without a host
     * @param ollamaKey by which registries know the user; empty for one of the program's own
     * @param huggingFace the hub; empty for what its own variable says, or the public one
     */
    record HubChoice(
            boolean pull,
            Optional<Path> store,
            URI ollamaRegistry,
            Optional<Path> ollamaKey,
            Optional<URI> huggingFace) {}

    /** Who computes. */
    enum BackendChoice {
        AUTO,
        CPU,
        REF,
        CUDA,
        EMU
    }

    /**
     * What computes it.
     *
     * @param backend who computes
     * @param device which of its devices is asked for: a number, or the beginning of a UUID; several with commas between
     * @param gpuMemory what of each device's memory may be taken
     * @param on the devices that {@link Devices} chose, in the order of the layers that they have; none before, and for
     *     backends that have none
     * @param cpuLevel instruction set of the cpu backend
     * @param threads compute threads
     * @param kernelLibrary in place of the bundled one
     * @param libraryDirectory where the bundled one is unpacked to
     */
    record ComputeChoice(
            BackendChoice backend,
            Optional<String> device,
            GpuMemory gpuMemory,
            List<Device> on,
            CpuLevel cpuLevel,
            OptionalInt threads,
            Optional<Path> kernelLibrary,
            Optional<Path> libraryDirectory) {}

    /**
     * How many requests are computed, held and queued. {@link Sizing} makes the engine's sizes of it.
     *
     * @param lanes sequences in a step at most
     * @param batchTokens tokens in a step at most; not below {@code lanes}
     * @param stepTime how long a step should take at most
     * @param slots sequences that hold pages at most; not below {@code lanes}
     * @param cacheBytes of the key/value cache
     * @param kv what keys and values are kept as
     * @param prefixes whether what was computed is kept for later requests that begin alike
     * @param lora adapters
     * @param speculation how tokens are guessed ahead
     * @param draft which model guesses
     * @param snapshots where it outlives the process
     * @param queueRequests requests that may wait
     * @param queueTokens prompt tokens that may wait
     */
    record EngineChoice(
            int lanes,
            int batchTokens,
            Duration stepTime,
            int slots,
            OptionalLong cacheBytes,
            CacheType kv,
            boolean prefixes,
            Speculation speculation,
            LoraChoice lora,
            DraftChoice draft,
            SnapshotChoice snapshots,
            int queueRequests,
            long queueTokens) {

        private EngineChoice drafting(Path path) {
            return with(lora, new DraftChoice(draft.asked(), Optional.of(path)));
        }

        private EngineChoice adapted(LoraChoice adapters) {
            return with(adapters, draft);
        }

        private EngineChoice with(LoraChoice adapters, DraftChoice guessing) {
            return new EngineChoice(
                    lanes,
                    batchTokens,
                    stepTime,
                    slots,
                    cacheBytes,
                    kv,
                    prefixes,
                    speculation,
                    adapters,
                    guessing,
                    snapshots,
                    queueRequests,
                    queueTokens);
        }
    }

    /**
     * A model that guesses.
     *
     * @param asked as it was asked for
     * @param path where it is, once that was found out
     */
    record DraftChoice(Optional<String> asked, Optional<Path> path) {
        /** None. */
        static final DraftChoice NONE = new DraftChoice(Optional.empty(), Optional.empty());
    }

    /**
     * Which adapters there are.
     *
     * @param atStart their directories by their names, MODEL:NAME or NAME; without the model once {@link LoraBinding} has found out of
     *     which they are
     * @param directory from which requests may load others; empty: from nowhere
     * @param room for them; none where neither is given
     */
    record LoraChoice(Map<String, Path> atStart, Optional<Path> directory, AdapterRoom room) {}

    /**
     * @param directory of snapshot files; empty for none
     * @param bytes that they may have together
     */
    record SnapshotChoice(Optional<Path> directory, long bytes) {
        /** Part of the bytes for answers, which are small. */
        private static final int ANSWERS = 8;

        /** Where answers are that a process could not finish, or keeps. */
        Optional<Path> answers() {
            return directory.map(path -> path.resolve("answers"));
        }

        long answerBytes() {
            return bytes / ANSWERS;
        }

        long pageBytes() {
            return bytes - answerBytes();
        }
    }

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
            KeptChoice kept) {}

    /**
     * What is kept of answers, for those who come back to them.
     *
     * @param responseMemory bytes of heap of all responses
     * @param responseTime after a response's end
     * @param resumeBytes of one answer's events
     * @param resumeTime that a resumable answer waits for a reader
     */
    record KeptChoice(OptionalLong responseMemory, Duration responseTime, long resumeBytes, Duration resumeTime) {}

    /**
     * Who may use the service.
     *
     * @param apiKeys the file of keys; empty: nobody is asked for one
     * @param allowAnonymous whether the service may be reached from elsewhere all the same
     * @param managementHost where {@code managementPort} is
     * @param managementPort of what is the operator's; empty: it is with the rest
     * @param tlsCertificate PEM; there is one where there is a key
     * @param tlsKey PEM
     * @param tlsClientAuthorities PEM; empty: clients need no certificates
     */
    record AccessChoice(
            Optional<Path> apiKeys,
            boolean allowAnonymous,
            String managementHost,
            OptionalInt managementPort,
            Optional<Path> tlsCertificate,
            Optional<Path> tlsKey,
            Optional<Path> tlsClientAuthorities) {}

    /**
     * @param json one JSON object per line, else text
     * @param level least level that is logged; empty for the command's own default
     * @param access whether every request gets a line
     */
    record LogChoice(boolean json, Optional<String> level, boolean access) {}

    /**
     * @param collector where traces are posted to; empty for none
     * @param share of the traces that begin here which are sampled
     */
    record TraceChoice(Optional<URI> collector, double share) {}

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
        SettingValues values = new SettingValues(settings);
        HttpChoice http = http(values);
        AccessChoice access = access(values);
        Ports.requireApart(http, access);
        return new Configuration(
                model(values),
                registry(values),
                new HubChoice(
                        values.on(Setting.PULL),
                        values.path(Setting.MODEL_STORE),
                        values.address(Setting.OLLAMA_REGISTRY).orElseThrow(),
                        values.path(Setting.OLLAMA_KEY),
                        values.address(Setting.HF_ENDPOINT)),
                compute(values),
                engine(values),
                http,
                access,
                new Ending(
                        values.time(Setting.DRAIN_DELAY, "at most 1h", Duration.ZERO, Duration.ofHours(1)),
                        values.time(Setting.DRAIN_TIMEOUT, "at most 24h", Duration.ZERO, Duration.ofHours(24))),
                new TraceChoice(values.collector(Setting.OTLP_ENDPOINT), values.share(Setting.TRACE_SAMPLE)),
                StagesChoice.of(values),
                values.time(Setting.STUCK_TIMEOUT, "at most 24h", Duration.ZERO, Duration.ofHours(24)),
                log(values));
    }

    /** The same with another context, in tokens. */
    Configuration withContext(int tokens) {
        return with(model.path(), model.name(), OptionalInt.of(tokens));
    }

    /** The same with that model. */
    Configuration withModel(Path path) {
        return with(Optional.of(path), model.name(), model.context());
    }

    /** The same with all layers in this process, whatever is set for servers. */
    Configuration inOnePiece() {
        return new Configuration(
                model,
                registry,
                hub,
                compute,
                engine,
                http,
                access,
                ending,
                traces,
                stages.withoutOthers(),
                stuckTimeout,
                log);
    }

    /** The same with these adapters. */
    Configuration adapted(LoraChoice lora) {
        return with(engine.adapted(lora));
    }

    private Configuration with(EngineChoice chosen) {
        return new Configuration(
                model, registry, hub, compute, chosen, http, access, ending, traces, stages, stuckTimeout, log);
    }

    /** The same with that draft model. */
    Configuration drafting(Path path) {
        return with(engine.drafting(path));
    }

    /** The same, its model known to clients by that name unless another was asked for. */
    Configuration named(String name) {
        return with(model.path(), model.name().or(() -> Optional.of(name)), model.context());
    }

    /** The same with these models, none of them found yet. */
    Configuration listing(List<String> models) {
        RegistryChoice others = new RegistryChoice(
                models.subList(1, models.size()),
                registry.load(),
                registry.keepAlive(),
                registry.memory(),
                registry.patience(),
                models.size());
        return new Configuration(
                        model, others, hub, compute, engine, http, access, ending, traces, stages, stuckTimeout, log)
                .asking(models.getFirst(), model.name());
    }

    /** The same for another model, which clients know by that name if there is one. */
    Configuration asking(String text, Optional<String> name) {
        return with(Optional.of(text), Optional.empty(), name, model.context());
    }

    /** The same on that backend, and on those devices of it. */
    Configuration on(BackendChoice backend, List<Device> devices) {
        ComputeChoice chosen = new ComputeChoice(
                backend,
                compute.device(),
                compute.gpuMemory(),
                List.copyOf(devices),
                compute.cpuLevel(),
                compute.threads(),
                compute.kernelLibrary(),
                compute.libraryDirectory());
        return new Configuration(
                model, registry, hub, chosen, engine, http, access, ending, traces, stages, stuckTimeout, log);
    }

    private Configuration with(Optional<Path> path, Optional<String> name, OptionalInt context) {
        return with(model.asked(), path, name, context);
    }

    private Configuration with(
            Optional<String> asked, Optional<Path> path, Optional<String> name, OptionalInt context) {
        ModelChoice chosen = new ModelChoice(
                asked,
                path,
                name,
                model.chatLayout(),
                model.toolParser(),
                model.suggestedSampling(),
                context,
                model.window(),
                model.quantize());
        return new Configuration(
                chosen, registry, hub, compute, engine, http, access, ending, traces, stages, stuckTimeout, log);
    }

    private static RegistryChoice registry(SettingValues values) {
        Predicate<String> named =
                text -> !text.isEmpty() && text.length() <= 4096 && text.chars().noneMatch(Character::isISOControl);
        return new RegistryChoice(
                values.words(Setting.MODELS, "paths or names of models, separated by commas", named)
                        .orElse(List.of()),
                values.words(Setting.LOAD, "names of models, separated by commas, or all or none", named),
                values.parsed(
                        Setting.KEEP_ALIVE,
                        Units.TIME_RULE + ", at most 8760h, or forever",
                        text -> text.equals("forever") ? Duration.ofMillis(-1) : Units.time(text),
                        time -> time.compareTo(Duration.ofDays(365)) <= 0),
                values.size(Setting.MODEL_MEMORY),
                values.time(Setting.LOAD_WAIT, "1s to 24h", Duration.ofSeconds(1), Duration.ofHours(24)),
                1);
    }

    private static ModelChoice model(SettingValues values) {
        return new ModelChoice(
                values.parsed(
                        Setting.MODEL,
                        "a path or a name",
                        Function.identity(),
                        text -> !text.isEmpty() && text.chars().noneMatch(Character::isISOControl)),
                Optional.empty(),
                values.parsed(
                        Setting.SERVED_MODEL_NAME,
                        "a name of 1 to 200 characters",
                        Function.identity(),
                        name -> !name.isEmpty()
                                && name.length() <= 200
                                && name.chars().noneMatch(Character::isISOControl)),
                values.word(Setting.CHAT_LAYOUT, LayoutChoice.names()).orElseThrow(),
                values.word(Setting.TOOL_PARSER, LayoutChoice.parsers()).orElseThrow(),
                values.word(Setting.DEFAULT_SAMPLING, List.of("model", "neutral"))
                        .orElseThrow()
                        .equals("model"),
                values.whole(Setting.CONTEXT, 2, MOST_CONTEXT),
                values.wholeOrNone(Setting.WINDOW, MOST_CONTEXT),
                values.choice(
                        Setting.QUANTIZE,
                        List.of(DType.Q8_0, DType.Q4_0, DType.BF16),
                        type -> SettingValues.lower(type.name())));
    }

    private static ComputeChoice compute(SettingValues values) {
        return new ComputeChoice(
                values.choice(
                                Setting.BACKEND,
                                List.of(BackendChoice.values()),
                                choice -> SettingValues.lower(choice.name()))
                        .orElseThrow(),
                values.parsed(
                        Setting.DEVICE,
                        "a number from 0, or the beginning of a UUID; several with commas between",
                        Function.identity(),
                        text -> text.matches("[\\w,-]{1,400}")),
                values.parsed(Setting.GPU_MEMORY, GpuMemory.RULE, GpuMemory::of, GpuMemory::isValid)
                        .orElseThrow(),
                List.of(),
                values.choice(Setting.CPU_LEVEL, List.of(CpuLevel.values()), CpuLevel::label)
                        .orElseThrow(),
                values.whole(Setting.THREADS, 1, 1024),
                values.path(Setting.KERNEL_LIBRARY),
                values.path(Setting.LIBRARY_DIRECTORY));
    }

    private static EngineChoice engine(SettingValues values) {
        EngineChoice engine = new EngineChoice(
                values.whole(Setting.MAX_BATCH, 1, 1024).orElseThrow(),
                values.whole(Setting.BATCH_TOKENS, 1, 65_536).orElseThrow(),
                values.time(Setting.STEP_TIME, "1ms to 1h", Duration.ofMillis(1), Duration.ofHours(1)),
                values.whole(Setting.MAX_SEQUENCES, 1, 65_536).orElseThrow(),
                values.size(Setting.CACHE_MEMORY),
                values.choice(
                                Setting.KV,
                                List.of(CacheType.F16, CacheType.BF16, CacheType.F32, CacheType.FP8),
                                CacheType::word)
                        .orElseThrow(),
                values.on(Setting.PREFIX_CACHE),
                values.speculation(Setting.SPECULATE),
                lora(values),
                new DraftChoice(
                        values.parsed(
                                Setting.DRAFT_MODEL,
                                "a path or a name",
                                text -> text,
                                text -> !text.isEmpty()
                                        && text.length() <= 4096
                                        && text.chars().noneMatch(Character::isISOControl)),
                        Optional.empty()),
                new SnapshotChoice(
                        values.path(Setting.SNAPSHOT_DIR),
                        values.size(Setting.SNAPSHOT_BYTES).orElseThrow()),
                values.whole(Setting.QUEUE_REQUESTS, 1, 1_000_000).orElseThrow(),
                values.whole(Setting.QUEUE_TOKENS, 1, Integer.MAX_VALUE).orElseThrow());
        values.atLeast(Setting.BATCH_TOKENS, engine.batchTokens(), Setting.MAX_BATCH, engine.lanes());
        if (engine.speculation().method() == Speculation.Method.MODEL
                && engine.draft().asked().isEmpty()) {
            throw new UsageException(
                    Setting.SPECULATE.flag() + " draft_model needs " + Setting.DRAFT_MODEL.flag() + " MODEL");
        }
        values.atLeast(Setting.MAX_SEQUENCES, engine.slots(), Setting.MAX_BATCH, engine.lanes());
        return engine;
    }

    private static LoraChoice lora(SettingValues values) {
        Map<String, Path> atStart = values.adapters(Setting.LORA);
        Optional<Path> directory = values.path(Setting.LORA_DIR);
        int most = values.whole(Setting.MAX_LORAS, 1, 1024).orElseThrow();
        int rank = values.whole(Setting.MAX_LORA_RANK, 1, 512).orElseThrow();
        String type = values.word(Setting.LORA_TYPE, List.of("f32", "bf16", "f16"))
                .orElseThrow()
                .toUpperCase(Locale.ROOT);
        boolean wanted = !atStart.isEmpty() || directory.isPresent();
        return new LoraChoice(
                atStart,
                directory,
                wanted ? new AdapterRoom(most, rank, Adapter.Type.valueOf(type)) : AdapterRoom.NONE);
    }

    private static HttpChoice http(SettingValues values) {
        return new HttpChoice(
                host(values, Setting.HOST),
                values.whole(Setting.PORT, 0, 65_535).orElseThrow(),
                values.parsed(
                                Setting.OLLAMA,
                                "on, off or a port, 0 to 65535",
                                Configuration::ollamaPort,
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
                values.time(Setting.SOCKET_LIFE, "1s to 168h", Duration.ofSeconds(1), Duration.ofHours(168)),
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
                new KeptChoice(
                        values.size(Setting.RESPONSE_MEMORY),
                        values.time(Setting.RESPONSE_TIME, "at most 744h", Duration.ZERO, Duration.ofDays(31)),
                        values.size(Setting.RESUME_BYTES).orElseThrow(),
                        values.time(Setting.RESUME_TIME, "at most 24h", Duration.ZERO, Duration.ofHours(24))));
    }

    /** Where Ollama itself listens unless it is told otherwise. */
    private static OptionalInt ollamaPort(String given) {
        return switch (given) {
            case "off" -> OptionalInt.empty();
            case "on" -> OptionalInt.of(11_434);
            default -> OptionalInt.of(Integer.parseInt(given));
        };
    }

    private static AccessChoice access(SettingValues values) {
        AccessChoice access = new AccessChoice(
                values.path(Setting.API_KEYS),
                values.on(Setting.ALLOW_ANONYMOUS),
                host(values, Setting.MANAGEMENT_HOST),
                values.whole(Setting.MANAGEMENT_PORT, 0, 65_535),
                values.path(Setting.TLS_CERTIFICATE),
                values.path(Setting.TLS_KEY),
                values.path(Setting.TLS_CLIENT_AUTHORITIES));
        boolean tls = access.tlsCertificate().isPresent();
        if (tls != access.tlsKey().isPresent()
                || (!tls && access.tlsClientAuthorities().isPresent())) {
            throw new UsageException("TLS needs both --tls-certificate and --tls-key");
        }
        return access;
    }

    private static LogChoice log(SettingValues values) {
        return new LogChoice(
                values.word(Setting.LOG_FORMAT, List.of("text", "json"))
                        .orElseThrow()
                        .equals("json"),
                values.word(Setting.LOG_LEVEL, List.of("error", "warn", "info", "debug")),
                values.on(Setting.ACCESS_LOG));
    }

    private static String host(SettingValues values, Setting setting) {
        return values.parsed(
                        setting,
                        "a host name or address",
                        Configuration::unbracketed,
                        host -> host.matches("[\\p{Alnum}.:%_-]{1,253}"))
                .orElseThrow();
    }

    /** An IPv6 address may be written as in a URL. */
    private static String unbracketed(String host) {
        boolean bracketed = host.startsWith("[") && host.endsWith("]") && host.contains(":");
        return bracketed ? host.substring(1, host.length() - 1) : host;
    }
}
