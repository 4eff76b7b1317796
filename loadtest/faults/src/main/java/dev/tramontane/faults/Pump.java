package dev.tramontane.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.function.Supplier;

/** Carries the bytes of one direction. */
final class Pump {
    /** A throttled direction writes so often a second. */
    private static final int SLICES_PER_SECOND = 50;

    private static final long SECOND = 1_000_000_000;

    private final Socket from;
    private final Socket to;
    private final Supplier<Fault> fault;
    private long passed;

    Pump(Socket from, Socket to, Supplier<Fault> fault) {
        this.from = from;
        this.to = to;
        this.fault = fault;
    }

    /** Until the sender ends, or the fault ends it; tells which. */
    Fault.End run() throws IOException, InterruptedException {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        byte[] piece = new byte[Fault.PIECE];
        while (true) {
            if (isOver()) {
                return fault.get().end();
            }
            int read = in.read(piece);
            if (read < 0) {
                if (isBlackHole()) {
                    return Fault.End.BLACK_HOLE; // Which swallows the end as well.
                }
                to.shutdownOutput();
                return Fault.End.NONE;
            }
            Fault.End end = carry(piece, read, out);
            if (end != Fault.End.NONE) {
                return end;
            }
        }
    }

    /** Whether nothing gets through any more, not even that a side is gone. */
    boolean isBlackHole() {
        return isOver() && fault.get().end() == Fault.End.BLACK_HOLE;
    }

    private boolean isOver() {
        Fault now = fault.get();
        return now.end() != Fault.End.NONE && passed >= now.after();
    }

    private Fault.End carry(byte[] piece, int read, OutputStream out) throws IOException, InterruptedException {
        Thread.sleep(fault.get().delay());
        for (int at = 0; at < read; ) {
            Fault now = fault.get(); // It may have changed while this piece waited.
            long length = (long) read - at;
            if (now.bytesPerSecond() > 0) {
                length = Math.min(length, Math.max(1, now.bytesPerSecond() / SLICES_PER_SECOND));
            }
            if (now.end() != Fault.End.NONE) {
                length = Math.min(length, now.after() - passed);
                if (length <= 0) {
                    return now.end();
                }
            }
            out.write(piece, at, (int) length);
            at += (int) length;
            passed += length;
            if (now.bytesPerSecond() > 0) {
                Thread.sleep(Duration.ofNanos(length * SECOND / now.bytesPerSecond()));
            }
        }
        return isOver() ? fault.get().end() : Fault.End.NONE;
    }
}
