package dev.tramontane.loadtest.client;

import java.util.Locale;

/** Which of OpenAI's protocols is spoken. */
public enum Api {
    /** Chats over SSE. */
    CHAT("/v1/chat/completions"),
    /** Texts over SSE. */
    COMPLETIONS("/v1/completions"),
    /** The events of responses over a WebSocket, an answer at a time on each lane. */
    RESPONSES("/v1/responses"),
    /** The same events over SSE. */
    RESPONSES_SSE("/v1/responses");

    private final String path;

    Api(String path) {
        this.path = path;
    }

    /** As options spell it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Below the server's address. */
    public String path() {
        return path;
    }
}
