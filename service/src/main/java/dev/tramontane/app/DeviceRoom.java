package dev.tramontane.app;

import dev.tramontane.kernels.Device;
import java.util.List;

/**
 * What of a device's memory a model may take.
 *
 * @param device that computes
 * @param allowed by {@code --gpu-memory}
 */
record DeviceRoom(Device device, GpuMemory allowed) {
    /**
     * Left to the driver, of what is free beside its context, which is open when that is asked: code of kernels, loaded when they are
     * first called, their stacks, and what it takes more where it rounds each piece up to 2 MiB. A model of 7B has 300 pieces, so that
     * is about 300 MiB.
     */
    static final long DRIVER = 512L << 20;

    /** Of the devices that were chosen, each once. */
    static List<DeviceRoom> of(ComputeChoice compute) {
        return compute.on().stream()
                .distinct()
                .map(device -> new DeviceRoom(device, compute.gpuMemory()))
                .toList();
    }

    /** At most what is free and not the driver's; nothing of a device that cannot be used. */
    long bytes() {
        return Math.min(allowed.of(device.totalBytes()), Math.max(0, free() - DRIVER));
    }

    private long free() {
        return device.freeBytes().orElse(0);
    }

    /** "the model needs 30.2 GiB of GPU 0, NVIDIA L4, 24.0 GiB, where 21.6 GiB can be had (--gpu-memory 0.9; 23.1 GiB are free, of which the driver is left 512 MiB): ...". */
    String tooMuch(long needed, String items) {
        return "the model needs " + Units.show(needed) + " of " + had() + ": " + items;
    }

    /** "GPU 0, NVIDIA L4, 24.0 GiB, where 21.6 GiB can be had (--gpu-memory 0.9; 23.1 GiB are free, of which the driver is left 512 MiB)". */
    String had() {
        return Devices.name(device) + ", where " + Units.show(bytes()) + " can be had (--gpu-memory " + allowed.text()
                + "; " + Units.show(free()) + " are free, of which the driver is left "
                + Units.show(DRIVER) + ")";
    }

    /** What to do about it, where {@code fits} bytes of cache would fit. */
    String advice(long fits) {
        return fits >= 1 << 20
                ? "give --cache-memory at most " + (fits >> 20) + "MiB"
                : "take a smaller model, --quantize it, or give it more of the device";
    }
}
