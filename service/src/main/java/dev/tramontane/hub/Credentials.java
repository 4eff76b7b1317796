package dev.tramontane.hub;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** What a host is told of who asks, and nobody else. Any thread. */
interface Credentials {
    /** Of an {@code Authorization} header, as it stands now; null for none. Never shown. */
    @Nullable
    String header();

    /**
     * Looks for another header, where a request was refused with 401. Blocks.
     *
     * @param asked what was asked for
     * @param sent the header that the request had
     * @param times this request was sent again before
     * @return whether the request should be sent again, with what {@link #header} says now, and whose that is
     * @throws IOException where whoever gives one out says nothing
     */
    default Renewal renew(URI asked, HttpHeaders refusal, @Nullable String sent, int times)
            throws IOException, InterruptedException {
        return Renewal.REFUSED;
    }

    /** What came of looking for another header. */
    enum Renewal {
        /** There is none. */
        REFUSED,
        /** Another request was given one in the meantime: it says nothing of this one. */
        ANOTHERS,
        /** This request was given one. */
        RENEWED
    }

    /** One header for ever. */
    static Credentials of(@Nullable String header) {
        return () -> header;
    }
}
