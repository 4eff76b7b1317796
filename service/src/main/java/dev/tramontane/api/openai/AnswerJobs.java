package dev.tramontane.api.openai;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.CallRules;
import dev.tramontane.api.ApiConfig;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.json.JsonFields;
import java.time.InstantSource;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes of a request's fields what is to be done, and in what form it is told. Any thread. */
final class AnswerJobs {
    private static final String TEXT = "text_completion";

    private final ApiConfig config;
    private final ServedModels models;
    private final InstantSource clock;
    private final Function<@Nullable String, TextGenerator> generators;

    AnswerJobs(ApiConfig config, ServedModels models, InstantSource clock) {
        this(config, models, clock, models::get);
    }

    private AnswerJobs(
            ApiConfig config,
            ServedModels models,
            InstantSource clock,
            Function<@Nullable String, TextGenerator> generators) {
        this.config = config;
        this.models = models;
        this.clock = clock;
        this.generators = generators;
    }

    /**
     * Of answers that go on, and began with this adapter ({@link ServedModels#going}).
     */
    AnswerJobs again(String adapter) {
        return new AnswerJobs(config, models, clock, name -> models.going(name, adapter));
    }

    /**
     * An answer that begins here and now.
     *
     * @param thoughts the request's header {@link ThoughtShape#HEADER}
     */
    AnswerOrigin begun(@Nullable String thoughts) {
        return origin("", clock.instant().getEpochSecond(), thoughts);
    }

    /** One that began before, maybe elsewhere. */
    AnswerOrigin origin(String id, long createdSeconds, @Nullable String thoughts) {
        return new AnswerOrigin(config.instance(), id, createdSeconds, config.fingerprint(), thoughts);
    }

    /** {@code /v1/completions}. */
    AnswerJob completion(JsonFields fields, AnswerOrigin origin) {
        TextGenerator generator = generators.apply(fields.string("model"));
        AnswerStyle style = generator.profile().form();
        CompletionRequest request = CompletionRequest.parse(
                fields, config.requests(), generator.profile().sampling(), style);
        return new AnswerJob(
                TEXT,
                generator,
                request.generations(),
                new CompletionFormat(request, style, generator.model(), origin),
                origin);
    }

    /** {@code /v1/chat/completions}. */
    AnswerJob chat(JsonFields fields, AnswerOrigin origin) {
        TextGenerator generator = generators.apply(fields.string("model"));
        ChatRequest request =
                ChatRequest.parse(fields, config, generator.profile().sampling(), origin.thoughts());
        return new AnswerJob(
                "chat",
                generator,
                request.generations(),
                new ChatFormat(
                        request.options(),
                        request.topLogprobs(),
                        request.thoughts(),
                        generator.profile().form(),
                        request.asked().calls().need() == CallRules.Need.NAMED,
                        generator.model(),
                        origin),
                origin);
    }

    /** {@code /v1/fim/completions}. */
    AnswerJob fill(JsonFields fields, AnswerOrigin origin) {
        TextGenerator generator = generators.apply(fields.string("model"));
        FimRequest request =
                FimRequest.parse(fields, config.requests(), generator.profile().sampling());
        return new AnswerJob(
                TEXT,
                generator,
                request.generations(),
                new ChatFormat(
                        request.options(), -1, ThoughtShape.FIELD, AnswerStyle.PLAIN, false, generator.model(), origin),
                origin);
    }
}
