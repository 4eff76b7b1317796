package dev.tramontane.api.openai;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.Caller;
import dev.tramontane.api.Contained;
import dev.tramontane.api.EventStream;
import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.Pass;
import dev.tramontane.api.PatientReply;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.Tally;
import dev.tramontane.api.openai.PromptEvents.Part;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.KeepAlive;
import dev.tramontane.generation.LoadListener;
import dev.tramontane.generation.TextGenerator;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Carries answers to whoever asked for them, at his pace, as a stream or in one piece. On the request's event loop. */
public final class AnswerSender {
    private final ApiConfig config;
    private final HttpObserver observer;
    private final @Nullable KeepAlive keep;

    public AnswerSender(ApiConfig config, HttpObserver observer) {
        this(config, observer, null);
    }

    private AnswerSender(ApiConfig config, HttpObserver observer, @Nullable KeepAlive keep) {
        this.config = config;
        this.observer = observer;
        this.keep = keep;
    }

    /** The same for answers whose model is to stay so long after them; null for as long as the operator says. */
    public AnswerSender keeping(@Nullable KeepAlive other) {
        return other == null ? this : new AnswerSender(config, observer, other);
    }

    /** Runs that whenever an answer is found to wait for its model, any number of times: silence would cut its connection. */
    public static LoadListener whenWaiting(Runnable waits) {
        return (model, percent) -> waits.run();
    }

    /** The caller pays for what the request generates, and has one answer under way until the request is over. */
    public static void charge(RoutingContext context) {
        Pass pass = Caller.of(context).begin();
        context.addEndHandler(ended -> pass.close());
        Tally.of(context).paidBy(pass);
    }

    /**
     * The same request for whoever sent it, wanted when it says: a deadline counts from the arrival of the head.
     *
     * @param urgency of its body; its header is read here
     */
    public static GenerationRequest of(RoutingContext context, GenerationRequest request, UrgencyFields urgency) {
        return request.of(Caller.of(context).tenant())
                .when(urgency.with(context.request().getHeader(UrgencyFields.HEADER))
                        .from(Tally.of(context).begunNanos()));
    }

    /**
     * Sends them event by event; a reader who leaves cancels them.
     *
     * @param type of the content, as {@link EventStream} knows it
     */
    public void stream(
            RoutingContext context,
            String type,
            TextGenerator generator,
            List<GenerationRequest> requests,
            AnswerWriter writer,
            RequestMemory.Lease lease) {
        Tally tally = Tally.of(context);
        // What a reader that stands still leaves waiting.
        lease.take(
                RequestMemory.ofTokens(config.lookAhead(), requests.getFirst().tops()));
        Flux<byte[]> frames = events(generator, requests, RequestTrace.of(context))
                .map(Contained.function(tagged -> {
                    tally.see(tagged.prompt(), tagged.event());
                    long kept = writer.keeps(tagged.event());
                    if (kept > 0) {
                        lease.take(kept);
                    }
                    return writer.event(tagged.prompt(), tagged.event());
                }))
                .concatWith(Mono.fromSupplier(Contained.supplier(writer::last)));
        EventStream.send(context, type, frames, writer.keepAlive(), config, observer);
    }

    /** Sends them in one piece; a client who leaves cancels them. */
    public void whole(
            RoutingContext context,
            TextGenerator generator,
            List<GenerationRequest> requests,
            AnswerWriter writer,
            RequestMemory.Lease lease) {
        Tally tally = Tally.of(context);
        RequestTrace trace = RequestTrace.of(context);
        PatientReply.send(
                context,
                admitted -> events(generator, requests, trace)
                        .doOnNext(tagged -> {
                            if (tagged.event() instanceof Accepted) {
                                admitted.run();
                            }
                        })
                        .collect(
                                () -> requests.stream()
                                        .map(request -> new Answer(request.choices()))
                                        .toList(),
                                Contained.consumer((answers, tagged) -> {
                                    tally.see(tagged.prompt(), tagged.event());
                                    lease.take(weight(tagged.event()));
                                    writer.heard(tagged.event());
                                    answers.get(tagged.prompt()).add(tagged.event());
                                }))
                        .map(Contained.function(writer::whole))
                        .contextWrite(heard -> whenWaiting(admitted).in(heard)),
                config);
    }

    /** The events of all prompts; of several, as many are generated at once as the limits allow. */
    Flux<PromptEvent> events(TextGenerator generator, List<GenerationRequest> requests, RequestTrace trace) {
        List<Part> parts = new ArrayList<>();
        for (GenerationRequest request : requests) {
            parts.add(new Part(parts.size(), request));
        }
        return PromptEvents.of(
                parts,
                part -> trace.observed(part.prompt(), kept(generator.generate(part.request()))),
                Math.min(parts.size(), config.requests().parallelPrompts()),
                config.lookAhead());
    }

    private Flux<GenerationEvent> kept(Flux<GenerationEvent> generation) {
        KeepAlive asked = keep;
        return asked == null ? generation : generation.contextWrite(asked::in);
    }

    /** What an event costs that is kept until the answer is whole, the answer's bytes included. */
    private static long weight(GenerationEvent event) {
        return switch (event) {
            case GenerationEvent.Accepted accepted -> 0; // A part of what the body was weighed at.
            case GenerationEvent.Scored scored -> weight(scored.prompt());
            case GenerationEvent.Delta delta ->
                RequestMemory.ofText(delta.text().length()) + weight(delta.tokens());
            case GenerationEvent.Finished finished -> 0;
        };
    }

    private static long weight(List<GenerationEvent.Token> tokens) {
        long bytes = 0;
        for (GenerationEvent.Token token : tokens) {
            bytes += RequestMemory.ofTokens(1, token.tops().size());
        }
        return bytes;
    }
}
