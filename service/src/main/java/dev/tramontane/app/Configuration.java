package dev.tramontane.app;

import dev.tramontane.kernels.Device;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

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
     * Checks everything.
     *
     * @throws UsageException naming the first setting at fault and where it was set
     */
    static Configuration of(Settings settings) {
        SettingValues values = new SettingValues(settings);
        HttpChoice http = HttpChoice.of(values);
        AccessChoice access = AccessChoice.of(values);
        Ports.requireApart(http, access);
        return new Configuration(
                ModelChoice.of(values),
                RegistryChoice.of(values),
                HubChoice.of(values),
                ComputeChoice.of(values),
                EngineChoice.of(values),
                http,
                access,
                new Ending(
                        values.time(Setting.DRAIN_DELAY, "at most 1h", Duration.ZERO, Duration.ofHours(1)),
                        values.time(Setting.DRAIN_TIMEOUT, "at most 24h", Duration.ZERO, Duration.ofHours(24))),
                TraceChoice.of(values),
                StagesChoice.of(values),
                values.time(Setting.STUCK_TIMEOUT, "at most 24h", Duration.ZERO, Duration.ofHours(24)),
                LogChoice.of(values));
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
        return listing(models.subList(1, models.size()), Math.max(models.size(), registry.models()))
                .asking(models.getFirst(), model.name());
    }

    /** The same where at least so many models share the memory for caches. */
    Configuration sharing(int models) {
        return listing(registry.more(), models);
    }

    private Configuration listing(List<String> more, int models) {
        RegistryChoice others = new RegistryChoice(
                more, registry.load(), registry.keepAlive(), registry.memory(), registry.patience(), models);
        return new Configuration(
                model, others, hub, compute, engine, http, access, ending, traces, stages, stuckTimeout, log);
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
}
