package dev.tramontane.hub;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileLockInterruptionException;

/** Of failures of reading and writing, those that are a thread's interrupt and no fault of a disk. */
final class Ended {
    private Ended() {}

    /**
     * What its owner is to hear.
     *
     * @throws InterruptedException where an interrupt is the reason; the thread's own mark of it is taken away
     */
    static IOException unlessInterrupted(IOException failure) throws InterruptedException {
        if (failure instanceof ClosedByInterruptException || failure instanceof FileLockInterruptionException) {
            Thread.interrupted();
            throw (InterruptedException) new InterruptedException("the pull was ended").initCause(failure);
        }
        return failure;
    }
}
