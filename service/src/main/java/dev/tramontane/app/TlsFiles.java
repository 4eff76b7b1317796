package dev.tramontane.app;

import dev.tramontane.weights.IoReason;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509ExtendedKeyManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The PEM files of TLS. What they hold is checked as a whole before it is used: a certificate without its key would be found
 * out by clients only. Nothing of the key is ever part of a message.
 *
 * @param certificate the server's, its issuers below it
 * @param key of the certificate, PKCS#8 or PKCS#1 or SEC1, not encrypted
 * @param authorities whose certificates clients must have; empty: clients need none
 */
record TlsFiles(Path certificate, Path key, Optional<Path> authorities) {
    private static final Duration SOON = Duration.ofDays(14);
    private static final Set<String> PROTOCOLS = Set.of("TLSv1.3", "TLSv1.2");

    /** A client that does not speak holds a descriptor so long. */
    private static final int HANDSHAKE_SECONDS = 5;

    private static final long MOST_BYTES = 1 << 20;

    List<Path> all() {
        return Stream.concat(Stream.of(certificate, key), authorities.stream()).toList();
    }

    /**
     * Reads and checks them. Not on an event loop.
     *
     * @throws UsageException naming the file at fault
     */
    ServerSSLOptions read(Vertx vertx) {
        PemKeyCertOptions identity = identity(Setting.TLS_CERTIFICATE, Setting.TLS_KEY, vertx);
        ServerSSLOptions options = new ServerSSLOptions()
                .setKeyCertOptions(identity)
                .setEnabledSecureTransportProtocols(PROTOCOLS)
                .setUseAlpn(false) // HTTP/1.1 is all there is.
                .setSslHandshakeTimeout(HANDSHAKE_SECONDS)
                .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS);
        authorities.ifPresent(file -> options.setTrustOptions(trust(Setting.TLS_CLIENT_AUTHORITIES, file))
                .setClientAuth(ClientAuth.REQUIRED));
        Access.warnOfReaders(key);
        return options;
    }

    /**
     * The same of a process and its stages, which show their certificates to each other.
     *
     * @throws UsageException naming the file at fault
     */
    SSLContext ofStages() {
        Vertx vertx = Vertx.vertx(); // Its parser of keys wants one.
        try {
            PemKeyCertOptions identity = identity(Setting.STAGE_CERTIFICATE, Setting.STAGE_KEY, vertx);
            PemTrustOptions signers = trust(Setting.STAGE_AUTHORITIES, authorities.orElseThrow());
            Access.warnOfReaders(key);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    identity.getKeyManagerFactory(vertx).getKeyManagers(),
                    signers.getTrustManagerFactory(vertx).getTrustManagers(),
                    null);
            return context;
        } catch (UsageException named) {
            throw named;
        } catch (Exception unusable) { // Vert.x throws whatever its parser meets; the message may quote the file.
            LoggerFactory.getLogger(TlsFiles.class)
                    .debug(
                            "the files of stages could not be used: {}",
                            unusable.getClass().getName());
            throw new UsageException(
                    Setting.STAGE_CERTIFICATE.flag() + ": " + certificate + " and its key cannot be used for TLS");
        } finally {
            vertx.close().await();
        }
    }

    /** The certificate and its key, checked. */
    private PemKeyCertOptions identity(Setting ofCertificate, Setting ofKey, Vertx vertx) {
        byte[] chain = bytes(ofCertificate, certificate);
        PemKeyCertOptions identity = new PemKeyCertOptions()
                .setCertValue(Buffer.buffer(chain))
                .setKeyValue(Buffer.buffer(bytes(ofKey, key)));
        List<X509Certificate> own = certificates(ofCertificate, certificate, chain);
        checkTime(ofCertificate, own.getFirst());
        checkPair(ofKey, identity, own.getFirst(), vertx);
        return identity;
    }

    /** Those whose certificates are believed, checked. */
    private static PemTrustOptions trust(Setting setting, Path file) {
        byte[] trusted = bytes(setting, file);
        certificates(setting, file, trusted);
        return new PemTrustOptions().addCertValue(Buffer.buffer(trusted));
    }

    private static byte[] bytes(Setting setting, Path file) {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new UsageException(setting.flag() + ": " + file + " is larger than 1 MiB, which no PEM file is");
            }
            return Files.readAllBytes(file);
        } catch (IOException unreadable) {
            throw new UsageException(
                    setting.flag() + ": " + file + " cannot be read: " + IoReason.of(unreadable), unreadable);
        }
    }

    private static List<X509Certificate> certificates(Setting setting, Path file, byte[] pem) {
        try {
            // The parser also takes what is no PEM at all.
            if (!new String(pem, StandardCharsets.ISO_8859_1).contains("-----BEGIN CERTIFICATE-----")) {
                throw new GeneralSecurityException("there is none");
            }
            Collection<? extends Certificate> found =
                    CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem));
            return found.stream().map(X509Certificate.class::cast).toList();
        } catch (GeneralSecurityException malformed) {
            throw new UsageException(
                    setting.flag() + ": " + file + " has no certificate in PEM that can be read", malformed);
        }
    }

    private void checkTime(Setting setting, X509Certificate own) {
        Instant end = own.getNotAfter().toInstant();
        Logger log = LoggerFactory.getLogger(TlsFiles.class);
        if (end.isBefore(Instant.now())) {
            throw new UsageException(setting.flag() + ": " + certificate + " was valid until " + end);
        }
        if (end.isBefore(Instant.now().plus(SOON))) {
            log.warn("{} is valid until {} only", certificate, end);
        }
    }

    /** Lets the key sign what the certificate verifies. */
    private void checkPair(Setting setting, PemKeyCertOptions identity, X509Certificate own, Vertx vertx) {
        PrivateKey secret = privateKey(setting, identity, vertx);
        String algorithm = switch (secret.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> secret.getAlgorithm(); // Ed25519 and the like name their own.
        };
        boolean pair;
        try {
            byte[] words = "a key and its certificate".getBytes(StandardCharsets.US_ASCII);
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(secret);
            signature.update(words);
            byte[] signed = signature.sign();
            signature.initVerify(own.getPublicKey());
            signature.update(words);
            pair = signature.verify(signed);
        } catch (GeneralSecurityException different) {
            pair = false; // A key of another kind than the certificate's.
        }
        if (!pair) {
            throw new UsageException(
                    setting.flag() + ": " + key + " is not the key of the first certificate in " + certificate);
        }
    }

    private PrivateKey privateKey(Setting setting, PemKeyCertOptions identity, Vertx vertx) {
        try {
            for (KeyManager manager : identity.getKeyManagerFactory(vertx).getKeyManagers()) {
                if (manager instanceof X509ExtendedKeyManager keys) {
                    Optional<PrivateKey> found = Stream.of("RSA", "EC", "EdDSA")
                            .flatMap(type -> Stream.ofNullable(keys.getServerAliases(type, null)))
                            .flatMap(Arrays::stream)
                            .findFirst()
                            .map(keys::getPrivateKey);
                    if (found.isPresent()) {
                        return found.get();
                    }
                }
            }
            throw new GeneralSecurityException("no key");
        } catch (Exception unusable) { // Vert.x throws whatever its parser meets; the message may quote the file.
            LoggerFactory.getLogger(TlsFiles.class)
                    .debug(
                            "a private key could not be read: {}",
                            unusable.getClass().getName());
            throw new UsageException(setting.flag() + ": " + key
                    + " has no private key in PEM that can be read; it must not be encrypted");
        }
    }
}
