package dev.tramontane.stages;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * How both sides show who they are: mutual TLS, a shared secret, both, or nothing, which is enough on loopback only. The secret alone
 * encrypts nothing.
 *
 * @param tls with a certificate of its own and the authorities that the other side's must be of; null without TLS
 * @param secret null without one
 */
public record StageSecurity(@Nullable SSLContext tls, byte @Nullable [] secret) {
    /** Nobody is asked for anything. */
    public static final StageSecurity NONE = new StageSecurity(null, null);

    /** A shorter secret could be guessed from what is sent. */
    public static final int LEAST_SECRET = 32;

    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    /** Both sides show certificates, and no secret. */
    public static StageSecurity ofCertificates(SSLContext tls) {
        return new StageSecurity(tls, null);
    }

    public StageSecurity {
        if (secret != null && secret.length < LEAST_SECRET) {
            throw new IllegalArgumentException(
                    "a shared secret has at least " + LEAST_SECRET + " bytes, this one has " + secret.length);
        }
    }

    /** Whether there is none. */
    public boolean isNone() {
        return tls == null && secret == null;
    }

    /** @throws WireException when who is asked for nothing is not of this machine */
    void require(InetAddress other) throws WireException {
        if (isNone() && !other.isLoopbackAddress()) {
            throw new WireException(
                    "beyond this machine both sides need --stage-secret-file or --stage-certificate with"
                            + " --stage-key and --stage-authorities");
        }
    }

    /** The head's end, its peer's certificate checked against the host that was asked for. */
    Socket client(Socket plain, StageAddress address) throws IOException {
        if (tls == null) {
            return plain;
        }
        SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket(plain, address.host(), address.port(), true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setProtocols(PROTOCOLS);
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    /** The stage's end, which asks for a certificate. */
    Socket server(Socket plain) throws IOException {
        if (tls == null) {
            return plain;
        }
        SSLSocket socket = (SSLSocket) tls.getSocketFactory()
                .createSocket(plain, plain.getInetAddress().getHostAddress(), plain.getPort(), true);
        socket.setUseClientMode(false);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setProtocols(PROTOCOLS);
        parameters.setNeedClientAuth(true);
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }
}
