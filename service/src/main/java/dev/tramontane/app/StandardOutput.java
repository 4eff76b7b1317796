package dev.tramontane.app;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Standard output in UTF-8, which remembers why something did not get there. Any thread. */
final class StandardOutput extends PrintStream {
    private final Watched watched;

    StandardOutput(OutputStream to) {
        this(new Watched(to));
    }

    private StandardOutput(Watched watched) {
        super(watched, true, StandardCharsets.UTF_8);
        this.watched = watched;
    }

    /** @throws OutputException when something that was printed is lost, so that nobody computes what nobody reads */
    void check() {
        IOException failure = watched.failure;
        if (failure != null) {
            throw OutputException.ofStandardOutput(failure);
        }
    }

    /** Keeps the first failure: a {@link PrintStream} says only that there was one. */
    private static final class Watched extends FilterOutputStream {
        private volatile @Nullable IOException failure;

        Watched(OutputStream to) {
            super(to);
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                out.write(bytes, offset, length);
            } catch (IOException lost) {
                failure = failure == null ? lost : failure;
                throw lost;
            }
        }
    }
}
