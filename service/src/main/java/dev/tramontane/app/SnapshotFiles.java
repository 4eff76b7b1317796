package dev.tramontane.app;

import dev.tramontane.engine.CachePlan;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.snapshots.PageFiles;
import dev.tramontane.snapshots.SnapshotObserver;
import dev.tramontane.source.WeightsDigest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the directory of snapshots for the model that is served. */
final class SnapshotFiles {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotFiles.class);

    private SnapshotFiles() {}

    /**
     * Opens what the configuration names; null when it names nothing. Reads the weights once.
     *
     * @throws UsageException when the directory can be neither used nor made
     */
    static @Nullable PageFiles open(
            Configuration configuration,
            LoadedModel loaded,
            KernelLibrary library,
            CachePlan plan,
            SnapshotObserver observer) {
        Path directory = configuration.engine().snapshots().directory().orElse(null);
        if (directory == null) {
            return null;
        }
        long limit = configuration.engine().snapshots().bytes();
        long begun = System.nanoTime();
        byte[] mark = mark(configuration, loaded, library, plan);
        try {
            PageFiles files = new PageFiles(directory, mark, plan.pageBytes(), limit, observer);
            LOG.info(
                    "snapshots in {}, up to {}: of this model with these settings {}, known by its weights after {} ms",
                    directory.toAbsolutePath(),
                    Units.show(limit),
                    HexFormat.of().formatHex(mark, 0, 8),
                    (System.nanoTime() - begun) / 1_000_000);
            return files;
        } catch (UncheckedIOException unusable) {
            throw new UsageException(
                    Setting.SNAPSHOT_DIR.flag() + " " + directory + " cannot be used: " + reason(unusable.getCause()));
        }
    }

    /** Of a file system's exceptions the kind says what is wrong, and the message only where. */
    private static String reason(@Nullable IOException cause) {
        return cause == null ? "no reason is told" : cause.getClass().getSimpleName() + " " + cause.getMessage();
    }

    /** Bytes of memory that blocks on their way take; 0 without snapshots. */
    static long bufferBytes(Configuration configuration, CachePlan plan) {
        return configuration.engine().snapshots().directory().isEmpty() ? 0 : PageFiles.bufferBytes(plan.pageBytes());
    }

    /** A hash of all that decides what is in a page: equal marks, equal pages for equal tokens. */
    private static byte[] mark(Configuration configuration, LoadedModel loaded, KernelLibrary library, CachePlan plan) {
        String text = String.join(
                "\n",
                "tramontane pages",
                Program.Version.number(),
                HexFormat.of().formatHex(sha256(library.file())), // Its arithmetic: the last bits of every number.
                Models.backend(configuration).toString(),
                loaded.geometry().toString(), // With windows and how positions turn heads.
                configuration.model().quantize().toString(),
                plan.shape().halfPrecision() ? "F16" : "F32",
                Integer.toString(plan.shape().pageTokens()));
        MessageDigest digest = sha256();
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        return digest.digest(
                WeightsDigest.of(loaded.source().plan(configuration.model().window())));
    }

    private static byte[] sha256(Path file) {
        MessageDigest digest = sha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return digest.digest();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
