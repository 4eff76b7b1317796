package dev.tramontane.generation;

import dev.tramontane.chat.ChatLayout;
import dev.tramontane.engine.Capacity;
import dev.tramontane.engine.Engine;
import dev.tramontane.engine.EngineLimits;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.engine.Tenant;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.model.SamplingDefaults;
import dev.tramontane.tokenizer.EncodingLimit;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.TooManyTokensException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Generates text with an engine. Prompts are laid out and encoded on prompt threads, answers decoded and delivered on
 * delivery threads; neither the caller nor the engine's thread does more than enqueue. Close the engine first: it ends
 * every stream, and this then delivers the ends.
 */
public final class EngineTextGenerator implements TextGenerator, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EngineTextGenerator.class);

    private final String model;
    private final Engine engine;
    private final EngineLimits limits;
    private final PromptEncoder encoder;
    private final ChatLayout layout;
    private final TokenTexts texts;
    private final Submissions submissions;
    private final GenerationConfig config;
    private final ModelProfile profile;
    private final PromptThreads prompts;
    private final ExecutorService delivery;
    private final Thread formsWarmUp;

    /** Requests that say nothing of it are sampled in the neutral way. */
    public EngineTextGenerator(
            String model, Engine engine, Tokenizer tokenizer, ChatLayout layout, GenerationConfig config) {
        this(model, engine, tokenizer, layout, config, SamplingDefaults.NEUTRAL);
    }

    /** @param sampling where a request says nothing */
    public EngineTextGenerator(
            String model,
            Engine engine,
            Tokenizer tokenizer,
            ChatLayout layout,
            GenerationConfig config,
            SamplingDefaults sampling) {
        this(model, engine, tokenizer, layout, config, sampling, GuideObserver.NONE);
    }

    /**
     * @param sampling where a request says nothing
     * @param observer of the forms that answers must have
     */
    public EngineTextGenerator(
            String model,
            Engine engine,
            Tokenizer tokenizer,
            ChatLayout layout,
            GenerationConfig config,
            SamplingDefaults sampling,
            GuideObserver observer) {
        this.model = model;
        this.engine = engine;
        this.config = config;
        limits = engine.limits();
        profile = ModelProfile.of(limits.contextTokens(), tokenizer, layout, sampling);
        this.layout = layout;
        encoder = new PromptEncoder(tokenizer, layout, limits.vocabulary());
        texts = new TokenTexts(tokenizer);
        Guides guides = new Guides(layout.form(), texts, limits.vocabulary(), observer);
        formsWarmUp = Thread.ofPlatform().daemon().name("forms-warm-up").unstarted(guides::warmUp);
        submissions = new Submissions(limits, guides, tokenizer, config.scoredEntries(), sampling.maxTokens());
        prompts = new PromptThreads(config.promptThreads(), config.promptQueue(), engine::nanos);
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                config.deliveryThreads(),
                config.deliveryThreads(),
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(), // Bounded by the streams: each is in it once at most.
                Thread.ofPlatform().daemon().name("delivery-", 0).factory(),
                // After close() a late request or cancel finds no thread of ours; its own does the little that is left.
                (task, closed) -> task.run());
        pool.prestartAllCoreThreads(); // Memory for them may be short just when an end is to be delivered.
        delivery = pool;
    }

    /**
     * Prepares for forms of answers beside whatever else is done, for a second or so on a thread of its own, so that the first request that has a form doesn't wait for it. Once.
     *
     * @throws IllegalThreadStateException the second time
     */
    public void warmUpForms() {
        formsWarmUp.start();
    }

    /** Waits until that is done; stops waiting where the thread is interrupted, and leaves it so. */
    public void awaitForms() {
        try {
            formsWarmUp.join();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public Flux<GenerationEvent> generate(GenerationRequest request) {
        AdapterChoice adapter = request.adapter();
        return adapter == null ? generated(request) : adapter.during(found -> generated(request.adapted(found)));
    }

    private Flux<GenerationEvent> generated(GenerationRequest request) {
        return new Flux<>() {
            @Override
            public void subscribe(CoreSubscriber<? super GenerationEvent> subscriber) {
                GenerationStream stream = new GenerationStream(
                        subscriber,
                        request,
                        texts,
                        profile.form(),
                        delivery,
                        config.ahead(),
                        GenerationObserver.of(subscriber.currentContext()),
                        Presence.of(subscriber.currentContext()),
                        new PlacesAgain(engine, submissions, prompts, delivery));
                subscriber.onSubscribe(stream);
                try {
                    long size = PromptSize.of(request.prompt()) + sizeOf(request);
                    stream.preparedBy(prompts.submit(
                            request.tenant(), size, () -> start(request, stream), stream::fail, () -> isLate(request)));
                } catch (Throwable fault) { // Whatever it is, the subscriber waits for a word.
                    stream.fail(fault(fault));
                }
            }
        };
    }

    @Override
    public Mono<int[]> tokenize(Prompt prompt, int mostTokens) {
        return onPromptThread(PromptSize.of(prompt), gone -> {
            try {
                return encoder.tokenize(prompt, new EncodingLimit(mostTokens, gone))
                        .ids();
            } catch (TooManyTokensException tooMany) {
                throw new GenerationException(
                        Kind.INVALID,
                        "The text has more than " + mostTokens + " tokens, the most that are shown at once.",
                        prompt instanceof Prompt.Chat ? "messages" : "prompt",
                        0);
            }
        });
    }

    @Override
    public Mono<String> detokenize(int[] ids) {
        return onPromptThread(ids.length, gone -> encoder.detokenize(ids));
    }

    @Override
    public String piece(int id) {
        return texts.piece(id);
    }

    /** @param work is told whether its subscriber has gone */
    private <T> Mono<T> onPromptThread(long size, Function<BooleanSupplier, T> work) {
        return Mono.create(sink -> {
            AtomicBoolean gone = new AtomicBoolean();
            Runnable guarded = () -> {
                try {
                    sink.success(work.apply(gone::get));
                } catch (CancellationException nobodyWaits) {
                    LOG.debug("a prompt was given up: its client has gone");
                } catch (GenerationException refused) {
                    sink.error(refused);
                } catch (Throwable fault) {
                    sink.error(fault(fault));
                }
            };
            Disposable task = prompts.submit(Tenant.COMMON, size, guarded, sink::error, () -> false);
            sink.onDispose(() -> {
                gone.set(true);
                task.dispose();
            });
        });
    }

    /** What a client is told of a fault of the server's. */
    static GenerationException fault(Throwable cause) {
        LOG.error("A prompt could not be prepared", cause);
        return new GenerationException(Kind.FAILED, "The server failed to prepare the prompt.", "prompt", 0, cause);
    }

    @Override
    public Capacity capacity() {
        return engine.capacity();
    }

    @Override
    public String model() {
        return model;
    }

    @Override
    public ModelProfile profile() {
        return profile;
    }

    /** Frees the threads once what is queued has been delivered. Streams of a running engine end undelivered. */
    @Override
    public void close() {
        formsWarmUp.interrupt();
        prompts.close();
        delivery.shutdown();
    }

    private void start(GenerationRequest request, GenerationStream stream) {
        if (stream.cancelled()) {
            return;
        }
        try {
            if (isLate(request)) {
                throw GenerationException.expired();
            }
            submissions.check(request);
            BooleanSupplier gone = () -> stream.cancelled() || isLate(request);
            PreparedPrompt prompt = encoder.encode(
                    ShownForm.in(request.prompt(), request.form(), layout),
                    new EncodingLimit(limits.contextTokens(), gone));
            boolean complete = stream.prepared(prompt);
            stream.started(engine.submit(submissions.of(request, prompt, complete, gone), stream.listeners()));
        } catch (CancellationException nobodyWaits) {
            if (isLate(request)) {
                stream.fail(GenerationException.expired()); // Heard by nobody where the client has gone as well.
            }
            LOG.debug("a prompt was given up: its client has gone, or its deadline has passed");
        } catch (TooManyTokensException tooMany) {
            stream.fail(submissions.tooLong());
        } catch (GenerationException refused) {
            stream.fail(refused);
        } catch (RefusedException refused) {
            stream.fail(GenerationException.of(refused));
        } catch (Throwable fault) { // Whatever it is, the subscriber waits for a word.
            stream.fail(fault(fault));
        }
    }

    private boolean isLate(GenerationRequest request) {
        return request.urgency().passed(engine.nanos());
    }

    /** How much work a request is before it can be submitted. */
    static long sizeOf(GenerationRequest request) {
        Continuation continuation = request.continuation();
        AnswerForm form = request.form();
        long size = form == null ? 0 : form.characters();
        Guessing guessing = request.guessing();
        size += guessing == null ? 0 : guessing.expected().length();
        return continuation == null ? size : size + continuation.tokens().length;
    }
}
