package dev.tramontane.api.openai;

import dev.tramontane.api.openai.PromptEvents.Part;
import dev.tramontane.generation.GenerationEvent.Accepted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A stream as far as it has been told, and the form in which it is. One thread at a time. */
final class ToldStream {
    private final AnswerPath path;
    private final byte[] body;
    private final Duration wait;
    private final AnswerJob job;
    private final List<ToldPrompt> prompts;

    /** One of which this was told elsewhere. The array must not change. */
    ToldStream(AnswerPath path, byte[] body, Duration wait, AnswerJob job, List<ToldPrompt> prompts) {
        this.path = path;
        this.body = body;
        this.wait = wait;
        this.job = job;
        this.prompts = List.copyOf(prompts);
        for (int i = 0; i < prompts.size(); i++) {
            prompts.get(i).replay(i, job.format());
        }
    }

    /**
     * One of which nothing was.
     *
     * @param body of its request, from which the job follows; empty where it need not be known again
     * @param wait how long it waits for a reader
     */
    static ToldStream begun(AnswerPath path, byte[] body, Duration wait, AnswerJob job) {
        List<ToldPrompt> prompts = new ArrayList<>();
        job.generations()
                .forEach(asked -> prompts.add(new ToldPrompt(asked, job.format().repeatsPrompt())));
        return new ToldStream(path, body, wait, job, prompts);
    }

    /** The answer's id. */
    String id() {
        return job.format().id();
    }

    AnswerPath path() {
        return path;
    }

    /** Of the request. */
    byte[] body() {
        return body;
    }

    Duration longestWait() {
        return wait;
    }

    AnswerJob job() {
        return job;
    }

    List<ToldPrompt> prompts() {
        return prompts;
    }

    /** Whether the prompt was taken by an engine before: its beginning has been told, and paid for. */
    boolean isAcceptedAgain(PromptEvent event) {
        return event.event() instanceof Accepted && prompts.get(event.prompt()).isAccepted();
    }

    /** The bytes of the events that this one becomes, possibly none. */
    byte[] tell(PromptEvent event) {
        prompts.get(event.prompt()).see(event.event());
        return job.format().event(event.prompt(), event.event());
    }

    /** Whether another process could go on with it. */
    boolean canGoOn() {
        return body.length > 0 && prompts.stream().allMatch(ToldPrompt::canGoOn);
    }

    /** What is left to generate. */
    List<Part> rest() {
        List<Part> rest = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            rest.addAll(prompts.get(i).rest(i));
        }
        return rest;
    }
}
