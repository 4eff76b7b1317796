import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import java.util.ArrayList;
import java.util.List;

/** Streams with OpenAI's Java client: Stream.java BASE_URL MODEL EXPECTED. Run from source with its jars. */
final class Stream {
    private Stream() {}

    public static void main(String[] args) {
        OpenAIClient client = OpenAIOkHttpClient.builder()
                .baseUrl(args[0] + "/v1")
                .apiKey("none")
                .maxRetries(0)
                .build();
        ChatCompletionCreateParams asked = ChatCompletionCreateParams.builder()
                .model(args[1])
                .addUserMessage("Hello")
                .build();
        ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
        List<String> parts = new ArrayList<>();
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(asked)) {
            stream.stream().forEach(chunk -> {
                whole.accumulate(chunk);
                parts.add(chunk.choices().getFirst().delta().content().orElse(""));
            });
        }
        check(String.join("", parts).equals(args[2]), parts.toString());
        check(parts.stream().filter(String::isEmpty).count() >= 4, "the stream was never silent");
        String accumulated =
                whole.chatCompletion().choices().getFirst().message().content().orElse("");
        check(accumulated.equals(args[2]), accumulated);
        System.out.println("all held");
        client.close();
        System.exit(0); // The client's idle threads would keep the program for a minute.
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            System.out.println("failed: " + otherwise);
            System.exit(1);
        }
    }
}
