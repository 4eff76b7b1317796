package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.engine.Speculation;
import dev.tramontane.kernels.CpuLevel;
import dev.tramontane.model.CacheType;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ConfigurationTest {

    private static Configuration flags(Object... pairs) {
        Map<Setting, String> flags = new EnumMap<>(Setting.class);
        for (int i = 0; i < pairs.length; i += 2) {
            flags.put((Setting) pairs[i], (String) pairs[i + 1]);
        }
        return Configuration.of(Settings.of(flags, Map.of(), Map.of(), ""));
    }

    @Test
    void defaultsAreSound() {
        Configuration standard = flags();
        assertThat(standard.http().host()).isEqualTo("127.0.0.1");
        assertThat(standard.http().port()).isEqualTo(8080);
        assertThat(standard.compute().backend()).isEqualTo(BackendChoice.AUTO);
        assertThat(standard.compute().cpuLevel()).isEqualTo(CpuLevel.AUTO);
        assertThat(standard.engine().kv()).isEqualTo(CacheType.F16);
        assertThat(standard.engine().lanes()).isEqualTo(16);
        assertThat(standard.engine().batchTokens()).isEqualTo(256);
        assertThat(standard.engine().stepTime()).isEqualTo(Duration.ofMillis(100));
        assertThat(standard.model().path()).isEmpty();
        assertThat(standard.model().context()).isEmpty();
        assertThat(standard.model().window()).isEmpty();
        assertThat(standard.engine().cacheBytes()).isEmpty();
        assertThat(standard.compute().threads()).isEmpty();
        assertThat(standard.ending()).isEqualTo(new Ending(Duration.ZERO, Duration.ofSeconds(30)));
        assertThat(standard.log().json()).isFalse();
    }

    @Test
    void flagWinsOverVariableOverFileOverDefault() {
        Map<Setting, String> flag = Map.of(Setting.PORT, "1");
        Map<String, String> variable = Map.of("TRAMONTANE_PORT", "2");
        Map<Setting, String> file = Map.of(Setting.PORT, "3");
        assertThat(Configuration.of(Settings.of(flag, variable, file, "f"))
                        .http()
                        .port())
                .isEqualTo(1);
        assertThat(Configuration.of(Settings.of(Map.of(), variable, file, "f"))
                        .http()
                        .port())
                .isEqualTo(2);
        assertThat(Configuration.of(Settings.of(Map.of(), Map.of(), file, "f"))
                        .http()
                        .port())
                .isEqualTo(3);
        assertThat(Configuration.of(Settings.of(Map.of(), Map.of(), Map.of(), "f"))
                        .http()
                        .port())
                .isEqualTo(8080);
        assertThat(Configuration.of(Settings.of(Map.of(), Map.of("TRAMONTANE_PORT", ""), file, "f"))
                        .http()
                        .port())
                .as("an empty variable is as good as none")
                .isEqualTo(3);
    }

    @Test
    void complaintsNameTheSource() {
        Map<String, String> variable = Map.of("TRAMONTANE_PORT", "80800");
        assertThatThrownBy(() -> flags(Setting.PORT, "-1"))
                .isInstanceOf(UsageException.class)
                .hasMessage("--port must be 0 to 65535, got -1");
        assertThatThrownBy(() -> Configuration.of(Settings.of(Map.of(), variable, Map.of(), "")))
                .hasMessage("--port (from TRAMONTANE_PORT) must be 0 to 65535, got 80800");
        assertThatThrownBy(() -> Configuration.of(
                        Settings.of(Map.of(), Map.of(), Map.of(Setting.PORT, "http"), "/etc/t.properties")))
                .hasMessage("--port (from port in /etc/t.properties) must be 0 to 65535, got http");
        assertThatThrownBy(() -> Configuration.of(
                        Settings.of(Map.of(), Map.of("TRAMONTANE_PORT", "tcp://10.0.0.1:8080"), Map.of(), "")))
                .hasMessageContaining("enableServiceLinks: false");
        assertThatThrownBy(() -> Configuration.of(Settings.of(
                        Map.of(Setting.MAX_BATCH, "32"), Map.of("TRAMONTANE_BATCH_TOKENS", "16"), Map.of(), "")))
                .hasMessage(
                        "--batch-tokens (from TRAMONTANE_BATCH_TOKENS) must be at least 32, the value of --max-batch,"
                                + " got 16");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        CONTEXT          | 1           | --context must be 2 to 1073741824, got 1
        CONTEXT          | 8k          | --context must be 2 to 1073741824, got 8k
        CONTEXT          | ''          | --context must be 2 to 1073741824, got nothing
        WINDOW           | 0           | --window must be none or 1 to 1073741824, got 0
        WINDOW           | full        | --window must be none or 1 to 1073741824, got full
        BACKEND          | gpu         | --backend must be auto, cpu, ref, cuda or emu, got gpu
        CPU_LEVEL        | sse2        | --cpu-level must be auto, portable, avx2 or avx512, got sse2
        THREADS          | 0           | --threads must be 1 to 1024, got 0
        MAX_BATCH        | 5000        | --max-batch must be 1 to 1024, got 5000
        MAX_SEQUENCES    | 3           | --max-sequences must be at least 16, the value of --max-batch, got 3
        CACHE_MEMORY     | lots        | --cache-memory must be a size such as 512MiB or 2GiB, at least 1MiB, got lots
        CACHE_MEMORY     | 1000        | --cache-memory must be a size such as 512MiB or 2GiB, at least 1MiB, got 1000
        CACHE_MEMORY     | 99999999T   | --cache-memory must be a size such as 512MiB or 2GiB, at least 1MiB, got 99999999T
        KV               | q8          | --kv must be f16, bf16, f32 or fp8, got q8
        SPECULATE        | eagle       | '--speculate must be off, or auto, ngram or draft_model, and behind a colon 1 to 16, got eagle'
        SPECULATE        | off:3       | '--speculate must be off, or auto, ngram or draft_model, and behind a colon 1 to 16, got off:3'
        SPECULATE        | ngram:17    | '--speculate must be off, or auto, ngram or draft_model, and behind a colon 1 to 16, got ngram:17'
        SPECULATE        | 'ngram:'    | '--speculate must be off, or auto, ngram or draft_model, and behind a colon 1 to 16, got ngram:'
        DRAFT_MODEL      | 'a.gguf,' | '--draft-model must be paths or names of models, separated by commas, got a.gguf,'
        DRAFT_MODEL      | ',a.gguf' | '--draft-model must be paths or names of models, separated by commas, got ,a.gguf'
        DRAFT_MODEL      | 'a.gguf, ,b.gguf' | '--draft-model must be paths or names of models, separated by commas, got a.gguf, ,b.gguf'
        DRAFT_MODEL      | ',' | '--draft-model must be paths or names of models, separated by commas, got ,'
        DRAFT_MODEL      | 'small=a.gguf,' | '--draft-model must be paths or names of models, separated by commas, got small=a.gguf,'
        MODELS           | 'a.gguf,' | '--models must be paths or names of models, separated by commas, got a.gguf,'
        MODELS           | 'a.gguf,,b.gguf' | '--models must be paths or names of models, separated by commas, got a.gguf,,b.gguf'
        LOAD             | 'a,' | '--load must be names of models, separated by commas, or all or none, got a,'
        LORA             | 'a=x,' | '--lora must be NAME=DIR or MODEL:NAME=DIR, several with commas between; names have up to 128 letters, digits, ''.'', ''_'', ''-'' or ''/'', each once, got a=x,'
        LORA             | 'a=' | '--lora must be NAME=DIR or MODEL:NAME=DIR, several with commas between; names have up to 128 letters, digits, ''.'', ''_'', ''-'' or ''/'', each once, got a='
        LORA             | 'a=x, b=' | '--lora must be NAME=DIR or MODEL:NAME=DIR, several with commas between; names have up to 128 letters, digits, ''.'', ''_'', ''-'' or ''/'', each once, got a=x, b='
        LORA             | 'a=,b=x' | '--lora must be NAME=DIR or MODEL:NAME=DIR, several with commas between; names have up to 128 letters, digits, ''.'', ''_'', ''-'' or ''/'', each once, got a=,b=x'
        HOST             | 'a b'       | --host must be a host name or address, got a b
        DRAIN_TIMEOUT    | soon        | --drain-timeout must be a time such as 30s or 2m, at most 24h, got soon
        DRAIN_TIMEOUT    | 25h         | --drain-timeout must be a time such as 30s or 2m, at most 24h, got 25h
        ALLOWED_ORIGINS  | example.org | --allowed-origins must be * or origins such as https://example.org without a path, separated by commas, got example.org
        ALLOWED_ORIGINS  | https://a.b/ | --allowed-origins must be * or origins such as https://example.org without a path, separated by commas, got https://a.b/
        ALLOWED_ORIGINS  | 'https://a.b,,*' | --allowed-origins must be * or origins such as https://example.org without a path, separated by commas, got https://a.b,,*
        ALLOWED_HOSTS    | a.b:80      | --allowed-hosts must be *, or names such as llm.example.org or *.example.org without a port, separated by commas, got a.b:80
        ALLOWED_HOSTS    | a*.b        | --allowed-hosts must be *, or names such as llm.example.org or *.example.org without a port, separated by commas, got a*.b
        MAX_CONNECTIONS  | 0           | --max-connections must be 1 to 1000000, got 0
        LOOK_AHEAD       | 0           | --look-ahead must be 1 to 256, got 0
        LOOK_AHEAD       | 257         | --look-ahead must be 1 to 256, got 257
        SOCKET_ANSWERS   | 0           | --socket-answers must be 1 to 1000, got 0
        SOCKET_LANES     | all         | --socket-lanes must be 0 to 10000, got all
        SOCKET_LIFE      | 0s          | --socket-life must be a time such as 30s or 2m, 1s to 168h, got 0s
        TEMPLATE_VARIABLES | a-b       | --template-variables must be names of template variables, separated by commas, but for messages, tools, documents, add_generation_prompt, bos_token, eos_token, got a-b
        TEMPLATE_VARIABLES | 'x,tools' | --template-variables must be names of template variables, separated by commas, but for messages, tools, documents, add_generation_prompt, bos_token, eos_token, got x,tools
        ACCESS_LOG       | yes         | --access-log must be on or off, got yes
        EVENT_LOOPS      | 0           | --event-loops must be 1 to 256, got 0
        REQUEST_MEMORY   | 64KiB       | --request-memory must be a size such as 512MiB or 2GiB, at least 1MiB, got 64KiB
        STUCK_TIMEOUT    | never       | --stuck-timeout must be a time such as 30s or 2m, at most 24h, got never
        DRAIN_DELAY      | 2h          | --drain-delay must be a time such as 30s or 2m, at most 1h, got 2h
        TRACE_SAMPLE     | 1.5         | --trace-sample must be 0 to 1, got 1.5
        TRACE_SAMPLE     | NaN         | --trace-sample must be 0 to 1, got NaN
        INSTANCE         | one two     | '--instance must be 1 to 253 letters, digits or any of ._-, got one two'
        OTLP_ENDPOINT    | collector   | '--otlp-endpoint must be a URL such as http://127.0.0.1:4318, without user, query or fragment, got collector'
        OTLP_ENDPOINT    | ftp://c     | '--otlp-endpoint must be a URL such as http://127.0.0.1:4318, without user, query or fragment, got ftp://c'
        OTLP_ENDPOINT    | http://a@c  | '--otlp-endpoint must be a URL such as http://127.0.0.1:4318, without user, query or fragment, got http://a@c'
        LOG_FORMAT       | xml         | --log-format must be text or json, got xml
        LOG_LEVEL        | loud        | --log-level must be error, warn, info or debug, got loud
        QUEUE_REQUESTS   | 0           | --queue-requests must be 1 to 1000000, got 0
        """)
    void refusesWithTheRule(Setting setting, String value, String message) {
        assertThatThrownBy(() -> flags(setting, value == null ? "" : value))
                .isInstanceOf(UsageException.class)
                .hasMessage(message);
    }

    @Test
    void readsEverySetting() {
        Configuration all = flags(
                Setting.MODEL, "m.gguf",
                Setting.SERVED_MODEL_NAME, "mistral",
                Setting.CONTEXT, "4096",
                Setting.WINDOW, "none",
                Setting.BACKEND, "REF",
                Setting.CPU_LEVEL, "avx2",
                Setting.THREADS, "3",
                Setting.MAX_BATCH, "8",
                Setting.BATCH_TOKENS, "128",
                Setting.STEP_TIME, "40ms",
                Setting.MAX_SEQUENCES, "32",
                Setting.CACHE_MEMORY, "1.5GiB",
                Setting.KV, "f32",
                Setting.SPECULATE, "ngram:7",
                Setting.QUEUE_REQUESTS, "10",
                Setting.QUEUE_TOKENS, "1000",
                Setting.HOST, "::1",
                Setting.PORT, "0",
                Setting.ALLOWED_ORIGINS, "https://A.example.org:443, http://b:8080,app://obsidian.md",
                Setting.ALLOWED_HOSTS, "LLM, *.Example.org",
                Setting.MAX_CONNECTIONS, "77",
                Setting.DRAIN_DELAY, "15s",
                Setting.OTLP_ENDPOINT, "https://collector:4318/base/",
                Setting.TRACE_SAMPLE, "0.25",
                Setting.DRAIN_TIMEOUT, "2m",
                Setting.KERNEL_LIBRARY, "/k.so",
                Setting.LIBRARY_DIRECTORY, "/d",
                Setting.LOG_FORMAT, "json",
                Setting.LOG_LEVEL, "debug",
                Setting.ACCESS_LOG, "on",
                Setting.TEMPLATE_VARIABLES, "enable_thinking, x");
        assertThat(all.model().asked()).contains("m.gguf");
        assertThat(all.model().name()).contains("mistral");
        assertThat(all.model().context()).hasValue(4096);
        assertThat(all.model().window()).as("none").hasValue(0);
        assertThat(all.compute().backend()).isEqualTo(BackendChoice.REF);
        assertThat(all.compute().cpuLevel()).isEqualTo(CpuLevel.AVX2);
        assertThat(all.compute().threads()).hasValue(3);
        assertThat(all.engine().lanes()).isEqualTo(8);
        assertThat(all.engine().batchTokens()).isEqualTo(128);
        assertThat(all.engine().stepTime()).isEqualTo(Duration.ofMillis(40));
        assertThat(all.engine().slots()).isEqualTo(32);
        assertThat(all.engine().cacheBytes()).hasValue(3L << 29);
        assertThat(all.engine().kv()).isEqualTo(CacheType.F32);
        assertThat(all.engine().speculation().method()).isEqualTo(Speculation.Method.LOOKUP);
        assertThat(all.engine().speculation().most()).isEqualTo(7);
        assertThat(all.engine().queueRequests()).isEqualTo(10);
        assertThat(all.engine().queueTokens()).isEqualTo(1000);
        assertThat(all.http().host()).isEqualTo("::1");
        assertThat(all.http().port()).isZero();
        assertThat(all.http().allowed().origins())
                .containsExactlyInAnyOrder("https://a.example.org", "http://b:8080", "app://obsidian.md");
        assertThat(all.http().allowed().hosts()).containsExactlyInAnyOrder("llm", "*.example.org");
        assertThat(all.http().maxConnections()).isEqualTo(77);
        assertThat(all.http().templateVariables()).containsExactlyInAnyOrder("enable_thinking", "x");
        assertThat(all.traces())
                .isEqualTo(new TraceChoice(
                        java.util.Optional.of(URI.create("https://collector:4318/base/v1/traces")), 0.25));
        assertThat(all.ending()).isEqualTo(new Ending(Duration.ofSeconds(15), Duration.ofMinutes(2)));
        assertThat(all.compute().kernelLibrary()).contains(Path.of("/k.so"));
        assertThat(all.compute().libraryDirectory()).contains(Path.of("/d"));
        assertThat(all.log()).isEqualTo(new LogChoice(true, java.util.Optional.of("debug"), true));
    }

    @Test
    void eachPortIsOneDoors() {
        assertThatThrownBy(() -> Configuration.of(
                        Settings.of(Map.of(Setting.PORT, "11434", Setting.OLLAMA, "on"), Map.of(), Map.of(), "")))
                .isInstanceOf(UsageException.class)
                .hasMessage("--port and --ollama are both 11434; give each a port of its own.");
        String host = "127.0.0.1";
        Map<Setting, String> managed =
                Map.of(Setting.HOST, host, Setting.MANAGEMENT_HOST, host, Setting.MANAGEMENT_PORT, "9000");
        for (Setting other : List.of(Setting.PORT, Setting.OLLAMA)) {
            Map<Setting, String> same = new HashMap<>(managed);
            same.put(other, "9000");
            assertThatThrownBy(() -> Configuration.of(Settings.of(same, Map.of(), Map.of(), "")))
                    .hasMessageEndingWith("--management-port are both 9000; give each a port of its own.");
            same.put(Setting.MANAGEMENT_HOST, "127.0.0.2");
            assertThat(Configuration.of(Settings.of(same, Map.of(), Map.of(), ""))
                            .access()
                            .managementPort())
                    .hasValue(9000);
        }
        Map<Setting, String> free = Map.of(Setting.PORT, "0", Setting.OLLAMA, "0", Setting.MANAGEMENT_PORT, "0");
        assertThat(Configuration.of(Settings.of(free, Map.of(), Map.of(), ""))
                        .http()
                        .port())
                .isZero();
    }

    @ParameterizedTest
    @EnumSource(Setting.class)
    void everySettingSaysDefaultAndExample(Setting setting) {
        String help = String.join(" ", new SettingOption(setting).spec().description());
        assertThat(help).contains("Example: " + setting.flag() + " ");
        if (setting != Setting.MODEL && setting != Setting.WINDOW && setting != Setting.KERNEL_LIBRARY) {
            assertThat(help).contains("Default: ");
        }
        assertThat(setting.variable()).matches("TRAMONTANE_[A-Z0-9_]+");
    }

    @ParameterizedTest
    @CsvSource({
        "1048576, 1048576",
        "2GiB, 2147483648",
        "2G, 2147483648",
        "2GB, 2000000000",
        "1.5MiB, 1572864",
        "512 KiB, 524288",
        "1T, 1099511627776"
    })
    void readsSizes(String text, long bytes) {
        assertThat(Units.bytes(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "1023, 1023 B",
        "1024, 1.0 KiB",
        "98362432, 93.8 MiB",
        "1073741824, 1.0 GiB",
        "1099511627776, 1.0 TiB"
    })
    void showsSizes(long bytes, String text) {
        assertThat(Units.show(bytes)).isEqualTo(text);
    }

    @Test
    void anAddressMayBeWrittenAsInAnUrl() {
        assertThat(flags(Setting.HOST, "[::1]").http().host()).isEqualTo("::1");
        assertThat(flags(Setting.HOST, "[fe80::1%eth0]").http().host()).isEqualTo("fe80::1%eth0");
    }
}
