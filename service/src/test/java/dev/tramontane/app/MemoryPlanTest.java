package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.app.Fact.Section;
import dev.tramontane.app.MemoryLimit.Bound;
import dev.tramontane.app.MemorySum.Place;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.Device;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a model will take, beside what there is, before it is loaded. */
class MemoryPlanTest {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;
    private static final long HEAP = 6 * GIB;

    /** 384 bytes of cache a token: 384 MiB for a whole sequence. */
    private static final TinyModel LONG = TinyModel.PLAIN.withContext(1 << 20).withType(DType.Q8_0);

    @TempDir
    Path dir;

    private static MemoryLimit machine(long bytes, long free) {
        return new MemoryLimit(List.of(new Bound("the machine", bytes, free, false)));
    }

    private static Configuration asked(Object... pairs) {
        Map<Setting, String> flags = new EnumMap<>(Setting.class);
        for (int i = 0; i < pairs.length; i += 2) {
            flags.put((Setting) pairs[i], (String) pairs[i + 1]);
        }
        return Configuration.of(Settings.of(flags, Map.of(), Map.of(), ""));
    }

    private MemoryPlan plan(MemoryLimit limit, Object... pairs) throws IOException {
        try (ModelSource source = ModelSource.open(LONG.writeTo(dir))) {
            return MemoryPlan.of(Kernels.library(), source.plan(OptionalInt.empty()), asked(pairs), limit, 2, HEAP);
        }
    }

    @Test
    void whatIsThereIsTaken() throws IOException {
        MemoryPlan plan = plan(machine(24 * GIB, 22 * GIB), Setting.CACHE_MEMORY, "8GiB");
        assertThat(plan.excess()).isEmpty();
        assertThat(plan.required().notes()).isEmpty();
        assertThat(plan.sum().bytes(Place.OWN))
                .isBetween(8 * GIB + HEAP + MemorySum.JVM, 8 * GIB + HEAP + MemorySum.JVM + 128 * MIB);
    }

    /** What one model takes is not there for another; heap and JVM are there for both. */
    @Test
    void twoModelsHaveToFitTogether() throws IOException {
        MemoryLimit limit = machine(24 * GIB, 22 * GIB);
        MemoryPlan first = plan(limit, Setting.CACHE_MEMORY, "8GiB");
        MemoryLimit left = limit.without(first.sum().bytesOfModel(), first.sum().bytes(Place.FILE));
        assertThat(left.bounds().getFirst().free())
                .isEqualTo(22 * GIB - (first.sum().bytes(Place.OWN) - HEAP - MemorySum.JVM))
                .isBetween(14 * GIB - 128 * MIB, 14 * GIB);
        assertThat(plan(left, Setting.CACHE_MEMORY, "7GiB").excess()).isEmpty();
        assertThat(plan(left, Setting.CACHE_MEMORY, "8GiB").excess())
                .hasValueSatisfying(reason -> assertThat(reason).contains("13.9 GiB of them free"));
        MemoryLimit addresses =
                new MemoryLimit(List.of(new Bound("the limit of addresses (ulimit -v)", 24 * GIB, 22 * GIB, true)));
        assertThat(addresses.without(2 * GIB, GIB).bounds().getFirst().free()).isEqualTo(19 * GIB);
        assertThat(addresses.without(30 * GIB, GIB).bounds().getFirst().free()).isZero();
    }

    @Test
    void aCacheThatWasAskedForAndIsNotThereIsRefusedWithTheSum() throws IOException {
        for (String cache : new String[] {"500GiB", "22GiB", "16GiB"}) {
            MemoryPlan plan =
                    plan(machine(24 * GIB, 22 * GIB), Setting.CACHE_MEMORY, cache, Setting.MAX_SEQUENCES, "2048");
            assertThatThrownBy(plan::required)
                    .isInstanceOf(UsageException.class)
                    .message()
                    .startsWith("the model needs ")
                    .contains("but the machine has 24.0 GiB, 22.0 GiB of them free: ")
                    .contains("cache " + cache.replace("GiB", cache.length() > 5 ? " GiB" : ".0 GiB"))
                    .contains("Java heap at most 6.0 GiB")
                    .contains("workspace of a step ")
                    .contains("the JVM beside it 192 MiB")
                    .contains("weights repacked ")
                    .containsPattern("; give --cache-memory at most 1[56]\\d{3}MiB, or make room$");
        }
    }

