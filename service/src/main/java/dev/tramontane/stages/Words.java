package dev.tramontane.stages;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;

/** Why a connection is not there, for people. */
final class Words {
    private Words() {}

    static String of(IOException failure) {
        return switch (failure) {
            case WireException ours -> String.valueOf(ours.getMessage());
            case EOFException ended -> "it closed the connection";
            case UnknownHostException unknown -> "its name is not known";
            case ConnectException refused -> "nobody listens there";
            case NoRouteToHostException none -> "there is no way to it";
            case SocketTimeoutException late -> "it did not answer in time";
            case SSLException tls -> "TLS failed: " + tls.getMessage();
            case SocketException reset -> "the connection broke (" + reset.getMessage() + ")";
            default -> "the connection failed (" + failure.getMessage() + ")";
        };
    }
}
