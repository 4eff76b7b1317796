package dev.tramontane.app;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * Everything that can be set, once: as a flag, as an environment variable and as a key of the settings file. The words
 * here are the help text.
 */
enum Setting {
    MODEL(
            "model",
            "MODEL",
            "",
            "The model: a GGUF file (of a split one any part), a directory with safetensors files as on Hugging"
                    + " Face or as Mistral publishes them, or a name as 'tramontane pull' takes it (mistral,"
                    + " hf:OWNER/REPOSITORY). What lies at it as a path counts first. Default of serve, chat, complete and"
                    + " eval: SmolLM2-135M-Instruct, fetched once.",
            "models/mistral-7b-instruct-v0.3.Q4_K_M.gguf"),
    MODELS(
            "models",
            "[NAME=]MODEL,...",
            "",
            "Models that serve offers beside --model, each a path or a name, with NAME= the name by which clients know"
                    + " it: loaded when one is first asked for, unloaded when nobody needs it or another one needs its"
                    + " room. The first of all is the one for requests that name none. Default: none.",
            "small=smollm2.gguf,mistral"),
    LOAD(
            "load",
            "NAME,...|all|none",
            "",
            "Which of several models are loaded at start, before it is ready. Default: the first.",
            "all"),
    KEEP_ALIVE(
            "keep-alive",
            "TIME|forever",
            "",
            "How long a model stays loaded that nobody asks for. Default: 5m where there are several, else forever.",
            "30m"),
    MODEL_MEMORY(
            "model-memory",
            "SIZE",
            "",
            "Memory that the models which are loaded at a time may have together: weights, cache and workspace."
                    + " Default: what the machine has beside the Java heap.",
            "24GiB"),
    LOAD_WAIT(
            "load-wait",
            "TIME",
            "5m",
            "How long a request waits at most for its model to be loaded; then it gets 503. As many may wait as"
                    + " --queue-requests says.",
            "1m"),
    PULL(
            "pull",
            "on|off",
            "off",
            "Fetch the model by its name where it is not on this machine, after its size and licence were said. The flag"
                    + " alone means on.",
            "on"),
    ALLOW_PULL(
            "allow-pull",
            "SIZE",
            "",
            "Lets requests fetch models by name (POST /api/pull of Ollama's API) and delete them, operators' where keys are"
                    + " asked for, and offers all models that tramontane list shows beside those that are named. SIZE is what"
                    + " the model store may take of the disk. Default: no request fetches anything.",
            "200GiB"),
    MODEL_STORE(
            "model-store",
            "DIR",
            "",
            "Where models are kept that were pulled. Default: $XDG_CACHE_HOME/tramontane/hub or ~/.cache/tramontane/hub"
                    + " (macOS: ~/Library/Caches/tramontane/hub).",
            "/var/lib/tramontane/models"),
    OLLAMA_REGISTRY(
            "ollama-registry",
            "URL",
            "https://registry.ollama.ai",
            "The registry that is asked for names such as mistral: Ollama's, or another one of its protocol.",
            "https://mirror.example.org"),
    OLLAMA_KEY(
            "ollama-key",
            "FILE",
            "",
            "The key by which registries of Ollama's protocol know who asks, an ed25519 key as OpenSSH writes it; it is"
                    + " read, never written. Default: one of this program's own, made when a registry first wants one, in"
                    + " $XDG_CACHE_HOME/tramontane/keys or ~/.cache/tramontane/keys (macOS:"
                    + " ~/Library/Caches/tramontane/keys).",
            "/home/alice/.ollama/id_ed25519"),
    HF_ENDPOINT(
            "hf-endpoint",
            "URL",
            "",
            "The hub that is asked for hf: names; it gets the token of HF_TOKEN or its file. Default: HF_ENDPOINT, or"
                    + " https://huggingface.co.",
            "https://mirror.example.org"),
    SERVED_MODEL_NAME(
            "served-model-name",
            "NAME",
            "",
            "Name by which clients know the model. Default: the file's or directory's name.",
            "mistral"),
    CHAT_LAYOUT(
            "chat-layout",
            "NAME",
            "auto",
            "How chats become tokens: template (the model's own Jinja), one of Mistral's layouts (mistral-v1,"
                    + " mistral-v2, mistral-v3, mistral-v3-tekken, mistral-v7, mistral-v7-tekken, mistral-v11,"
                    + " mistral-v13, mistral-v15), or auto: what Mistral's tokenizer files say, else the template.",
            "mistral-v3"),
    TOOL_PARSER(
            "tool-parser",
            "NAME",
            "auto",
            "How the model writes tool calls: hermes, llama3_json, mistral_v3, mistral_v11, qwen3_coder, none (what it"
                    + " writes stays text), or auto: as its chat layout shows them.",
            "hermes"),
    DEFAULT_SAMPLING(
            "default-sampling",
            "WORD",
            "model",
            "How serve samples answers where a request says nothing of it: model (as the makers suggest in"
                    + " generation_config.json, and no more tokens than its max_new_tokens) or neutral (temperature 1 and"
                    + " no filters).",
            "neutral"),
    CONTEXT(
            "context",
            "TOKENS",
            "",
            "Prompt and answer together, in tokens. Default: what the model was made for, or less where the cache"
                    + " memory does not hold it.",
            "8192"),
    WINDOW(
            "window",
            "TOKENS|none",
            "",
            "Sliding attention window in tokens, in place of the file's; none for full attention. GGUF files of"
                    + " Mistral 7B v0.1 do not carry its 4096. Default: what the file says.",
            "4096"),
    QUANTIZE(
            "quantize",
            "TYPE",
            "",
            "Round unquantised matrices to q8_0, q4_0 or bf16 when the model is loaded: less memory and more speed for"
                    + " less exactness. With q4_0 the embedding and the output head get q8_0. Default: as they are.",
            "q8_0"),
    BACKEND(
            "backend",
            "NAME",
            "auto",
            "Who computes: auto (a CUDA device where there is one that takes the model, else the cpu), cpu (vectorised,"
                    + " threaded), cuda (a CUDA device; weights of any type but F32), ref (the slow reference) or emu (the"
                    + " CUDA kernels on the cpu, for tests).",
            "cpu"),
    DEVICE(
            "device",
            "DEVICE",
            "",
            "Which device computes, by its number from 0, or the beginning of its UUID. Several, with commas between, divide"
                    + " the model's layers among them by the memory that each has free. Default: the first that can be"
                    + " used. CUDA_VISIBLE_DEVICES hides devices and renumbers them, as for every program.",
            "0"),
    GPU_MEMORY(
            "gpu-memory",
            "SHARE|SIZE",
            "0.9",
            "How much of each device's memory the model may take, with its cache: a share of all there is, or a size."
                    + " What others hold of it is left to them. What does not fit is refused before it is loaded.",
            "12GiB"),
    CPU_LEVEL(
            "cpu-level",
            "LEVEL",
            "auto",
            "Instruction set of the cpu backend: auto, portable, avx2 or avx512. The results are the same.",
            "avx2"),
    THREADS("threads", "N", "", "Compute threads. Default: the processors this process may use.", "8"),
    MAX_BATCH("max-batch", "N", "16", "Sequences computed in one step at most.", "32"),
    BATCH_TOKENS(
            "batch-tokens",
            "TOKENS",
            "256",
            "Tokens computed in one step at most, so also the longest prefill chunk.",
            "512"),
    STEP_TIME(
            "step-time",
            "TIME",
            "100ms",
            "How long a step should take at most, by measured rates: the longest that an arrival or a cancellation"
                    + " waits to be heard. A step takes at least 32 tokens of a prompt, or 8 beside sequences that decode,"
                    + " whatever their time. In ms, s, m or h.",
            "250ms"),
    MAX_SEQUENCES(
            "max-sequences",
            "N",
            "256",
            "Sequences that hold cache pages at a time at most, running and waiting for their readers together.",
            "512"),
    CACHE_MEMORY(
            "cache-memory",
            "SIZE",
            "",
            "Memory of the key/value cache. Default: what --max-batch sequences of --context tokens need, but at most"
                    + " a quarter of the memory, and no more than is left beside weights and Java heap. Of a device it is"
                    + " what --gpu-memory leaves beside the weights. Taken at start.",
            "2GiB"),
    KV(
            "kv",
            "TYPE",
            "f16",
            "Element type of the key/value cache: f16, bf16, f32, or fp8, which takes half the memory of f16.",
            "fp8"),
    PREFIX_CACHE(
            "prefix-cache",
            "on|off",
            "on",
            "Keep what was computed, in memory of the cache that nobody uses: a later request that begins alike, of the"
                    + " same key, computes only what is new. The answers are the same.",
            "off"),
    LORA(
            "lora",
            "[MODEL:]NAME=DIR,...",
            "",
            "Adapters (LoRA) that PEFT saved, to be asked for as models of these names, or as MODEL:NAME. Several at once"
                    + " are computed together. Of several models one belongs to the one that it names, else to the only one"
                    + " that it fits. Default: none.",
            "support=adapters/support,legal=adapters/legal"),
    LORA_DIR(
            "lora-dir",
            "DIR",
            "",
            "Let requests to /v1/load_lora_adapter and /v1/unload_lora_adapter load adapters that lie in this folder, and"
                    + " unload any. With --api-keys those of operators may do that, else whoever may ask. Default: nobody may.",
            "/var/lib/tramontane/adapters"),
    MAX_LORAS(
            "max-loras",
            "N",
            "8",
            "Adapters of a model that may be loaded at a time, with --lora or --lora-dir. Memory for all of them is taken"
                    + " with the model's.",
            "16"),
    MAX_LORA_RANK("max-lora-rank", "N", "16", "The largest rank (r) of an adapter's matrix, up to 512.", "64"),
    LORA_TYPE(
            "lora-type",
            "TYPE",
            "f32",
            "To what adapters are rounded as they are loaded: f32, bf16 or f16. The latter two take half the memory.",
            "bf16"),
    SPECULATE(
            "speculate",
            "off|auto|ngram|draft_model[:N]",
            "auto",
            "Guess up to N tokens ahead (5) and compute them together with the one before: those that are drawn anyway"
                    + " count, so answers are the same. ngram: what followed when the last tokens stood in the text before;"
                    + " draft_model: what --draft-model says; auto: both. Guesses are made where they pay, by measured times and"
                    + " how often they were right. off: for requests that ask for it only.",
            "ngram:8"),
    DRAFT_MODEL(
            "draft-model",
            "[NAME=]MODEL,...",
            "",
            "A small model with the same tokens that guesses for --speculate where nothing is found in the text: a file, a"
                    + " directory or a name. It has a cache of its own. Of several served models it guesses for each with its"
                    + " tokens, or for the one whose name stands before it. Default: none.",
            "mistral-small.gguf"),
    SNAPSHOT_DIR(
            "snapshot-dir",
            "DIR",
            "",
            "Directory for what serve has computed (keys and values, from which prompts can be told) at the end of"
                    + " each turn, with --prefix-cache, and for answers that it could not finish or keeps when it ends:"
                    + " found again after a restart, or by another process with the same model and settings that shares"
                    + " it. Made if it is not there, for this user alone. Default: none.",
            "/var/lib/tramontane/snapshots"),
    SNAPSHOT_BYTES(
            "snapshot-bytes",
            "SIZE",
            "8GiB",
            "Bytes that files in --snapshot-dir may have together, an eighth of them for answers; those go first that"
                    + " were used longest ago.",
            "100GiB"),
    QUEUE_REQUESTS("queue-requests", "N", "256", "Requests that may wait for admission; more get 429.", "64"),
    QUEUE_TOKENS("queue-tokens", "TOKENS", "1048576", "Prompt tokens that may wait for admission.", "262144"),
    HOST(
            "host",
            "ADDRESS",
            "127.0.0.1",
            "Address to listen at; 0.0.0.0 for all. Beyond this machine only with --api-keys or --allow-anonymous.",
            "::1"),
    PORT("port", "PORT", "8080", "Port to listen at; 0 takes a free one and prints it.", "0"),
    OLLAMA(
            "ollama",
            "on|off|PORT",
            "off",
            "Also listen where Ollama's clients look, at port 11434 of --host, or at another: what is served is the"
                    + " same at both. The flag alone means on.",
            "on"),
    API_KEYS(
            "api-keys",
            "FILE",
            "",
            "Keys that clients must have, as hashes: a line for each, as 'tramontane key' prints it. Read anew when it"
                    + " changes. Default: nobody is asked for a key.",
            "/etc/tramontane/keys.txt"),
    ALLOW_ANONYMOUS(
            "allow-anonymous",
            "on|off",
            "off",
            "Listen beyond this machine although nobody is asked for a key. The flag alone means on.",
            "on"),
    MANAGEMENT_PORT(
            "management-port",
            "PORT",
            "",
            "Port for /metrics, which clients then cannot reach, and for health as well; in plain HTTP and without"
                    + " keys. 0 takes a free one and prints it. Default: /metrics is on --port.",
            "9090"),
    MANAGEMENT_HOST(
            "management-host",
            "ADDRESS",
            "127.0.0.1",
            "Address of --management-port. Whoever reaches it reads all figures: another than loopback belongs into a"
                    + " network of the operator's.",
            "0.0.0.0"),
    TLS_CERTIFICATE(
            "tls-certificate",
            "FILE",
            "",
            "Certificate for TLS in PEM, its issuers below it; --port then speaks HTTPS only, TLS 1.2 or 1.3. Read"
                    + " anew when it changes, together with the key. Default: plain HTTP.",
            "/etc/tramontane/tls.crt"),
    TLS_KEY(
            "tls-key",
            "FILE",
            "",
            "Private key of the certificate in PEM, not encrypted. Default: none.",
            "/etc/tramontane/tls.key"),
    TLS_CLIENT_AUTHORITIES(
            "tls-client-authorities",
            "FILE",
            "",
            "Certificates in PEM of those who sign clients' certificates; a client without one is not let in. Default:"
                    + " clients need none.",
            "/etc/tramontane/clients.crt"),
    ALLOWED_ORIGINS(
            "allowed-origins",
            "LIST",
            "",
            "Origins whose browser pages may use the service, separated by commas; * for all. Pages on loopback"
                    + " origins (localhost, 127.0.0.0/8, [::1]; any port) and the service's own always may. Default: no"
                    + " others.",
            "https://chat.example.org,https://example.org:8443"),
    ALLOWED_HOSTS(
            "allowed-hosts",
            "LIST",
            "",
            "Names by which the service may be reached, separated by commas; *.example.org for all names below one, *"
                    + " for all. Literal addresses, localhost and the name in --host always may. Default: no others.",
            "tramontane,llm.example.org"),
    MAX_CONNECTIONS(
            "max-connections",
            "N",
            "10000",
            "Connections open at a time at most; further ones get 503, except for health and metrics. Lowered to what"
                    + " the descriptors that the process may open allow.",
            "1000"),
    LOOK_AHEAD(
            "look-ahead",
            "TOKENS",
            "64",
            "Tokens of an answer that may be generated before its reader has taken them. A reader that falls further"
                    + " behind parks its answer: it keeps its pages and gives up its place in the steps.",
            "16"),
    SOCKET_ANSWERS(
            "socket-answers",
            "N",
            "16",
            "Answers under way at a time on one WebSocket; requests of further lanes wait for one to end.",
            "4"),
    SOCKET_LANES(
            "socket-lanes",
            "N",
            "32",
            "Names (stream_id) that one WebSocket may give to its lanes, in its whole life; requests without a name"
                    + " have a lane besides. 0: no others.",
            "8"),
    SOCKET_LIFE(
            "socket-life",
            "TIME",
            "60m",
            "How long a WebSocket may be open; then it is told so, takes no more requests and is closed when its"
                    + " answers have ended, or 30 seconds later. Time in s, m or h.",
            "4h"),
    UNKNOWN_FIELDS(
            "unknown-fields",
            "WORD",
            "refuse",
            "What happens to a request with fields that are not known here: refuse it by the field's name, or ignore"
                    + " the fields and name them in the answer's X-Ignored-Fields header.",
            "ignore"),
    EVENT_LOOPS(
            "event-loops",
            "N",
            "",
            "Threads that serve sockets. Default: a quarter of the processors, but at least 2, so that one that stands"
                    + " still leaves others to answer, and at most 8.",
            "4"),
    REQUEST_MEMORY(
            "request-memory",
            "SIZE",
            "",
            "Heap that bodies, what they turn into, and answers in flight may hold together; what would go above it is"
                    + " refused with 503 before it is read. Default: half of the heap.",
            "1GiB"),
    RESPONSE_MEMORY(
            "response-memory",
            "SIZE",
            "",
            "Heap that kept responses (/v1/responses with store) and their events may take together; the oldest go"
                    + " first, events before responses, of the key that has most. Default: an eighth of the heap.",
            "256MiB"),
    RESPONSE_TIME(
            "response-time",
            "TIME",
            "1h",
            "How long a response is kept after its end, for who fetches it or continues it by previous_response_id. In"
                    + " s, m or h.",
            "24h"),
    RESUME_BYTES(
            "resume-bytes",
            "SIZE",
            "8MiB",
            "Events of one answer that are kept for readers who come back; older ones are dropped, and whoever asks"
                    + " for one of these is told so.",
            "1MiB"),
    RESUME_TIME(
            "resume-time",
            "TIME",
            "30s",
            "How long a resumable answer that nobody reads any more waits for its reader before it is cancelled. It is"
                    + " not computed meanwhile. In s, m or h.",
            "5m"),
    INSTANCE(
            "instance",
            "NAME",
            "",
            "Name of this server where several share clients, different from the others'. Ids of its answers begin"
                    + " with a mark made of it, and another server that is asked for one says whose it is in place of"
                    + " unknown. Default: none, for a server that stands alone.",
            "tramontane-1"),
    STUCK_TIMEOUT(
            "stuck-timeout",
            "TIME",
            "60s",
            "How long a thread with work may stand still before /livez says so; after as long again the process ends"
                    + " with code 70. A step that is long because of its rows may take longer. 0 watches nothing.",
            "5m"),
    DRAIN_DELAY(
            "drain-delay",
            "TIME",
            "0s",
            "After SIGTERM or Ctrl-C: how long requests are still taken while /readyz says 503 already, since routers"
                    + " hear of that late. Then --drain-timeout begins. A second signal skips the rest. Time in s, m or"
                    + " h.",
            "15s"),
    DRAIN_TIMEOUT(
            "drain-timeout",
            "TIME",
            "30s",
            "After SIGTERM or Ctrl-C, and --drain-delay: how long running answers may go on before they are cut. Time"
                    + " in s, m or h. Ten seconds later the process ends whatever is stuck; doctor says what that adds up"
                    + " to.",
            "2m"),
    STAGES(
            "stages",
            "LIST",
            "",
            "Processes that compute a share of the model's layers each, in the layers' order, as host:port separated by commas:"
                    + " 'tramontane stage' with the same model runs there. This process computes the first share and all that"
                    + " comes after the last layer. Default: none, all layers are computed here.",
            "worker-1:7100,worker-2:7100"),
    STAGE_LAYERS(
            "stage-layers",
            "LIST",
            "",
            "Layers of this process and of each of --stages, as numbers separated by commas; together all that the model has."
                    + " Default: evenly.",
            "11,11,10"),
    STAGE_SECRET_FILE(
            "stage-secret-file",
            "FILE",
            "",
            "A file with a secret of 32 bytes or more that the server and its stages share, the same on all of them. White space"
                    + " at its ends does not count. It encrypts nothing: that takes --stage-certificate, or a network of"
                    + " their own. Default: none, on loopback only.",
            "/etc/tramontane/stage-secret"),
    STAGE_CERTIFICATE(
            "stage-certificate",
            "FILE",
            "",
            "Certificate for TLS between the server and its stages in PEM, its issuers below it, for the name or address by"
                    + " which others reach this process. Default: no TLS there.",
            "/etc/tramontane/stage.crt"),
    STAGE_KEY(
            "stage-key",
            "FILE",
            "",
            "Private key of --stage-certificate in PEM, not encrypted. Default: none.",
            "/etc/tramontane/stage.key"),
    STAGE_AUTHORITIES(
            "stage-authorities",
            "FILE",
            "",
            "Certificates in PEM of those who sign the server's and the stages' certificates: nobody else is listened to. Needed"
                    + " with --stage-certificate. Default: none.",
            "/etc/tramontane/stage-ca.crt"),
    STAGE_TIMEOUT(
            "stage-timeout",
            "TIME",
            "10s",
            "After so long without a byte, pulses included, the server and a stage are lost to each other. In s, m or h, or ms.",
            "5s"),
    STAGE_WAIT(
            "stage-wait",
            "TIME",
            "10m",
            "How long a starting server waits for its stages to come up and load their layers. In s, m or h.",
            "30m"),
    LISTEN(
            "listen",
            "HOST:PORT",
            "127.0.0.1:7100",
            "Where a stage waits for its server. Beyond loopback it needs --stage-secret-file or --stage-certificate.",
            "0.0.0.0:7100"),
    KERNEL_LIBRARY(
            "kernel-library", "FILE", "", "Load this kernel library in place of the bundled one.", "libtramontane.so"),
    LIBRARY_DIRECTORY(
            "library-directory",
            "DIR",
            "",
            "Where the bundled kernel library is unpacked to. Default: $XDG_CACHE_HOME/tramontane or"
                    + " ~/.cache/tramontane (macOS: ~/Library/Caches/tramontane).",
            "/var/cache/tramontane"),
    METRICS_COMPAT(
            "metrics-compat",
            "WORD",
            "none",
            "Names under which /metrics also shows the engine's figures: vllm for those that dashboards, routers and"
                    + " autoscalers made for vLLM read, or none.",
            "vllm"),
    TEMPLATE_VARIABLES(
            "template-variables",
            "LIST",
            "",
            "Variables of the model's chat template that requests may set in chat_template_kwargs, separated by commas."
                    + " Default: none.",
            "enable_thinking,thinking_budget"),
    ACCESS_LOG(
            "access-log",
            "on|off",
            "off",
            "One log line per request, at any log level: its id (X-Request-Id), status, tokens and times.",
            "on"),
    OTLP_ENDPOINT(
            "otlp-endpoint",
            "URL",
            "",
            "An OpenTelemetry collector that takes traces by OTLP over HTTP; /v1/traces is added where the URL does"
                    + " not end so. Default: no traces.",
            "http://127.0.0.1:4318"),
    TRACE_SAMPLE(
            "trace-sample",
            "SHARE",
            "1",
            "Share of the requests without a traceparent whose traces are sent to --otlp-endpoint, 0 to 1. One that has"
                    + " such a header says so itself.",
            "0.05"),
    LOG_FORMAT("log-format", "FORMAT", "text", "Log lines as text or json, on stderr.", "json"),
    LOG_LEVEL(
            "log-level",
            "LEVEL",
            "",
            "Least log level: error, warn, info or debug. Default: info for serve, warn for the others.",
            "debug");

