package dev.tramontane.loadtest.client;

import io.vertx.core.MultiMap;
import io.vertx.core.http.RequestOptions;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a router gave with an answer so that its reader finds the same server again: its header, or cookies. On an event loop. */
final class Affinity {
    /** As the service's manifests name it. */
    private static final String SESSION = "X-Tramontane-Session";

    private static final int MOST_COOKIES = 20;

    private final Map<String, String> cookies = new TreeMap<>();
    private String session = "";

    /** Keeps what an answer's head says of it. */
    void keep(@Nullable MultiMap head) {
        if (head == null) {
            return;
        }
        String said = head.get(SESSION);
        session = said == null ? session : said;
        for (String cookie : head.getAll("Set-Cookie")) {
            String pair = cookie.split(";", 2)[0].strip();
            int equals = pair.indexOf('=');
            if (equals > 0 && cookies.size() < MOST_COOKIES) {
                cookies.put(pair.substring(0, equals), pair);
            }
        }
    }

    /** Says it in the head of what goes on with the answer. */
    void give(RequestOptions head) {
        if (!session.isEmpty()) {
            head.putHeader(SESSION, session);
        }
        if (!cookies.isEmpty()) {
            head.putHeader("Cookie", String.join("; ", cookies.values()));
        }
    }
}