    @Test
    void whatIsAdvisedFits() throws IOException {
        MemoryPlan refused =
                plan(machine(24 * GIB, 22 * GIB), Setting.CACHE_MEMORY, "500GiB", Setting.MAX_SEQUENCES, "2048");
        String advised = refused.excess().orElseThrow().replaceAll(".*at most (\\d+MiB).*", "$1");
        assertThat(plan(machine(24 * GIB, 22 * GIB), Setting.CACHE_MEMORY, advised, Setting.MAX_SEQUENCES, "2048")
                        .excess())
                .isEmpty();
    }

    @Test
    void aCacheThatNobodyAskedForGivesWay() throws IOException {
        // A quarter of the memory would be 6 GiB, but others hold most of it.
        MemoryPlan plan = plan(machine(24 * GIB, 8 * GIB));
        assertThat(plan.excess()).isEmpty();
        assertThat(plan.sizing().plan().bytes()).isBetween(GIB, 2 * GIB);
        assertThat(plan.notes())
                .anyMatch(note ->
                        note.matches("the cache is 1\\.\\d GiB, not [56]\\.\\d GiB, because with it the model needs"
                                + " 1\\d\\.\\d GiB, but the machine has 24\\.0 GiB, 8\\.0 GiB of them free:"
                                + " .*cache [56]\\.\\d GiB.*"));
    }

    /** Two of three layers are elsewhere: the cache gives way by three times what is lacking here. */
    @Test
    void aCacheThatStagesHaveTheirPartOfGivesWayByAsMuchAsItTakes() throws IOException {
        String stages = "a:1,b:1";
        MemoryPlan roomy = plan(machine(24 * GIB, 22 * GIB), Setting.STAGES, stages);
        long own = roomy.sum().bytes(Place.OWN);
        MemoryLimit tight = machine(24 * GIB, own - GIB);
        MemoryPlan plan = plan(tight, Setting.STAGES, stages);
        assertThat(plan.excess()).isEmpty();
        long expected = roomy.sizing().plan().bytes() - 3 * GIB;
        assertThat(plan.sizing().plan().bytes()).isBetween(expected - 256 * MIB, expected + MIB);
        String advised = plan(tight, Setting.STAGES, stages, Setting.CACHE_MEMORY, "6GiB")
                .excess()
                .orElseThrow()
                .replaceAll(".*at most (\\d+MiB).*", "$1");
        assertThat(plan(tight, Setting.STAGES, stages, Setting.CACHE_MEMORY, advised)
                        .excess())
                .isEmpty();
    }

    @Test
    void withoutRoomForAnyCacheItIsRefused() throws IOException {
        assertThat(plan(machine(24 * GIB, 6 * GIB)).excess().orElseThrow())
                .contains("Java heap at most 6.0 GiB")
                .endsWith("; take a smaller model, or a smaller Java heap (-Xmx), or make room");
    }

    @Test
    void weightsInPlaceThatDoNotFitAreSlowAndSaidToBe() throws IOException {
        MemoryPlan roomy = plan(machine(24 * GIB, 22 * GIB), Setting.BACKEND, "ref", Setting.CACHE_MEMORY, "1GiB");
        long own = roomy.sum().bytes(Place.OWN);
        MemoryPlan tight = plan(machine(24 * GIB, own), Setting.BACKEND, "ref", Setting.CACHE_MEMORY, "1GiB");
        assertThat(tight.excess()).isEmpty();
        assertThat(tight.notes()).singleElement().asString().contains("will be read from disk again and again");
        assertThat(tight.spare()).isNegative();
        assertThat(roomy.spare()).isPositive();
        assertThat(roomy.notes()).isEmpty();
    }

