package dev.tramontane.api.ws;

import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;

/** Why the server closes a socket: RFC 6455 section 7.4.1. */
enum CloseCode {
    GOING_AWAY(1001),
    PROTOCOL_ERROR(1002),
    NOT_UTF8(1007),
    POLICY(1008),
    TOO_BIG(1009),
    INTERNAL(1011),
    TRY_AGAIN_LATER(1013);

    private final short number;

    CloseCode(int number) {
        this.number = (short) number;
    }

    /** For what the frames' decoder found wrong. */
    static CloseCode of(CorruptedWebSocketFrameException wrong) {
        return switch (wrong.closeStatus().code()) {
            case 1007 -> NOT_UTF8;
            case 1009 -> TOO_BIG;
            default -> PROTOCOL_ERROR;
        };
    }

    short number() {
        return number;
    }
}
