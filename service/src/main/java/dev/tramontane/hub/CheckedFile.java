package dev.tramontane.hub;

import dev.tramontane.hub.HubException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Sums of files that came. */
final class CheckedFile {
    private static final int BUFFER = 1 << 20;

    private CheckedFile() {}

    /**
     * Sums a file, and compares.
     *
     * @param wanted null where nobody said what it must be
     * @param what it is called in messages
     * @return its SHA-256
     * @throws HubException when it is another file
     */
    static String sum(Path file, @Nullable Digest wanted, String what, LongConsumer progress) throws IOException {
        long bytes = Files.size(file);
        MessageDigest sha256 = Digest.start(Digest.Kind.SHA_256, bytes);
        MessageDigest git =
                wanted != null && wanted.kind() == Digest.Kind.GIT ? Digest.start(wanted.kind(), bytes) : null;
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[BUFFER];
            long done = 0;
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                sha256.update(buffer, 0, read);
                if (git != null) {
                    git.update(buffer, 0, read);
                }
                done += read;
                progress.accept(done);
            }
        }
        String sum = HexFormat.of().formatHex(sha256.digest());
        String compared = git == null ? sum : HexFormat.of().formatHex(git.digest());
        if (wanted != null && !wanted.hex().equals(compared)) {
            throw new HubException(
                    Kind.WRONG,
                    what + " is damaged or another file: " + wanted.kind().label() + " is " + compared
                            + ", and should be " + wanted.hex() + "; what came was thrown away, pull again");
        }
        return sum;
    }
}