    @Test
    void addressesCountMappedFiles() throws IOException {
        MemoryPlan roomy = plan(machine(24 * GIB, 22 * GIB), Setting.BACKEND, "ref", Setting.CACHE_MEMORY, "1GiB");
        long all = roomy.sum().bytes(Place.OWN) + roomy.sum().bytes(Place.FILE);
        for (long lacking = 0; lacking < 2; lacking++) {
            Bound addresses = new Bound("the limit of addresses (ulimit -v)", 30 * GIB, all - lacking, true);
            MemoryLimit limit =
                    new MemoryLimit(List.of(new Bound("the machine", 24 * GIB, 22 * GIB, false), addresses));
            assertThat(plan(limit, Setting.BACKEND, "ref", Setting.CACHE_MEMORY, "1GiB")
                            .excess()
                            .isPresent())
                    .isEqualTo(lacking > 0);
        }
    }

    @Test
    void aDevicesMemoryIsNotTheMachines() throws IOException {
        MemoryLimit limit = machine(24 * GIB, 8 * GIB);
        MemoryPlan cuda = plan(limit, Setting.BACKEND, "cuda", Setting.CACHE_MEMORY, "20GiB");
        assertThat(cuda.excess()).isEmpty();
        assertThat(cuda.sum().bytes(Place.DEVICE)).isGreaterThan(19 * GIB);
        assertThat(plan(limit, Setting.BACKEND, "emu", Setting.CACHE_MEMORY, "20GiB")
                        .excess())
                .isPresent();
    }

    private MemoryPlan onDevice(long total, long free, Object... pairs) throws IOException {
        Device device = new Device(0, "NVIDIA L4", "GPU-1", true, total, OptionalLong.of(free));
        try (ModelSource source = ModelSource.open(LONG.writeTo(dir))) {
            Configuration placed = asked(pairs).on(BackendChoice.CUDA, List.of(device));
            return MemoryPlan.of(
                    Kernels.library(), source.plan(OptionalInt.empty()), placed, machine(24 * GIB, 8 * GIB), 2, HEAP);
        }
    }

    /** By one formula: what is left beside weights and workspace is the cache, and all of it together has room. */
    @Test
    void aCacheTakesWhatTheDeviceHasLeft() throws IOException {
        MemoryPlan most = onDevice(24 * GIB, 24 * GIB, Setting.MAX_BATCH, "256");
        assertThat(most.excess()).isEmpty();
        assertThat(most.notes()).isEmpty();
        assertThat(most.sum().deviceBytes()).isBetween(20 * GIB, (long) (0.9 * 24 * GIB));
        MemoryPlan less = onDevice(24 * GIB, 24 * GIB, Setting.MAX_BATCH, "256", Setting.GPU_MEMORY, "2GiB");
        assertThat(less.sum().deviceBytes()).isBetween(GIB, 2 * GIB);
        MemoryPlan held = onDevice(24 * GIB, 3 * GIB, Setting.MAX_BATCH, "256");
        assertThat(held.sum().deviceBytes()).isBetween(2 * GIB, 3 * GIB - DeviceRoom.DRIVER);
        assertThat(onDevice(24 * GIB, DeviceRoom.DRIVER / 2, Setting.CACHE_MEMORY, "1GiB")
                        .excess()
                        .orElseThrow())
                .contains(" where 0 B can be had (");
    }

    @Test
    void whatDoesNotFitTheDeviceIsRefusedWithTheSum() throws IOException {
        MemoryPlan asked = onDevice(24 * GIB, 23 * GIB, Setting.CACHE_MEMORY, "40GiB");
        assertThat(asked.excess().orElseThrow())
                .startsWith("the model needs 4")
                .contains(
                        " of GPU 0, NVIDIA L4, 24.0 GiB, where 21.6 GiB can be had (--gpu-memory 0.9; 23.0 GiB are free, of which the driver is left 512 MiB): ")
                .contains("cache ")
                .containsPattern("; give --cache-memory at most \\d+MiB$");
        assertThatThrownBy(asked::required)
                .isInstanceOf(UsageException.class)
                .hasMessage(asked.excess().get());
        String fits = asked.excess().get().replaceFirst(".* at most (\\d+MiB)$", "$1");
        assertThat(onDevice(24 * GIB, 23 * GIB, Setting.CACHE_MEMORY, fits).excess())
                .isEmpty();
    }

