package dev.tramontane.api.openai;

import dev.tramontane.json.JsonFields;
import java.util.Arrays;
import java.util.Optional;

/** Where chats and completions are asked for. */
enum AnswerPath {
    COMPLETIONS("/v1/completions"),
    CHAT("/v1/chat/completions"),
    FILL("/v1/fim/completions");

    private final String path;

    AnswerPath(String path) {
        this.path = path;
    }

    String path() {
        return path;
    }

    static Optional<AnswerPath> of(String path) {
        return Arrays.stream(values()).filter(each -> each.path.equals(path)).findFirst();
    }

    /** What is asked here. */
    AnswerJob read(AnswerJobs jobs, JsonFields fields, AnswerOrigin origin) {
        return switch (this) {
            case COMPLETIONS -> jobs.completion(fields, origin);
            case CHAT -> jobs.chat(fields, origin);
            case FILL -> jobs.fill(fields, origin);
        };
    }
}
