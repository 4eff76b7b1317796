package dev.tramontane.app;

import dev.tramontane.model.LayerRange;
import dev.tramontane.stages.StageAddress;
import dev.tramontane.stages.StageSecurity;
import dev.tramontane.weights.IoReason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * Stages of the model in other processes, or this one as such.
 *
 * @param addresses of the stages after this process, in the layers' order; empty: all layers are computed here
 * @param layers of this process and of each stage; empty: evenly
 * @param secret of both sides
 * @param tls of both sides
 * @param timeout after so long without a byte the other side is lost
 * @param patience how long a starting server waits for its stages
 * @param listen where a stage waits for its server
 */
record StagesChoice(
        List<StageAddress> addresses,
        List<Integer> layers,
        Optional<Path> secret,
        Optional<TlsFiles> tls,
        Duration timeout,
        Duration patience,
        StageAddress listen) {
    private static final int MOST = 64;
    private static final long MOST_SECRET = 1 << 16;
    private static final String RULE = "host:port, up to " + MOST + " with commas between, each once";

    static StagesChoice of(SettingValues values) {
        List<StageAddress> addresses = values.parsed(
                        Setting.STAGES,
                        RULE,
                        text -> SettingValues.parts(text).map(StageAddress::of).toList(),
                        found -> found.size() <= MOST
                                && found.stream().distinct().count() == found.size()
                                && found.stream().allMatch(each -> each.port() > 0))
                .orElse(List.of());
        List<Integer> layers = values.parsed(
                        Setting.STAGE_LAYERS,
                        "whole numbers from 1 with commas between",
                        text -> SettingValues.parts(text)
                                .map(Integer::parseUnsignedInt)
                                .toList(),
                        found -> found.stream().allMatch(each -> each > 0 && each <= 10_000))
                .orElse(List.of());
        if (!layers.isEmpty() && layers.size() != addresses.size() + 1) {
            throw new UsageException(Setting.STAGE_LAYERS.flag()
                    + " needs a number for this process and one for each of " + Setting.STAGES.flag() + ", "
                    + (addresses.size() + 1) + " together, got " + layers.size());
        }
        return new StagesChoice(
                addresses,
                layers,
                values.path(Setting.STAGE_SECRET_FILE),
                tls(values),
                values.time(Setting.STAGE_TIMEOUT, "100ms to 1h", Duration.ofMillis(100), Duration.ofHours(1)),
                values.time(Setting.STAGE_WAIT, "1s to 24h", Duration.ofSeconds(1), Duration.ofHours(24)),
                values.parsed(Setting.LISTEN, "host:port", StageAddress::of, address -> true)
                        .orElseThrow());
    }

    private static Optional<TlsFiles> tls(SettingValues values) {
        Optional<Path> certificate = values.path(Setting.STAGE_CERTIFICATE);
        Optional<Path> key = values.path(Setting.STAGE_KEY);
        Optional<Path> authorities = values.path(Setting.STAGE_AUTHORITIES);
        if (certificate.isPresent() != key.isPresent() || key.isPresent() != authorities.isPresent()) {
            throw new UsageException("TLS between stages needs " + Setting.STAGE_CERTIFICATE.flag() + ", "
                    + Setting.STAGE_KEY.flag() + " and " + Setting.STAGE_AUTHORITIES.flag() + " together");
        }
        return certificate.map(file -> new TlsFiles(file, key.orElseThrow(), authorities));
    }

    /** The same of a process that has no others after it. */
    StagesChoice withoutOthers() {
        return new StagesChoice(List.of(), List.of(), secret, tls, timeout, patience, listen);
    }

    boolean isEmpty() {
        return addresses.isEmpty();
    }

    /**
     * The layers of this process, then those of each stage.
     *
     * @param count that the model has
     * @throws UsageException when they are others
     */
    List<LayerRange> ranges(int count) {
        int parts = addresses.size() + 1;
        if (count < parts) {
            throw new UsageException("the model has " + count + " layers, too few for this process and "
                    + addresses.size() + " of " + Setting.STAGES.flag());
        }
        List<Integer> sizes = layers.isEmpty() ? DeviceSplit.apportion(count, new long[parts]) : layers;
        int sum = sizes.stream().mapToInt(Integer::intValue).sum();
        if (sum != count) {
            throw new UsageException(
                    Setting.STAGE_LAYERS.flag() + " are " + sum + " layers together, but the model has " + count);
        }
        return LayerRange.ofSizes(sizes);
    }

    /**
     * Reads the files of those who ask each other who they are.
     *
     * @throws UsageException naming the file at fault
     */
    StageSecurity security() {
        SSLContext context = tls.map(TlsFiles::ofStages).orElse(null);
        return secret.isPresent() ? new StageSecurity(context, read(secret.get())) : new StageSecurity(context, null);
    }

    private static byte[] read(Path file) {
        String flag = Setting.STAGE_SECRET_FILE.flag() + ": " + file;
        try {
            if (Files.size(file) > MOST_SECRET) {
                throw new UsageException(flag + " is larger than 64 KiB, which no secret is");
            }
            byte[] bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                    .strip()
                    .getBytes(StandardCharsets.ISO_8859_1);
            if (bytes.length < StageSecurity.LEAST_SECRET) {
                throw new UsageException(flag + " has " + bytes.length + " bytes, a secret needs "
                        + StageSecurity.LEAST_SECRET + " or more: openssl rand -hex 32 makes one");
            }
            Access.warnOfReaders(file);
            return bytes;
        } catch (IOException unreadable) {
            throw new UsageException(flag + " cannot be read: " + IoReason.of(unreadable), unreadable);
        }
    }
}
