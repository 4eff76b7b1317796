package dev.tramontane.app;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * Flags of {@code eval} that name what a model is compared with: another model, other settings, or both. Their values obey
 * the rules of the settings whose names they end in.
 */
final class AgainstOptions {
    private static final String PREFIX = "--against";

    @Option(
            names = PREFIX,
            paramLabel = "PATH",
            description =
                    "Compare with this model, the reference. It is run as its files have it, with the other settings"
                            + " of --model but for --window and --quantize. Default, if any of the following is given: the"
                            + " same model. Example: --against mistral-7b-f16.gguf")
    private @Nullable String model;

    @Option(
            names = PREFIX + "-kv",
            paramLabel = "TYPE",
            description = "The reference's --kv. Default: the same. Example: --against-kv f32")
    private @Nullable String kv;

    @Option(
            names = PREFIX + "-window",
            paramLabel = "TOKENS|none",
            description = "The reference's --window. Default: what its files say. Example: --against-window none")
    private @Nullable String window;

    @Option(
            names = PREFIX + "-quantize",
            paramLabel = "TYPE",
            description = "The reference's --quantize. Default: as it is. Example: --against-quantize q8_0")
    private @Nullable String quantize;

    @Option(
            names = PREFIX + "-backend",
            paramLabel = "NAME",
            description = "The reference's --backend. Default: the same. Example: --against-backend ref")
    private @Nullable String backend;

    /**
     * How the reference is run; empty when there is none.
     *
     * @param compared how the model is run
     * @throws UsageException naming the flag at fault
     */
    Optional<Configuration> reference(Configuration compared) {
        Map<Setting, String> given = new EnumMap<>(Setting.class);
        put(given, Setting.MODEL, model);
        put(given, Setting.KV, kv);
        put(given, Setting.WINDOW, window);
        put(given, Setting.QUANTIZE, quantize);
        put(given, Setting.BACKEND, backend);
        if (given.isEmpty()) {
            return Optional.empty();
        }
        Configuration own = checked(given);
        ModelChoice first = compared.model();
        ComputeChoice compute = compared.compute();
        EngineChoice engine = compared.engine();
        return Optional.of(new Configuration(
                new ModelChoice(
                        own.model().asked().or(first::asked),
                        own.model().asked().isPresent() ? Optional.empty() : first.path(),
                        first.name(),
                        first.chatLayout(),
                        first.toolParser(),
                        first.suggestedSampling(),
                        first.context(),
                        own.model().window(),
                        own.model().quantize()),
                compared.registry(),
                compared.hub(),
                new ComputeChoice(
                        backend == null ? compute.backend() : own.compute().backend(),
                        backend == null ? compute.device() : Optional.empty(),
                        compute.gpuMemory(),
                        List.of(),
                        compute.cpuLevel(),
                        compute.threads(),
                        compute.kernelLibrary(),
                        compute.libraryDirectory()),
                new EngineChoice(
                        engine.lanes(),
                        engine.batchTokens(),
                        engine.stepTime(),
                        engine.slots(),
                        engine.cacheBytes(),
                        kv == null ? engine.kv() : own.engine().kv(),
                        engine.prefixes(),
                        engine.speculation(),
                        engine.lora(),
                        DraftChoice.NONE, // It would guess with the tokens of another model.
                        engine.snapshots(),
                        engine.queueRequests(),
                        engine.queueTokens()),
                compared.http(),
                compared.access(),
                compared.ending(),
                compared.traces(),
                compared.stages(),
                compared.stuckTimeout(),
                compared.log()));
    }

    private static void put(Map<Setting, String> given, Setting setting, @Nullable String value) {
        if (value != null) {
            given.put(setting, value);
        }
    }

    /** A complaint begins with the setting's flag: "--kv must be ..."; here it is the flag that was given. */
    private static Configuration checked(Map<Setting, String> given) {
        try {
            return Configuration.of(Settings.of(given, Map.of(), Map.of(), ""));
        } catch (UsageException wrong) {
            String message = String.valueOf(wrong.getMessage());
            String model = Setting.MODEL.flag();
            throw new UsageException(
                    message.startsWith(model)
                            ? PREFIX + message.substring(model.length())
                            : PREFIX + message.substring(1),
                    wrong);
        }
    }
}
