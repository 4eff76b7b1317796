package dev.tramontane.loadtest.client;

/** Which of OpenAI's protocols is spoken. */
public enum Api {
    /** Chats over SSE. */
    CHAT("/v1/chat/completions"),
    /** Texts over SSE. */
    COMPLETIONS("/v1/completions"),
    /** The events of responses over a WebSocket, one answer at a time on each. */
    RESPONSES("/v1/responses");

    private final String path;

    Api(String path) {
        this.path = path;
    }

    /** Below the server's address. */
    public String path() {
        return path;
    }
}
