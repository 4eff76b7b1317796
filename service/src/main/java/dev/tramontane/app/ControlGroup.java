package dev.tramontane.app;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A control group that limits memory, of version 1 or 2.
 *
 * @param name for people, with the file that says the limit
 * @param limit bytes; {@link Long#MAX_VALUE} for none
 * @param used bytes of everybody in it, files in memory included
 * @param files of these
 */
record ControlGroup(String name, long limit, long used, long files) {

    /** Where groups are mounted. */
    private record Mount(Path directory, String group, boolean second) {}

    /** The process' own groups and all above them that this process can see. */
    static List<ControlGroup> ofProcess(Path root) {
        List<ControlGroup> groups = new ArrayList<>();
        for (String line : MemoryLimit.lines(root.resolve("proc/self/mountinfo"))) {
            Mount mount = mount(root, line);
            if (mount == null) {
                continue;
            }
            Path directory = directory(root, mount);
            while (directory != null && directory.startsWith(mount.directory())) {
                groups.addAll(read(directory, mount));
                directory = directory.getParent();
            }
        }
        return groups;
    }

    /** A line of mountinfo: "31 24 0:27 GROUP DIRECTORY rw - cgroup2 cgroup2 rw"; null for other file systems. */
    private static @Nullable Mount mount(Path root, String line) {
        int dash = line.indexOf(" - ");
        String[] before = line.split(" ", -1);
        if (dash < 0 || before.length < 6) {
            return null;
        }
        String[] after = line.substring(dash + 3).split(" ", -1);
        boolean second = after[0].equals("cgroup2");
        boolean first = after[0].equals("cgroup")
                && List.of(after[after.length - 1].split(",", -1)).contains("memory");
        return second || first ? new Mount(root.resolve(before[4].substring(1)), before[3], second) : null;
    }

    /** The process' group below a mount; the mount itself where the group lies outside of it. */
    private static Path directory(Path root, Mount mount) {
        for (String line : MemoryLimit.lines(root.resolve("proc/self/cgroup"))) {
            String[] parts = line.split(":", 3);
            boolean ours = parts.length == 3
                    && (mount.second()
                            ? parts[0].equals("0") && parts[1].isEmpty()
                            : List.of(parts[1].split(",", -1)).contains("memory"));
            if (!ours) {
                continue;
            }
            String above = mount.group().equals("/") ? "" : mount.group();
            boolean inside = parts[2].startsWith(above + "/") && !parts[2].contains("..");
            return inside ? mount.directory().resolve(parts[2].substring(above.length() + 1)) : mount.directory();
        }
        return mount.directory();
    }

    /** One for each file that says a limit. */
    private static List<ControlGroup> read(Path directory, Mount mount) {
        String path = "/" + mount.directory().relativize(directory);
        ProcFile statistics = ProcFile.of(directory.resolve("memory.stat"));
        String prefix = mount.second() ? "" : "total_";
        long files = statistics.number(prefix + "inactive_file").orElse(0)
                + statistics.number(prefix + "active_file").orElse(0);
        long used = number(directory.resolve(mount.second() ? "memory.current" : "memory.usage_in_bytes"), 0);
        List<ControlGroup> groups = new ArrayList<>();
        for (String file : mount.second() ? List.of("memory.max", "memory.high") : List.of("memory.limit_in_bytes")) {
            long limit = number(directory.resolve(file), Long.MAX_VALUE);
            if (limit < Long.MAX_VALUE) {
                groups.add(new ControlGroup("the control group " + path + " (" + file + ")", limit, used, files));
            }
        }
        return groups;
    }

    /** The number in a file; {@code absent} where it is not there or says "max". */
    private static long number(Path file, long absent) {
        List<String> lines = MemoryLimit.lines(file);
        return !lines.isEmpty() && lines.getFirst().trim().matches("\\d{1,18}")
                ? Long.parseLong(lines.getFirst().trim())
                : absent;
    }
}
