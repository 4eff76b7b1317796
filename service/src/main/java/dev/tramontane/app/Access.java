package dev.tramontane.app;

import dev.tramontane.api.Doorkeeper;
import dev.tramontane.keys.KeyEntry;
import dev.tramontane.keys.KeyFile;
import dev.tramontane.keys.KeyFileException;
import dev.tramontane.keys.KeyRing;
import dev.tramontane.metrics.KeyMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who may use what is served: the rule for addresses beyond this machine, and the keys. */
final class Access {
    private Access() {}

    /**
     * Refuses to serve anybody by accident.
     *
     * @throws UsageException when others than this machine could come in without a key, and nobody said that they may
     */
    static void check(Configuration configuration) {
        AccessChoice access = configuration.access();
        String host = configuration.http().host();
        if (access.apiKeys().isEmpty() && !access.allowAnonymous() && !isLoopback(host)) {
            throw new UsageException(
                    "--host " + host + " lets others than this machine in, and without keys all of them:"
                            + " give --api-keys FILE ('tramontane key NAME' makes a key and its line), or --allow-anonymous if"
                            + " that is meant");
        }
    }

    private static boolean isLoopback(String host) {
        try {
            for (InetAddress address : InetAddress.getAllByName(host)) {
                if (!address.isLoopbackAddress()) {
                    return false;
                }
            }
            return true;
        } catch (UnknownHostException unknown) {
            return true; // Nobody can listen there, which is said where it is tried.
        }
    }

    /**
     * The door of what is served, all its files read.
     *
     * @throws UsageException when one of them cannot be used
     */
    static Door door(Configuration configuration, WatchedFiles files, PrometheusRegistry registry) {
        AccessChoice access = configuration.access();
        return new Door(
                doorkeeper(configuration, files, registry),
                access.managementHost(),
                access.managementPort(),
                access.tlsCertificate()
                        .flatMap(certificate -> access.tlsKey()
                                .map(key -> new TlsFiles(certificate, key, access.tlsClientAuthorities()))),
                files);
    }

    /**
     * Who is let in: by the keys in the file, which is read now and whenever it changes.
     *
     * @throws UsageException when there is a file that cannot be used
     */
    private static Doorkeeper doorkeeper(Configuration configuration, WatchedFiles files, PrometheusRegistry registry) {
        Optional<Path> file = configuration.access().apiKeys();
        if (file.isEmpty()) {
            return Doorkeeper.OPEN;
        }
        KeyRing ring = new KeyRing(read(file.get()), System::nanoTime);
        files.watch("api-keys", List.of(file.get()), () -> {
            List<KeyEntry> entries = KeyFile.read(file.get());
            warnOfMode(file.get());
            return () -> ring.replace(entries);
        });
        warnOfMode(file.get());
        return Doorkeeper.of(ring, new KeyMetrics(registry));
    }

    private static List<KeyEntry> read(Path file) {
        try {
            return KeyFile.read(file);
        } catch (KeyFileException wrong) {
            throw new UsageException("--api-keys: " + wrong.getMessage(), wrong);
        }
    }

    /** Whoever can write the file can let himself in; who has a key and how much of the service is nobody else's matter. */
    private static void warnOfMode(Path file) {
        Logger log = LoggerFactory.getLogger(Access.class);
        Set<PosixFilePermission> mode = mode(file);
        if (mode.contains(PosixFilePermission.OTHERS_WRITE) || mode.contains(PosixFilePermission.GROUP_WRITE)) {
            log.warn("{} can be written by others than its owner, who could add a key of their own: chmod 640", file);
        } else {
            warnOfReaders(file);
        }
    }

    /** Everybody on this machine is too many for a file of keys. */
    static void warnOfReaders(Path file) {
        if (mode(file).contains(PosixFilePermission.OTHERS_READ)) {
            LoggerFactory.getLogger(Access.class).warn("{} can be read by everybody on this machine: chmod 640", file);
        }
    }

    private static Set<PosixFilePermission> mode(Path file) {
        try {
            return Files.getPosixFilePermissions(file);
        } catch (UnsupportedOperationException | IOException unknown) {
            LoggerFactory.getLogger(Access.class).debug("the mode of {} is not known", file, unknown);
            return Set.of();
        }
    }
}
