package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.app.MemoryLimit.Bound;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits of memory as the kernel's files tell them, in trees of such files. */
class MemoryLimitTest {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;
    private static final long HEAP = 2 * GIB;

    @TempDir
    Path root;

    /** A machine of 24 GiB with 20 available, on which this process holds 1 GiB. */
    @BeforeEach
    void machine() throws IOException {
        write("proc/meminfo", "MemTotal: " + 24 * MIB + " kB\nMemFree: 1 kB\nMemAvailable: " + 20 * MIB + " kB\n");
        write("proc/self/status", "Name:\tjava\nVmSize:\t" + 5 * MIB + " kB\nRssAnon:\t" + MIB + " kB\n");
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private MemoryLimit read() {
        return MemoryLimit.read(root, HEAP);
    }

    @Test
    void withoutControlGroupsTheMachineBounds() {
        assertThat(read().bounds()).containsExactly(new Bound("the machine", 24 * GIB, 21 * GIB, false));
        assertThat(read().bytes()).isEqualTo(24 * GIB);
    }

    @Test
    void everyGroupOfVersionTwoUpToTheRootBounds() throws IOException {
        write("proc/self/mountinfo", """
            24 1 0:22 / /proc rw - proc proc rw
            31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate
            """);
        write("proc/self/cgroup", "0::/machine.slice/server.service\n");
        String slice = "sys/fs/cgroup/machine.slice/";
        write(slice + "memory.max", 8 * GIB + "\n");
        write(slice + "memory.high", "max\n");
        write(slice + "memory.current", 7 * GIB + "\n");
        write(slice + "memory.stat", "anon 5\ninactive_file " + GIB + "\nactive_file " + 2 * GIB + "\nfile 0\n");
        write(slice + "server.service/memory.max", "max\n");
        write(slice + "server.service/memory.high", 10 * GIB + "\n");
        write(slice + "server.service/memory.current", 2 * GIB + "\n");
        write(slice + "server.service/memory.stat", "inactive_file 0\nactive_file 0\n");
        MemoryLimit limit = read();
        // Free is what is not taken, what files take, and what this process has of it already.
        assertThat(limit.bounds())
                .containsExactlyInAnyOrder(
                        new Bound("the machine", 24 * GIB, 21 * GIB, false),
                        new Bound(
                                "the control group /machine.slice/server.service (memory.high)",
                                10 * GIB,
                                9 * GIB,
                                false),
                        new Bound("the control group /machine.slice (memory.max)", 8 * GIB, 5 * GIB, false));
        assertThat(limit.bytes()).isEqualTo(8 * GIB);
        assertThat(limit.tightest(0).name()).isEqualTo("the control group /machine.slice (memory.max)");
    }

    @Test
    void aContainerSeesItsOwnGroupAsTheRoot() throws IOException {
        write("proc/self/mountinfo", "31 24 0:27 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
        write("proc/self/cgroup", "0::/\n");
        write("sys/fs/cgroup/memory.max", 4 * GIB + "\n");
        write("sys/fs/cgroup/memory.current", GIB + "\n");
        write("sys/fs/cgroup/memory.stat", "");
        assertThat(read().bounds())
                .contains(new Bound("the control group / (memory.max)", 4 * GIB, 4 * GIB, false))
                .hasSize(2);
    }

    @Test
    void versionOneHasItsOwnFilesAndItsOwnWordForNone() throws IOException {
        write("proc/self/mountinfo", """
            40 32 0:35 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct
            41 32 0:36 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
            """);
        write("proc/self/cgroup", "9:name=systemd:/x\n4:cpu,cpuacct:/elsewhere\n3:memory:/jobs/7\n0::/\n");
        String jobs = "sys/fs/cgroup/memory/jobs/";
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        write(jobs + "memory.limit_in_bytes", 6 * GIB + "\n");
        write(jobs + "memory.usage_in_bytes", 4 * GIB + "\n");
        write(jobs + "memory.stat", "inactive_file 7\ntotal_inactive_file " + GIB + "\ntotal_active_file 0\n");
        write(jobs + "7/memory.limit_in_bytes", "9223372036854771712\n");
        assertThat(read().bounds())
                .containsExactly(
                        new Bound("the machine", 24 * GIB, 21 * GIB, false),
                        new Bound("the control group /jobs (memory.limit_in_bytes)", 6 * GIB, 4 * GIB, false));
    }

    /** Where a container has no namespace of its own, it is told a path of which it sees only the end. */
    @Test
    void aMountOfPartOfTheTreeIsUnderstood() throws IOException {
        write("proc/self/mountinfo", "41 32 0:36 /docker/ab12 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
        write("proc/self/cgroup", "3:memory:/docker/ab12\n");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n");
        write("sys/fs/cgroup/memory/memory.usage_in_bytes", 2 * GIB + "\n");
        assertThat(read().bounds()).contains(new Bound("the control group / (memory.limit_in_bytes)", GIB, 0, false));

        write("proc/self/cgroup", "3:memory:/docker/ab12/inner\n");
        write("sys/fs/cgroup/memory/inner/memory.limit_in_bytes", 512 * MIB + "\n");
        assertThat(read().bytes()).isEqualTo(512 * MIB);
    }

    @Test
    void addressesBoundWhatIsMapped() throws IOException {
        write(
                "proc/self/limits",
                "Limit                     Soft Limit           Hard Limit           Units     \n"
                        + "Max address space         " + 10 * GIB + "          unlimited            bytes     \n");
        // Of the 5 GiB that are taken the heap has two, of which it takes no more.
        Bound addresses = new Bound("the limit of addresses (ulimit -v)", 10 * GIB, 7 * GIB, true);
        assertThat(read().bounds()).contains(addresses);
        assertThat(read().bytes()).isEqualTo(24 * GIB);
        assertThat(read().tightest(0)).isEqualTo(addresses);
        assertThat(MemoryLimit.free(addresses, GIB)).isEqualTo(6 * GIB);
        write("proc/self/limits", "Max address space         unlimited            unlimited            bytes     \n");
        assertThat(read().bounds()).hasSize(1);
    }

    @Test
    void thisMachineHasSome() {
        MemoryLimit limit = MemoryLimit.ofProcess();
        assertThat(limit.bytes()).isGreaterThan(64 * MIB);
        assertThat(limit.bounds()).allMatch(bound -> bound.free() >= 0 && bound.free() <= bound.bytes());
    }
}
