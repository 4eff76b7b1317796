package dev.tramontane.app;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How much memory this process can have, by everything that bounds it: the machine, each control group from its own up
 * to the root, and the limit of its address space.
 *
 * @param bounds at least one
 */
record MemoryLimit(List<Bound> bounds) {

    /**
     * One bound.
     *
     * @param name for people: "the machine"
     * @param bytes that it allows everybody under it together
     * @param free of these: what this process could hold, what it holds already included. Files in memory count as free,
     *     since the system drops them when it needs room
     * @param countsFiles whether mapped files count, too, because the bound is one of addresses
     */
    record Bound(String name, long bytes, long free, boolean countsFiles) {}

    MemoryLimit {
        bounds = List.copyOf(bounds);
    }

    /** Of this process, now. */
    static MemoryLimit ofProcess() {
        return read(Path.of("/"), Runtime.getRuntime().maxMemory());
    }

    /**
     * Reads {@code proc} and the control groups' mounts under a root directory; what is not there bounds nothing.
     *
     * @param heap bytes that the JVM has reserved for its heap, part of its addresses already
     */
    static MemoryLimit read(Path root, long heap) {
        ProcFile memory = ProcFile.of(root.resolve("proc/meminfo"));
        ProcFile status = ProcFile.of(root.resolve("proc/self/status"));
        long held = status.kibibytes("RssAnon:").orElse(0);
        List<Bound> bounds = new ArrayList<>();
        long total = memory.kibibytes("MemTotal:").orElseGet(MemoryLimit::total);
        long available = memory.kibibytes("MemAvailable:").orElse(total);
        bounds.add(new Bound("the machine", total, Math.min(total, available + held), false));
        for (ControlGroup group : ControlGroup.ofProcess(root)) {
            if (group.limit() < total) {
                long free = group.limit() - Math.max(0, group.used() - group.files()) + held;
                bounds.add(new Bound(group.name(), group.limit(), Math.clamp(free, 0, group.limit()), false));
            }
        }
        long addresses = addresses(root.resolve("proc/self/limits"));
        if (addresses < Long.MAX_VALUE) {
            long taken = status.kibibytes("VmSize:").orElse(0) - heap;
            bounds.add(new Bound(
                    "the limit of addresses (ulimit -v)",
                    addresses,
                    Math.max(0, addresses - Math.max(0, taken)),
                    true));
        }
        return new MemoryLimit(bounds);
    }

    /**
     * What is left when so much is taken: nobody has it yet, but somebody will.
     *
     * @param own bytes of this process' own
     * @param files bytes of mapped files
     */
    MemoryLimit without(long own, long files) {
        return new MemoryLimit(bounds.stream()
                .map(bound -> new Bound(
                        bound.name(), bound.bytes(), Math.max(0, free(bound, files) - own), bound.countsFiles()))
                .toList());
    }

    /** Bytes of the least bound: the machine as this process knows it. */
    long bytes() {
        return bounds.stream()
                .filter(bound -> !bound.countsFiles())
                .mapToLong(Bound::bytes)
                .min()
                .orElseThrow();
    }

    /** Every bound, for people: "23.5 GiB in the machine, 20.0 GiB free; ...". */
    String text() {
        return bounds.stream()
                .map(bound ->
                        Units.show(bound.bytes()) + " in " + bound.name() + ", " + Units.show(bound.free()) + " free")
                .collect(Collectors.joining("; "));
    }

    /** The bound that leaves the least beside {@code files} bytes of mapped files. */
    Bound tightest(long files) {
        return bounds.stream()
                .min(Comparator.comparingLong(bound -> free(bound, files)))
                .orElseThrow();
    }

    /** What a bound leaves beside {@code files} bytes of mapped files. */
    static long free(Bound bound, long files) {
        return bound.free() - (bound.countsFiles() ? files : 0);
    }

    private static long total() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    }

    /** The soft limit in a line such as "Max address space  unlimited  unlimited  bytes". */
    private static long addresses(Path limits) {
        for (String line : lines(limits)) {
            String[] columns = line.split(" {2,}", -1);
            if (columns.length > 1 && columns[0].equals("Max address space") && columns[1].matches("\\d{1,18}")) {
                return Long.parseLong(columns[1]);
            }
        }
        return Long.MAX_VALUE;
    }

    /** The lines of a small file of the system's; none where it is not there or not for us. */
    static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException notForUs) {
            return List.of();
        }
    }
}
