package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The functions of one loaded library, one method each; tramontane.h documents them. Construction checks the ABI version
 * and finds every field of every struct and the element types before any other function is looked up. Nothing here is
 * checked further: callers are.
 */
final class Bindings {
    /** {@code TM_ABI_VERSION} of the header that this package was written from. */
    static final int ABI_VERSION = 13;

    static final int OK = 0;
    static final int UNSUPPORTED = 3;
    static final int PENDING = 4;

    /** Longest error message that is read. */
    private static final int MESSAGE_BYTES = 1024;

    /** Longest layout that is read. */
    private static final int LAYOUT_BYTES = 8192;

    /** What a context is opened, filled and sized with. */
    final ContextStructs structs;

    /** Where everything of a step lies. */
    final StepLayout step;

    private final String origin;
    private final MethodHandle layout;
    private final MethodHandle tensorBytes;
    private final MethodHandle cacheBytes;
    private final MethodHandle hostInfo;
    private final MethodHandle convert;
    private final MethodHandle describeBackend;
    private final MethodHandle deviceInfo;
    private final MethodHandle deviceFreeBytes;
    private final MethodHandle measureHost;
    private final MethodHandle measureDevice;
    private final MethodHandle open;
    private final MethodHandle setTensor;
    private final MethodHandle prepare;
    private final MethodHandle progress;
    private final MethodHandle sizeCache;
    private final MethodHandle memoryUse;
    private final MethodHandle readPage;
    private final MethodHandle writePage;
    private final MethodHandle loadAdapter;
    private final MethodHandle dropAdapter;
    private final MethodHandle submit;
    private final MethodHandle releaseMasks;
    private final MethodHandle waitFor;
    private final MethodHandle lastError;
    private final MethodHandle close;

