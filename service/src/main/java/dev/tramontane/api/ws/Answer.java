package dev.tramontane.api.ws;

import dev.tramontane.api.AccessLog;
import dev.tramontane.api.ApiException;
import dev.tramontane.api.Pass;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.Tally;
import dev.tramontane.api.responses.RecordedResponse;
import dev.tramontane.api.responses.StoreEntry;
import org.jspecify.annotations.Nullable;

/**
 * What one answer holds, until its end and until its socket has its events; it may outlive the socket. Event loop that
 * the answer began on only.
 */
final class Answer implements RecordedResponse.Watcher {
    private final String socketId;
    private final RequestTrace trace;
    private final RequestMemory.Lease memory;
    private final Pass pass;
    private final Tally tally;
    private final StoreEntry entry;
    private String id = "";
    private @Nullable String outcome;
    private boolean disconnected;
    private boolean read;
    private boolean handedOver;

    /**
     * @param socketId of the request that opened the socket
     * @param trace of the answer
     * @param memory given back when nothing of the answer is kept for the socket any more
     * @param pass given back when the answer has ended
     * @param entry of the response, which is to come
     */
    Answer(String socketId, RequestTrace trace, RequestMemory.Lease memory, Pass pass, StoreEntry entry) {
        this.socketId = socketId;
        this.trace = trace;
        this.memory = memory;
        this.pass = pass;
        this.entry = entry;
        tally = new Tally();
        tally.paidBy(pass);
    }

    Tally tally() {
        return tally;
    }

    RequestMemory.Lease memory() {
        return memory;
    }

    Pass pass() {
        return pass;
    }

    /**
     * It is this response.
     *
     * @throws ApiException when it is to be kept and there is no room
     */
    void is(RecordedResponse response) {
        id = response.id();
        entry.open(response);
    }

    @Override
    public void grew() {
        entry.grew();
    }

    @Override
    public void ended(String how, @Nullable ApiException failure) {
        outcome = disconnected && how.equals("cancelled") ? "disconnected" : how;
        entry.ended();
        int status = failure == null ? 200 : failure.status();
        @Nullable
        String error = failure != null ? AccessLog.word(failure) : outcome.equals("disconnected") ? outcome : null;
        trace.ended(id, "SOCKET", ResponsesRoute.PATH, status, error, tally);
        AccessLog.response(socketId, trace, ResponsesRoute.PATH, id, outcome, failure, tally);
        settle();
    }

    /** Its socket has all of its events, or is gone. */
    void readerLeft(boolean gone) {
        disconnected |= gone && outcome == null;
        read = true;
        settle();
    }

    /** Memory and pass are its successor's. */
    void handOver() {
        handedOver = true;
    }

    private void settle() {
        if (read && outcome != null && !handedOver) {
            memory.release();
            pass.close();
        }
    }
}