    /** The emulated device's memory is the process', so both limits hold. */
    @Test
    void serveRefusesWhatADeviceLacksBeforeLoading() throws IOException {
        String model = LONG.writeTo(dir).toString();
        Outcome served = new CapturedProgram()
                .run(
                        "serve",
                        "--model",
                        model,
                        "--backend",
                        "emu",
                        "--device",
                        "1",
                        "--gpu-memory",
                        "64MiB",
                        "--cache-memory",
                        "512MiB",
                        "--port",
                        "0");
        assertThat(served.code()).isEqualTo(2);
        assertThat(served.err()).startsWith("tramontane: the model needs ").contains(" of GPU 1, emulated device, ");
        Outcome missing = new CapturedProgram()
                .run("serve", "--model", model, "--backend", "emu", "--device", "2", "--port", "0");
        assertThat(missing.code()).isEqualTo(2);
        assertThat(missing.err()).startsWith("tramontane: --device 2: there is no such device; there are 0 (emulated");
    }

    @Test
    void inspectSaysTheSameInTheSameWords() throws IOException {
        try (ModelSource source = ModelSource.open(LONG.writeTo(dir))) {
            ModelPlan model = source.plan(OptionalInt.empty());
            for (String backend : new String[] {"ref", "cpu", "cuda", "emu"}) {
                Configuration configuration =
                        asked(Setting.BACKEND, backend, Setting.CACHE_MEMORY, "500GiB", Setting.MAX_SEQUENCES, "2048");
                MemoryPlan plan =
                        MemoryPlan.of(Kernels.library(), model, configuration, machine(24 * GIB, 22 * GIB), 2, HEAP);
                Section section =
                        MemoryFacts.of(model, plan, Models.backend(configuration), Optional.empty(), Optional.empty());
                Map<String, String> said =
                        section.facts().stream().collect(Collectors.toMap(Fact::key, Fact::text, (one, other) -> one));
                assertThat(Optional.ofNullable(said.get("excess"))).isEqualTo(plan.excess());
                assertThat(said.get("total_bytes")).endsWith(": " + plan.sum().text());
                assertThat(said.get("memory")).isEqualTo("24.0 GiB in the machine, 22.0 GiB free");
                String copied = said.get("weights_repacked_bytes");
                switch (backend) {
                    case "ref" -> assertThat(copied).isEqualTo("0 B of its own");
                    case "cpu" -> assertThat(copied).matches("[1-9].* of its own");
                    case "cuda" -> assertThat(copied).matches("[1-9].* to the device's memory");
                    default -> assertThat(copied).matches("[1-9].* of its own, as a device would have them");
                }
            }
        }
    }

    /** By this very machine, before a byte of the model is loaded or anybody can connect. */
    @Test
    void serveRefusesBeforeLoadingAndInspectWarns() throws IOException {
        String model = LONG.writeTo(dir).toString();
        Outcome served = new CapturedProgram()
                .run("serve", "--model", model, "--cache-memory", "900TiB", "--max-sequences", "2048", "--port", "0");
        assertThat(served.code()).isEqualTo(2);
        assertThat(served.out()).isEmpty();
        assertThat(served.err()).startsWith("tramontane: the model needs ").contains(" of them free: ");
        Outcome inspected =
                new CapturedProgram().run("inspect", model, "--cache-memory", "900TiB", "--max-sequences", "2048");
        assertThat(inspected.code()).isZero();
        assertThat(inspected.out()).contains("\n  too much               the model needs ");
    }
}