    /**
     * Binds the library that {@code symbols} come from.
     *
     * @param origin where it was loaded from, for messages
     * @throws KernelException when it is no kernel library, or one with another ABI
     */
    Bindings(SymbolLookup symbols, String origin) {
        checkVersion(symbols, origin);
        this.origin = origin;
        layout = bind(symbols, origin, "tm_layout", ADDRESS, ADDRESS, JAVA_LONG);
        structs = new ContextStructs(this::struct);
        step = new StepLayout(this::struct);
        checkTypes(symbols, origin);
        tensorBytes = bind(symbols, origin, "tm_tensor_bytes", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
        cacheBytes = bind(symbols, origin, "tm_cache_bytes", ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
        hostInfo = bind(symbols, origin, "tm_host_info", ADDRESS);
        convert = bind(symbols, origin, "tm_convert", ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
        describeBackend = bind(symbols, origin, "tm_describe_backend", JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG);
        deviceInfo = bind(
                symbols, origin, "tm_device_info", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
        deviceFreeBytes =
                bind(symbols, origin, "tm_device_free_bytes", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
        measureHost = bind(
                symbols,
                origin,
                "tm_measure_host",
                JAVA_INT,
                JAVA_INT,
                JAVA_LONG,
                ADDRESS,
                ADDRESS,
                ADDRESS,
                JAVA_LONG);
        measureDevice =
                bind(symbols, origin, "tm_measure_device", JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG);
        open = bind(symbols, origin, "tm_open", ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
        setTensor = bind(symbols, origin, "tm_set_tensor", ADDRESS, ADDRESS);
        prepare = bind(symbols, origin, "tm_prepare", ADDRESS);
        progress = bind(symbols, origin, "tm_progress", ADDRESS, ADDRESS, ADDRESS);
        sizeCache = bind(symbols, origin, "tm_size_cache", ADDRESS, ADDRESS);
        memoryUse = bind(symbols, origin, "tm_memory_use", ADDRESS, ADDRESS);
        readPage = bind(symbols, origin, "tm_read_page", ADDRESS, JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG);
        writePage = bind(symbols, origin, "tm_write_page", ADDRESS, JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG);
        loadAdapter = bind(symbols, origin, "tm_load_adapter", ADDRESS, JAVA_INT, ADDRESS, JAVA_INT);
        dropAdapter = bind(symbols, origin, "tm_drop_adapter", ADDRESS, JAVA_INT);
        submit = bind(symbols, origin, "tm_submit", ADDRESS, ADDRESS);
        releaseMasks = bind(symbols, origin, "tm_release_masks", ADDRESS);
        waitFor = bind(symbols, origin, "tm_wait", ADDRESS, JAVA_LONG);
        lastError = bind(symbols, origin, "tm_last_error", ADDRESS, ADDRESS, JAVA_LONG);
        close = bind(symbols, origin, "tm_close", ADDRESS);
    }

    int tensorBytes(int backend, MemorySegment tensor, MemorySegment bytes, MemorySegment message) {
        try {
            return (int) tensorBytes.invokeExact(backend, tensor, bytes, message, message.byteSize());
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int cacheBytes(MemorySegment config, MemorySegment cache, MemorySegment memory, MemorySegment message) {
        try {
            return (int) cacheBytes.invokeExact(config, cache, memory, message, message.byteSize());
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int hostInfo(MemorySegment host) {
        try {
            return (int) hostInfo.invokeExact(host);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int convert(MemorySegment conversion, MemorySegment source, MemorySegment target, MemorySegment message) {
        try {
            return (int) convert.invokeExact(conversion, source, target, message, message.byteSize());
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    /** The sentence about a backend, usable or not. */
    String describeBackend(int backend, int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(MESSAGE_BYTES);
            int ignored = (int) describeBackend.invokeExact(backend, device, text, text.byteSize());
            return text.getString(0, StandardCharsets.UTF_8);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int deviceInfo(int backend, int index, MemorySegment device, MemorySegment name, MemorySegment uuid) {
        try {
            return (int) deviceInfo.invokeExact(backend, index, device, name, name.byteSize(), uuid, uuid.byteSize());
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int deviceFreeBytes(int backend, int index, MemorySegment bytes, MemorySegment message) {
        try {
            return (int) deviceFreeBytes.invokeExact(backend, index, bytes, message, message.byteSize());
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int measureHost(
            int cpuLevel,
            int threads,
            long bytes,
            MemorySegment readBytes,
            MemorySegment operations,
            MemorySegment message) {
        try {
            return (int) measureHost.invokeExact(
                    cpuLevel, threads, bytes, readBytes, operations, message, message.byteSize());
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int measureDevice(int backend, int device, long bytes, MemorySegment uploadBytes, MemorySegment message) {
        try {
            return (int) measureDevice.invokeExact(backend, device, bytes, uploadBytes, message, message.byteSize());
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int open(MemorySegment config, MemorySegment context, MemorySegment message) {
        try {
            return (int) open.invokeExact(config, context, message, message.byteSize());
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int setTensor(MemorySegment context, MemorySegment tensor) {
        try {
            return (int) setTensor.invokeExact(context, tensor);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int prepare(MemorySegment context) {
        try {
            return (int) prepare.invokeExact(context);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int progress(MemorySegment context, MemorySegment done, MemorySegment total) {
        try {
            return (int) progress.invokeExact(context, done, total);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int sizeCache(MemorySegment context, MemorySegment config) {
        try {
            return (int) sizeCache.invokeExact(context, config);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int memoryUse(MemorySegment context, MemorySegment memory) {
        try {
            return (int) memoryUse.invokeExact(context, memory);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int readPage(MemorySegment context, int group, int page, MemorySegment to) {
        try {
            return (int) readPage.invokeExact(context, group, page, to, to.byteSize());
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int writePage(MemorySegment context, int group, int page, MemorySegment from) {
        try {
            return (int) writePage.invokeExact(context, group, page, from, from.byteSize());
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int loadAdapter(MemorySegment context, int adapter, MemorySegment parts, int count) {
        try {
            return (int) loadAdapter.invokeExact(context, adapter, parts, count);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int dropAdapter(MemorySegment context, int adapter) {
        try {
            return (int) dropAdapter.invokeExact(context, adapter);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int submit(MemorySegment context, MemorySegment step) {
        try {
            return (int) submit.invokeExact(context, step);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int releaseMasks(MemorySegment context) {
        try {
            return (int) releaseMasks.invokeExact(context);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int waitFor(MemorySegment context, long timeoutNanos) {
        try {
            return (int) waitFor.invokeExact(context, timeoutNanos);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int close(MemorySegment context) {
        try {
            return (int) close.invokeExact(context);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    /** The context's last message; never fails, because it is asked when something already has. */
    String lastError(MemorySegment context) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment message = messageBuffer(arena);
            int status = (int) lastError.invokeExact(context, message, message.byteSize());
            return status == OK ? text(message) : "no message";
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    /** Room for an error message, empty. */
    static MemorySegment messageBuffer(Arena arena) {
        return arena.allocate(MESSAGE_BYTES);
    }

    /** The NUL-terminated text of a buffer; a cut or malformed end becomes U+FFFD. */
    static String text(MemorySegment buffer) {
        long length = 0;
        while (length < buffer.byteSize() && buffer.get(JAVA_BYTE, length) != 0) {
            length++;
        }
        return new String(buffer.asSlice(0, length).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
    }

    private static void checkVersion(SymbolLookup symbols, String origin) {
        MethodHandle version = bind(symbols, origin, "tm_abi_version");
        int found;
        try {
            found = (int) version.invokeExact();
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
        if (found != ABI_VERSION) {
            throw new KernelException(
                    "the kernel library at " + origin + " speaks ABI " + Integer.toUnsignedString(found)
                            + ", this program speaks " + ABI_VERSION + "; use the library built with it");
        }
    }

    /**
     * Asks for the layout of a struct.
     *
     * @throws KernelException when the library does not know it
     */
    Struct struct(String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(LAYOUT_BYTES);
            if ((int) layout.invokeExact(arena.allocateFrom(name), text, text.byteSize()) != OK) {
                throw new KernelException("the kernel library at " + origin + " does not know " + name
                        + "; use the library built with this program");
            }
            return new Struct(origin, name, text(text));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    /** Holds the library's element types against ours. */
    private static void checkTypes(SymbolLookup symbols, String origin) {
        MethodHandle elementType = bind(symbols, origin, "tm_element_type", ElementTypes.PARAMETERS);
        Optional<String> mismatch;
        try {
            mismatch = ElementTypes.mismatch(elementType);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
        mismatch.ifPresent(difference -> {
            throw new KernelException("the kernel library at " + origin + " is not this program's: " + difference
                    + "; use the library built with this program");
        });
    }

    /** Binds a function that returns int32_t or uint32_t. */
    @SuppressWarnings("restricted") // this class is the one place for downcalls
    private static MethodHandle bind(SymbolLookup symbols, String origin, String function, MemoryLayout... parameters) {
        MemorySegment address = symbols.find(function)
                .orElseThrow(() -> new KernelException(
                        origin + " is not a Tramontane kernel library, or not this version's: it lacks " + function));
        return Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.of(JAVA_INT, parameters));
    }

    /** A downcall itself throws nothing checked; what comes out is an error of this class or of the JVM. */
    private static RuntimeException unexpected(Throwable failure) {
        if (failure instanceof RuntimeException exception) {
            return exception;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(failure);
    }
}
