package dev.tramontane.load;

import dev.tramontane.kernels.KernelContext;

/** The progress of several contexts that are prepared one after the other, as of one. */
final class ProgressSum implements KernelContext.Progress {
    private final KernelContext.Progress all;
    private long before;
    private long done;
    private long total;

    ProgressSum(KernelContext.Progress all) {
        this.all = all;
    }

    @Override
    public void at(long doneBytes, long totalBytes) {
        if (doneBytes < done || totalBytes != total) {
            before += done;
        }
        done = doneBytes;
        total = totalBytes;
        all.at(before + done, before + total);
    }
}
