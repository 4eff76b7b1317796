package dev.tramontane.app;

import dev.tramontane.engine.CachePlan;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.snapshots.PageFiles;
import dev.tramontane.snapshots.SnapshotObserver;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import dev.tramontane.source.WeightsDigest;
import dev.tramontane.tokenizer.Tokenizer;
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

    private final @Nullable PageFiles pages;
    private final byte[] answersMark;

    private SnapshotFiles(@Nullable PageFiles pages, byte[] answersMark) {
        this.pages = pages;
        this.answersMark = answersMark;
    }

    /** Of computed blocks; null where these are not to be found again. */
    @Nullable
    PageFiles pages() {
        return pages;
    }

    /** Of the model whose answers are kept: 32 bytes. */
    byte[] answersMark() {
        return answersMark;
    }

    /**
     * Opens what the configuration names; null when it names nothing. Reads the weights once.
     *
     * @param name under which the model is served
     * @throws UsageException when the directory can be neither used nor made
     */
    static @Nullable SnapshotFiles open(
            Configuration configuration,
            String name,
            LoadedModel loaded,
            KernelLibrary library,
            CachePlan plan,
            SnapshotObserver observer) {
        Path directory = configuration.engine().snapshots().directory().orElse(null);
        if (directory == null) {
            return null;
        }
        long limit = configuration.engine().snapshots().pageBytes();
        long begun = System.nanoTime();
        byte[] weights =
                WeightsDigest.of(loaded.source().plan(configuration.model().window()));
        byte[] answers = answersMark(configuration, name, loaded, weights);
        if (!configuration.engine().prefixes()) {
            return new SnapshotFiles(null, answers);
        }
        byte[] mark = mark(configuration, loaded, library, plan, weights);
        try {
            PageFiles files = new PageFiles(directory, mark, plan.pageBytes(), limit, observer);
            LOG.info(
                    "snapshots in {}, up to {}: of this model with these settings {}, known by its weights after {} ms",
                    directory.toAbsolutePath(),
                    Units.show(limit),
                    HexFormat.of().formatHex(mark, 0, 8),
                    (System.nanoTime() - begun) / 1_000_000);
            return new SnapshotFiles(files, answers);
        } catch (UncheckedIOException unusable) {
            throw unusable(directory, unusable);
        }
    }

    /** The directory can be neither used nor made. */
    static UsageException unusable(Path directory, UncheckedIOException why) {
        return new UsageException(
                Setting.SNAPSHOT_DIR.flag() + " " + directory + " cannot be used: " + reason(why.getCause()));
    }

    /** Of a file system's exceptions the kind says what is wrong, and the message only where. */
    private static String reason(@Nullable IOException cause) {
        return cause == null ? "no reason is told" : cause.getClass().getSimpleName() + " " + cause.getMessage();
    }

    /** Bytes of memory that blocks on their way take; 0 without snapshots. */
    static long bufferBytes(Configuration configuration, CachePlan plan) {
        boolean none = configuration.engine().snapshots().directory().isEmpty()
                || !configuration.engine().prefixes();
        return none ? 0 : PageFiles.bufferBytes(plan.pageBytes());
    }

    /** A hash of all that decides what is in a page: equal marks, equal pages for equal tokens. */
    private static byte[] mark(
            Configuration configuration, LoadedModel loaded, KernelLibrary library, CachePlan plan, byte[] weights) {
        String text = String.join(
                "\n",
                "tramontane pages",
                Program.Version.number(),
                HexFormat.of().formatHex(sha256(library.file())), // Its arithmetic: the last bits of every number.
                Models.backend(configuration).toString(),
                loaded.geometry().toString(), // With windows and how positions turn heads.
                configuration.model().quantize().toString(),
                plan.shape().type().toString(),
                plan.shape().adapters().type().toString(), // To which they are rounded.
                Integer.toString(plan.shape().pageTokens()));
        MessageDigest digest = sha256();
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        return digest.digest(weights);
    }

    /**
     * A hash of all that decides which token follows others, save the last bits of the arithmetic: answers are computed again from
     * their tokens, so that another release, backend or library goes on with them.
     */
    private static byte[] answersMark(Configuration configuration, String name, LoadedModel loaded, byte[] weights) {
        return answersMark(configuration, name, loaded.geometry(), loaded.tokenizer(), weights);
    }

    /** The same of a model that is not loaded. Reads all of its weights. */
    static byte[] answersMark(Offered model) {
        try (ModelSource source = model.open()) {
            ModelPlan plan = source.plan(model.configuration().model().window());
            return answersMark(
                    model.configuration(),
                    model.name(),
                    plan.geometry(),
                    LoadedModel.tokenizer(source, plan),
                    WeightsDigest.of(plan));
        }
    }

    private static byte[] answersMark(
            Configuration configuration, String name, ModelGeometry geometry, Tokenizer tokenizer, byte[] weights) {
        String text = String.join(
                "\n",
                "tramontane answers",
                name,
                geometry.toString(),
                configuration.model().quantize().toString()
                        + coarse(configuration.engine().kv()));
        MessageDigest digest = sha256();
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        digest.update(weights);
        for (int id = 0; id < tokenizer.size(); id++) {
            digest.update((tokenizer.piece(id) + "\n").getBytes(StandardCharsets.UTF_8));
            digest.update(tokenizer.bytes(id));
        }
        return digest.digest();
    }

    /** What a cache rounds to, where that counts for more than the last bits of the arithmetic. */
    private static String coarse(CacheType type) {
        return switch (type) {
            case F32, F16 -> "";
            case BF16, FP8 -> " " + type.word();
        };
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

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
