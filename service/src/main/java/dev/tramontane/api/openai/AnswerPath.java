package dev.tramontane.api.openai;

import dev.tramontane.json.JsonFields;
import java.util.Arrays;
import java.util.Optional;

/** Where chats and completions are asked for. */
enum AnswerPath {
    COMPLETIONS("/v1/completions", AnswerJobs::completion),
    CHAT("/v1/chat/completions", AnswerJobs::chat),
    FILL("/v1/fim/completions", AnswerJobs::fill);

    private final String path;
    private final Reader reader;

    private interface Reader {
        AnswerJob read(AnswerJobs jobs, JsonFields fields, AnswerOrigin origin);
    }

    AnswerPath(String path, Reader reader) {
        this.path = path;
        this.reader = reader;
    }

    String path() {
        return path;
    }

    static Optional<AnswerPath> of(String path) {
        return Arrays.stream(values()).filter(each -> each.path.equals(path)).findFirst();
    }

    /** What is asked here. */
    AnswerJob read(AnswerJobs jobs, JsonFields fields, AnswerOrigin origin) {
        return reader.read(jobs, fields, origin);
    }
}
