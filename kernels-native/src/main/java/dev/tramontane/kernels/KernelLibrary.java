package dev.tramontane.kernels;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * The loaded kernel library. Before it is of any use its ABI version and element types have been checked, and every field
 * of its structs found.
 * Loaded for the life of the process; immutable, any thread.
 */
public final class KernelLibrary {
    /** The flag that lets the JVM call native code without a warning or a refusal. */
    public static final String NATIVE_ACCESS_FLAG = "--enable-native-access=ALL-UNNAMED";

    private final Bindings bindings;
    private final Path file;
    private static final int DEVICE_NAME_BYTES = 256;

    private final HostInfo host;

    private KernelLibrary(Bindings bindings, Path file) {
        this.bindings = bindings;
        this.file = file;
        host = hostInfo(bindings);
    }

    /**
     * Loads the library that this program was built with, unpacking it into {@code cacheDirectory} unless the very same
     * file is there already.
     *
     * @param cacheDirectory the user's own; created with permissions 0700 if it isn't there
     * @throws KernelException when there is none for the platform, or it cannot be unpacked or loaded
     */
    public static KernelLibrary bundled(Platform platform, Path cacheDirectory) {
        return load(LibraryCache.unpack(BundledLibrary.of(platform), cacheDirectory));
    }

    /**
     * Loads a library by its path, which whoever gives it vouches for.
     *
     * @throws KernelException when it cannot be loaded, or is another version's
     */
    public static KernelLibrary at(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new KernelException("there is no kernel library at " + file);
        }
        return load(file);
    }

    @SuppressWarnings("restricted") // the library that all the rest is about
    private static KernelLibrary load(Path file) {
        Path absolute;
        try {
            absolute = file.toRealPath();
        } catch (IOException unreachable) {
            throw new KernelException("cannot reach the kernel library at " + file, unreachable);
        }
        try {
            SymbolLookup symbols = SymbolLookup.libraryLookup(absolute, Arena.global());
            return new KernelLibrary(new Bindings(symbols, absolute.toString()), absolute);
        } catch (IllegalCallerException denied) {
            throw new KernelException(
                    "the JVM doesn't let Tramontane call native code; start it with " + NATIVE_ACCESS_FLAG, denied);
        } catch (IllegalArgumentException refused) {
            throw new KernelException(
                    "the system's loader refuses the kernel library at " + absolute
                            + ": it is for another platform, damaged, or lies on a file system mounted noexec",
                    refused);
        }
    }

    /** Where it was loaded from. */
    public Path file() {
        return file;
    }

    /** A struct of tramontane.h, as this library has it. */
    Struct struct(String name) {
        return bindings.struct(name);
    }

    /** What this machine has. */
    public HostInfo host() {
        return host;
    }

    /**
     * One sentence about a backend that has no device here: what it computes with, or why it cannot be used ({@link
     * HostInfo#backends} says which). Of one that has devices it is about the first.
     */
    public String describe(Backend backend) {
        return bindings.describeBackend(backend.number(), 0);
    }

    /** One sentence about a device: what it is, or why it cannot be used. Opens it, and tests it once: may take a moment. */
    public String describe(Backend backend, Device device) {
        return bindings.describeBackend(backend.number(), device.index());
    }

    /**
     * A device with what is free of its memory now. Opens it, which takes some of that for good.
     *
     * @throws KernelException when it cannot be used or does not answer
     */
    public Device opened(Backend backend, Device device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(ValueLayout.JAVA_LONG);
            MemorySegment message = Bindings.messageBuffer(arena);
            int status = bindings.deviceFreeBytes(backend.number(), device.index(), bytes, message);
            if (status != Bindings.OK) {
                throw new KernelException(status, Bindings.text(message));
            }
            return new Device(
                    device.index(),
                    device.name(),
                    device.uuid(),
                    device.usable(),
                    device.totalBytes(),
                    OptionalLong.of(bytes.get(ValueLayout.JAVA_LONG, 0)));
        }
    }

    /**
     * The devices of a backend in the order of their numbers, which start at 0; of the host's backends none. Asks the driver and opens
     * none of them.
     */
    public List<Device> devices(Backend backend) {
        List<Device> devices = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment device = bindings.structs.device(arena);
            MemorySegment name = arena.allocate(DEVICE_NAME_BYTES);
            MemorySegment uuid = arena.allocate(DEVICE_NAME_BYTES);
            while (bindings.deviceInfo(backend.number(), devices.size(), device, name, uuid) == Bindings.OK) {
                devices.add(bindings.structs.device(device, devices.size(), name.getString(0), uuid.getString(0)));
            }
        }
        return List.copyOf(devices);
    }

    /**
     * Bytes that a context will hold of its own for a tensor, whether the backend can be used here or not: a copy in its
     * own order, 0 where the tensor is used in place. As {@code tm_tensor_bytes} says of the embedding and of the factors of
     * RoPE. Any thread.
     *
     * @return empty when the backend does not compute such a tensor, which is refused when it is set
     * @throws KernelException when there cannot be such a tensor
     */
    public OptionalLong tensorBytes(
            Backend backend, TensorRole role, DType type, DType computedAs, long rows, long columns) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(ValueLayout.JAVA_LONG);
            MemorySegment message = Bindings.messageBuffer(arena);
            int status = bindings.tensorBytes(
                    backend.number(),
                    bindings.structs.tensor(
                            arena, new ContextStructs.TensorKind(role, type, computedAs, rows, columns)),
                    bytes,
                    message);
            if (status == Bindings.UNSUPPORTED) {
                return OptionalLong.empty();
            }
            if (status != Bindings.OK) {
                throw new KernelException(status, "a tensor of the model cannot be: " + Bindings.text(message));
            }
            return OptionalLong.of(bytes.get(ValueLayout.JAVA_LONG, 0));
        }
    }

    /**
     * What {@link KernelContext#sizeCache} would take for such a cache of such a model, to the byte, whether the backend can
     * be used here or not: cache and workspace, the weights are 0. Any thread.
     *
     * @throws KernelException when there cannot be such a model or cache
     */
    public MemoryUse cacheBytes(ContextConfig config, CacheConfig cache) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = bindings.structs.memory(arena);
            MemorySegment message = Bindings.messageBuffer(arena);
            int status = bindings.cacheBytes(
                    bindings.structs.modelConfig(arena, config),
                    bindings.structs.cacheConfig(arena, cache),
                    memory,
                    message);
            if (status != Bindings.OK) {
                throw new KernelException(status, "there is no such cache: " + Bindings.text(message));
            }
            return bindings.structs.memoryUse(memory);
        }
    }

    /**
     * Measures what the processors reach now, with memory that is freed again. Blocks for some tenths of a second; any
     * platform thread.
     *
     * @param level whose dot products are counted
     * @param threads to measure with, 1 to 1024
     * @param bytes to read through: several times the caches, 1 MiB to 64 GiB
     * @throws KernelException when memory or threads can't be had, or the processor lacks the level
     */
    public HostCeilings measure(CpuLevel level, int threads, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment readBytes = arena.allocate(ValueLayout.JAVA_DOUBLE);
            MemorySegment operations = arena.allocate(ValueLayout.JAVA_DOUBLE);
            MemorySegment message = Bindings.messageBuffer(arena);
            int status = bindings.measureHost(level.number(), threads, bytes, readBytes, operations, message);
            if (status != Bindings.OK) {
                throw new KernelException(status, "cannot measure the processors: " + Bindings.text(message));
            }
            return new HostCeilings(
                    readBytes.get(ValueLayout.JAVA_DOUBLE, 0), operations.get(ValueLayout.JAVA_DOUBLE, 0));
        }
    }

    /**
     * Measures what crosses the bus to a device now, from pinned memory as weights do. On an emulated device that is a copy
     * within memory. Blocks, and opens the device; any platform thread.
     *
     * @param bytes to send, 1 MiB to 64 GiB
     * @return bytes a second
     * @throws KernelException when there is no such device, or it fails
     */
    public double measureUpload(Backend backend, int device, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rate = arena.allocate(ValueLayout.JAVA_DOUBLE);
            MemorySegment message = Bindings.messageBuffer(arena);
            int status = bindings.measureDevice(backend.number(), device, bytes, rate, message);
            if (status != Bindings.OK) {
                throw new KernelException(status, "cannot measure the bus to a device: " + Bindings.text(message));
            }
            return rate.get(ValueLayout.JAVA_DOUBLE, 0);
        }
    }

    /**
     * Opens a context and starts its compute threads.
     *
     * @throws KernelException when the backend cannot run such a model here
     */
    public KernelContext open(ContextConfig config) {
        return KernelContext.open(bindings, config);
    }

    /**
     * Writes a matrix in another type: values are dequantised to float32 and rounded exactly as gguf-py's {@code quantize}
     * does. Keeps no state; any platform thread, any number of them at a time.
     *
     * @param source {@code rows} contiguous rows of {@code columns} elements in {@code from}, off-heap, at least as many
     *     bytes as they need
     * @param to a {@linkplain DType#writable() writable} type
     * @param target writable memory off-heap, apart from the source; its first {@code to.bytes(rows, columns)} bytes are
     *     written
     * @throws IllegalArgumentException when types, extents and memory don't belong together
     * @throws IllegalStateException when memory has been freed or unmapped
     * @throws KernelException when the library refuses the conversion
     */
    public void convert(DType from, MemorySegment source, DType to, MemorySegment target, long rows, long columns) {
        convert(from, source, to, target, rows, columns, new float[0]);
    }

    /**
     * The same for elements with scales.
     *
     * @param scales as in {@link TensorData}
     */
    public void convert(
            DType from, MemorySegment source, DType to, MemorySegment target, long rows, long columns, float[] scales) {
        Scales.check(from, rows, scales);
        if (!to.writable()) {
            throw new IllegalArgumentException("nothing is converted to " + to);
        }
        check(source, "source", from, rows, columns);
        check(target, "target", to, rows, columns);
        if (target.isReadOnly()) {
            throw new IllegalArgumentException("the target of a conversion must be writable");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment conversion = bindings.structs.conversion(arena, from, to, rows, columns, scales);
            MemorySegment message = Bindings.messageBuffer(arena);
            int status = bindings.convert(conversion, source, target, message);
            if (status != Bindings.OK) {
                throw new KernelException(
                        status, "cannot convert " + from + " to " + to + ": " + Bindings.text(message));
            }
        }
    }

    private static void check(MemorySegment memory, String side, DType type, long rows, long columns) {
        long bytes = type.bytes(rows, columns);
        if (!memory.isNative()) {
            throw new IllegalArgumentException("the " + side + " of a conversion must lie off-heap");
        }
        if (memory.byteSize() < bytes) {
            throw new IllegalArgumentException("the " + side + " of " + rows + " x " + columns + " " + type + " needs "
                    + bytes + " bytes, it has " + memory.byteSize());
        }
    }

    /** The version of the interface that this package speaks, and any library that it loads. */
    public static int abiVersion() {
        return Bindings.ABI_VERSION;
    }

    private static HostInfo hostInfo(Bindings bindings) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = bindings.structs.host(arena);
            int status = bindings.hostInfo(host);
            if (status != Bindings.OK) {
                throw new KernelException(status, "the kernel library cannot tell what this machine has");
            }
            return bindings.structs.hostInfo(host);
        }
    }
}
