package dev.tramontane.app;

import dev.tramontane.app.Fact.Section;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.CachedFile;
import dev.tramontane.kernels.Device;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.measure.FileReads;
import dev.tramontane.weights.IoReason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * How long a model takes to be loaded, beside what it comes through: the bus to its device, and the disk, if that is asked for.
 *
 * @param threads that load
 * @param fromDisk whether the system is to forget the files first, and the disk is measured
 * @param stopped ends it before the model is loaded; loading itself goes to its end
 */
record LoadBench(
        KernelLibrary library,
        MeasuredModel model,
        int threads,
        boolean fromDisk,
        LongSupplier clock,
        BooleanSupplier stopped) {
    /** Sent over the bus: some hundredths of a second of the fastest. */
    private static final long SENT_BYTES = 1L << 30;

    private static final long EMULATED_BYTES = 32L << 20;

    /** A loaded model, and what is to be said of that. */
    record Loaded(LoadedModel model, Section report) {}

    /**
     * Loads it.
     *
     * @return empty where it was stopped
     * @throws UsageException when the disk is to be measured and cannot be
     */
    Optional<Loaded> load(Environment environment) {
        List<Fact> facts = new ArrayList<>();
        double disk = fromDisk && !stopped.getAsBoolean() ? diskBytesPerSecond() : 0;
        if (stopped.getAsBoolean()) {
            return Optional.empty();
        }
        if (fromDisk) {
            forget();
        }
        Optional<Bus> bus = bus();
        long[] bytes = {0};
        LoadedModel loaded = model.load(environment, (done, total) -> bytes[0] = total);
        double seconds = Math.max(1, loaded.weightNanos()) / 1e9;
        double rate = bytes[0] / seconds;
        facts.add(Fact.bytes("weights ordered", "bytes", bytes[0]));
        facts.add(new Fact("in", String.format(Locale.ROOT, "%.2f s", seconds), "seconds", seconds));
        facts.add(rate("rate", "bytes_per_second", rate, fromDisk ? ", read from the disk" : ""));
        if (fromDisk) {
            facts.add(rate("disk", "disk_bytes_per_second", disk, " with " + Units.count(threads, "thread")));
            facts.add(share("of it", "disk_share", rate, disk));
        }
        bus.ifPresent(to -> {
            facts.add(rate("bus", "bus_bytes_per_second", to.bytesPerSecond(), " to " + to.device()));
            facts.add(share("of it", "bus_share", rate, to.bytesPerSecond()));
        });
        return Optional.of(new Loaded(loaded, new Section("Load", "load", facts)));
    }

    private record Bus(String device, double bytesPerSecond) {}

    /** To the device that the model goes to; empty where it goes to none. */
    private Optional<Bus> bus() {
        Backend backend = Models.backend(model.configuration());
        List<Device> on = model.configuration().compute().on();
        if (!backend.isDevice() || on.isEmpty()) {
            return Optional.empty();
        }
        Device device = on.getFirst();
        boolean emulated = backend == Backend.EMU;
        return Optional.of(new Bus(
                Devices.name(device) + (emulated ? ", which is a copy within memory" : ""),
                library.measureUpload(backend, device.index(), emulated ? EMULATED_BYTES : SENT_BYTES)));
    }

    private static Fact share(String label, String key, double rate, double of) {
        return new Fact(label, String.format(Locale.ROOT, "%.0f %%", 100 * rate / of), key, rate / of);
    }

    private static Fact rate(String label, String key, double rate, String more) {
        return new Fact(label, String.format(Locale.ROOT, "%.2f GB/s%s", rate / 1e9, more), key, rate);
    }

    private double diskBytesPerSecond() {
        forget();
        long bytes = model.files().stream().mapToLong(LoadBench::bytes).sum();
        try {
            return bytes / (Math.max(1, FileReads.nanos(model.files(), threads, clock, stopped)) / 1e9);
        } catch (IOException unreadable) {
            throw new UsageException("the model's files cannot be read: " + IoReason.of(unreadable), unreadable);
        }
    }

    private static long bytes(Path file) {
        return file.toFile().length();
    }

    private void forget() {
        for (Path file : model.files()) {
            if (!CachedFile.forget(file)) {
                throw new UsageException(
                        "--from-disk measures the disk, but the system does not forget what it has in memory of " + file
                                + ": only Linux does, for files that can be read");
            }
        }
    }
}
