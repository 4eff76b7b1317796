package dev.tramontane.api.responses;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.api.RequestLimits;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.Tally;
import dev.tramontane.api.replay.Recording.Keeping;
import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.json.JsonReader;
import dev.tramontane.json.UnknownFields;
import dev.tramontane.model.SamplingDefaults;
import io.vertx.core.Context;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** Responses without a server: whoever makes one writes what is generated. */
public final class BareResponses {
    private BareResponses() {}

    /** One to a single input. */
    public static RecordedResponse of(
            Context home, int lookAhead, Keeping keeping, RequestMemory memory, RecordedResponse.Watcher watcher) {
        return of(home, lookAhead, keeping, memory, watcher, "1", "\"input\": \"x\"", History.NONE);
    }

    /** @param fields of the request, as JSON without its braces */
    static RecordedResponse of(
            Context home,
            int lookAhead,
            Keeping keeping,
            RequestMemory memory,
            RecordedResponse.Watcher watcher,
            String id,
            String fields,
            History history) {
        ResponseCreate create = CreateReader.read(
                JsonReader.object(("{" + fields + "}").getBytes(StandardCharsets.UTF_8)),
                RequestLimits.DEFAULT,
                SamplingDefaults.NEUTRAL,
                UnknownFields.refused(),
                history);
        return new RecordedResponse(
                home,
                lookAhead,
                keeping,
                ReplayLimits.DEFAULT,
                create,
                new ResponseEvents(id, create, "m", AnswerStyle.PLAIN, () -> Instant.EPOCH),
                memory.lease(),
                new Tally(),
                "",
                watcher);
    }
}
