package dev.tramontane.api;

import java.util.ArrayList;
import java.util.List;

/**
 * What clients of other servers ask for and this one does not have: refused by name, with what there is in its place, so
 * that nobody takes it for a mistyped path. Every method is 404 with the code {@value #CODE}.
 */
public final class UnservedRoutes implements ApiRoutes {
    static final String CODE = "unsupported_endpoint";

    private static final String TEXT_ONLY = "this server generates text only";
    private static final String KEEPS_NOTHING = "this server keeps nothing of its clients' but responses";
    private static final String CHATS = "use POST /v1/chat/completions";
    private static final String COMPLETES = "use POST /v1/completions";

    /**
     * @param what the paths are for, as a subject in the plural
     * @param why what to use, or why there is none
     * @param paths of which each also stands for all below it
     */
    private record Unserved(String what, String why, List<String> paths) {
        static Unserved of(String what, String why, String... paths) {
            return new Unserved(what, why, List.of(paths));
        }
    }

    private static final List<Unserved> TABLE = List.of(
            Unserved.of(
                    "Embeddings", TEXT_ONLY, "/v1/embeddings", "/embeddings", "/embedding", "/pooling", "/v1/pooling"),
            Unserved.of("Images", TEXT_ONLY, "/v1/images"),
            Unserved.of("Videos", TEXT_ONLY, "/v1/videos"),
            Unserved.of("Speech and transcriptions", TEXT_ONLY, "/v1/audio", "/v1/realtime"),
            Unserved.of("Moderations", TEXT_ONLY, "/v1/moderations", "/v1/chat/moderations"),
            Unserved.of("Classifications", TEXT_ONLY, "/v1/classifications", "/v1/chat/classifications", "/classify"),
            Unserved.of(
                    "Scores and rankings",
                    TEXT_ONLY,
                    "/score",
                    "/v1/score",
                    "/rerank",
                    "/v1/rerank",
                    "/v2/rerank",
                    "/reranking"),
            Unserved.of("Documents to text", TEXT_ONLY, "/v1/ocr"),
            Unserved.of("Files", KEEPS_NOTHING, "/v1/files", "/v1/uploads"),
            Unserved.of("Vector stores", KEEPS_NOTHING, "/v1/vector_stores", "/v1/libraries"),
            Unserved.of("Batches", "send the requests themselves", "/v1/batches", "/v1/batch"),
            Unserved.of("Fine-tuning jobs", "the model is served as it is", "/v1/fine_tuning", "/v1/fine-tunes"),
            Unserved.of(
                    "Assistants",
                    KEEPS_NOTHING + "; " + CHATS,
                    "/v1/assistants",
                    "/v1/threads",
                    "/v1/agents",
                    "/v1/containers"),
            Unserved.of("Conversations", "use previous_response_id of POST /v1/responses", "/v1/conversations"),
            Unserved.of("Evaluations", KEEPS_NOTHING, "/v1/evals"),
            Unserved.of("Edits", COMPLETES, "/v1/edits"),
            Unserved.of("Engines", "use GET /v1/models", "/v1/engines"),
            Unserved.of("Anthropic's messages", CHATS, "/v1/messages"),
            Unserved.of("SageMaker's invocations", CHATS, "/invocations"),
            Unserved.of("Ollama's embeddings", TEXT_ONLY, "/api/embed", "/api/embeddings"),
            Unserved.of(
                    "Ollama's routes that make models",
                    "models are served as they are; POST /api/pull and DELETE /api/delete are there where the operator says"
                            + " --allow-pull",
                    "/api/push",
                    "/api/create",
                    "/api/copy",
                    "/api/blobs"),
            Unserved.of("Other routes of Ollama's", "use those of docs/ollama.md", "/api"),
            Unserved.of("llama.cpp's completions", COMPLETES, "/completion", "/completions", "/infill"),
            Unserved.of(
                    "llama.cpp's slots and properties",
                    "GET /v1/models and GET /metrics tell of the server",
                    "/slots",
                    "/props",
                    "/lora-adapters",
                    "/apply-template"));

    @Override
    public void mount(Endpoints endpoints) {
        TABLE.forEach(unserved -> unserved.paths()
                .forEach(path -> endpoints.unserved(
                        path + "/*",
                        ApiException.invalid(
                                404, unserved.what() + " are not served here: " + unserved.why() + ".", CODE))));
    }

    /** Every path of the table, for the documents. */
    static List<String> paths() {
        List<String> paths = new ArrayList<>();
        TABLE.forEach(unserved -> paths.addAll(unserved.paths()));
        return paths;
    }
}
