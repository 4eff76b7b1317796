package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a process of the service holds when nobody does anything to it. It runs with {@link #FLAGS}.
 *
 * @param descriptors that are open
 * @param threads by the beginnings of their names
 * @param arenas bytes outside the heap that Java has taken: arenas and direct buffers
 * @param data bytes of private memory that may be written: the kernel library's are among them
 * @param mapped files that are mapped into memory
 * @param pages of caches that sequences have or were promised
 * @param objects of the house that can still be reached, by class
 */
record HeldByProcess(
        long descriptors,
        List<String> threads,
        long arenas,
        long data,
        Set<String> mapped,
        long pages,
        Map<String, Long> objects) {

    /** A heap that doesn't grow, few threads of compilers, and Java's own count of its memory. */
    static final String[] FLAGS = {
        "-Xms192m", "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:NativeMemoryTracking=summary"
    };

    /** A pool's thread or a selector's descriptor more or less, whatever was done. */
    private static final int SPARE = 8;

    /** Buffers that pools keep. */
    private static final long SPARE_ARENAS = 12L << 20;

    /** What the compiler and the allocator of the C library keep, beside those. */
    private static final long SPARE_DATA = SPARE_ARENAS + (16L << 20);

    /** Objects of one class that caches and classes seen first may keep. */
    private static final long SPARE_OBJECTS = 256;

    private static final Pattern COUNTED =
            Pattern.compile("(?m)^\\s*\\d+:\\s+(\\d+)\\s+\\d+\\s+(dev\\.tramontane\\.[^\\s/]+)");
    private static final Pattern OTHER = Pattern.compile("Other \\(reserved=\\d+KB, committed=(\\d+)KB\\)");

    static HeldByProcess of(WatchedProcess service) throws IOException, InterruptedException {
        Path proc = Path.of("/proc", Long.toString(service.process.pid()));
        Map<String, Long> objects = new TreeMap<>();
        Matcher counted = COUNTED.matcher(ask(service, "GC.class_histogram"));
        while (counted.find()) {
            objects.merge(counted.group(2), Long.parseLong(counted.group(1)), Long::sum);
        }
        Matcher other = OTHER.matcher(ask(service, "VM.native_memory"));
        assertThat(other.find()).as("the JVM counts its memory").isTrue();
        long data = ProcFile.of(proc.resolve("status")).kibibytes("VmData:").orElseThrow();
        return new HeldByProcess(
                entries(proc.resolve("fd")),
                threads(proc),
                Long.parseLong(other.group(1)) << 10,
                data,
                mapped(proc),
                sum(service.metrics(), "tramontane_cache_pages", "state=\"(?:used|reserved)\""),
                objects);
    }

    /** The sum of a metric over those of its series that have this label. */
    static long sum(String metrics, String name, String label) {
        return Pattern.compile("(?m)^" + name + "(?:\\{[^}]*" + label + "[^}]*})? (\\S+)$")
                .matcher(metrics)
                .results()
                .mapToLong(line -> (long) Double.parseDouble(line.group(1)))
                .sum();
    }

    private static String ask(WatchedProcess service, String command) throws IOException, InterruptedException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        Process asked = new ProcessBuilder(jcmd, Long.toString(service.process.pid()), command)
                .redirectErrorStream(true)
                .start();
        String answer = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(asked.waitFor()).as(answer).isZero();
        return answer;
    }

    private static long entries(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.count();
        }
    }

    private static List<String> threads(Path proc) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(proc.resolve("task"))) {
            for (Path task : tasks) {
                names.add(Files.readString(task.resolve("comm")).strip());
            }
        }
        names.sort(Comparator.naturalOrder());
        return names;
    }

    /** The JDK's own and the system's are left out: they come when they are first needed. */
    private static Set<String> mapped(Path proc) throws IOException {
        String jdk = Path.of(System.getProperty("java.home")).toRealPath().toString();
        try (Stream<String> lines = Files.lines(proc.resolve("maps"))) {
            return lines.filter(line -> line.indexOf('/') >= 0)
                    .map(line -> line.substring(line.indexOf('/')))
                    .filter(file -> !file.startsWith(jdk) && !file.startsWith("/usr/") && !file.startsWith("/lib"))
                    .collect(Collectors.toSet());
        }
    }

    private long count(Class<?> type) {
        return objects.getOrDefault(type.getName(), 0L);
    }

    /**
     * This is no more than what was held before.
     *
     * @param exact classes of which there are as many as before
     */
    void isNoMoreThan(HeldByProcess before, Set<Class<?>> exact) {
        assertThat(descriptors).as("descriptors").isLessThanOrEqualTo(before.descriptors + SPARE);
        assertThat(threads.size())
                .as("threads, before %s, after %s", before.threads, threads)
                .isLessThanOrEqualTo(before.threads.size() + SPARE);
        assertThat(arenas).as("arenas").isLessThanOrEqualTo(before.arenas + SPARE_ARENAS);
        assertThat(data).as("memory").isLessThanOrEqualTo(before.data + SPARE_DATA);
        assertThat(mapped).as("mapped files").isEqualTo(before.mapped);
        assertThat(pages).as("pages").isEqualTo(before.pages);
        for (Class<?> type : exact) {
            assertThat(count(type)).as(type.getName()).isEqualTo(before.count(type));
        }
        objects.forEach((name, now) ->
                assertThat(now).as(name).isLessThanOrEqualTo(before.objects.getOrDefault(name, 0L) + SPARE_OBJECTS));
    }
}