    /** What starts every environment variable. */
    static final String PREFIX = "TRAMONTANE_";

    private final String key;
    private final String label;
    private final String standard;
    private final String help;
    private final String example;

    Setting(String key, String label, String standard, String help, String example) {
        this.key = key;
        this.label = label;
        this.standard = standard;
        this.help = help;
        this.example = example;
    }

    /** The key in a settings file. */
    String key() {
        return key;
    }

    String flag() {
        return "--" + key;
    }

    /** The environment variable. */
    String variable() {
        return PREFIX + key.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /** What the flag's help calls its value. */
    String label() {
        return label;
    }

    /** What it is for, in sentences. */
    String help() {
        return help;
    }

    /** A value that one may want. */
    String example() {
        return example;
    }

    /** What holds when nothing is set; empty when that follows from the model or the machine. */
    Optional<String> standard() {
        return standard.isEmpty() ? Optional.empty() : Optional.of(standard);
    }

    /** All settings in that spelling. */
    static List<String> spelled(Function<Setting, String> spelling) {
        return Arrays.stream(values()).map(spelling).toList();
    }

    static Optional<Setting> ofKey(String key) {
        for (Setting setting : values()) {
            if (setting.key.equals(key)) {
                return Optional.of(setting);
            }
        }
        return Optional.empty();
    }
}
