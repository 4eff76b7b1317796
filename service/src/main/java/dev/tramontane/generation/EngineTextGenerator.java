package dev.tramontane.generation;

import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.NoLayout;
import dev.tramontane.engine.Capacity;
import dev.tramontane.engine.Engine;
import dev.tramontane.engine.EngineLimits;
import dev.tramontane.engine.Guide;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.engine.SequenceHandle;
import dev.tramontane.engine.SequenceListener;
import dev.tramontane.engine.Submission;
import dev.tramontane.engine.Tenant;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingDefaults;
import dev.tramontane.tokenizer.EncodingLimit;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.TooManyTokensException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
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

    private static final int[] NO_TOKENS = {};

    private final String model;
    private final Engine engine;
    private final EngineLimits limits;
    private final PromptEncoder encoder;
    private final TokenTexts texts;
    private final Guides guides;
    private final Set<Integer> eosIds;
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
        profile = new ModelProfile(
                limits.contextTokens(),
                !(layout instanceof NoLayout),
                new InfillLayout(tokenizer).exists(),
                sampling,
                layout.form());
        encoder = new PromptEncoder(tokenizer, layout, limits.vocabulary());
        texts = new TokenTexts(tokenizer);
        guides = new Guides(layout.form(), texts, limits.vocabulary(), observer);
        formsWarmUp = Thread.ofPlatform().daemon().name("forms-warm-up").unstarted(guides::warmUp);
        eosIds = eosIdsOf(tokenizer);
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

    @Override
    public Flux<GenerationEvent> generate(GenerationRequest request) {
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
                        new Returns());
                subscriber.onSubscribe(stream);
                try {
                    long size = PromptSize.of(request.prompt());
                    AnswerForm form = request.form();
                    size += form == null ? 0 : form.characters();
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
                throw invalid(
                        "The text has more than " + mostTokens + " tokens, the most that are shown at once.",
                        prompt instanceof Prompt.Chat ? "messages" : "prompt");
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

    private static GenerationException fault(Throwable cause) {
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
            checkIds(request);
            PreparedPrompt prompt = encoder.encode(
                    request.prompt(),
                    new EncodingLimit(limits.contextTokens(), () -> stream.cancelled() || isLate(request)));
            boolean complete = stream.prepared(prompt);
            Submission submission = guided(
                    request,
                    prompt.thinks(),
                    submission(request, prompt.ids(), complete),
                    () -> stream.cancelled() || isLate(request));
            stream.started(engine.submit(submission, stream.listeners()));
        } catch (CancellationException nobodyWaits) {
            if (isLate(request)) {
                stream.fail(GenerationException.expired()); // Heard by nobody where the client has gone as well.
            }
            LOG.debug("a prompt was given up: its client has gone, or its deadline has passed");
        } catch (TooManyTokensException tooMany) {
            stream.fail(tooLong("The prompt has more.", "Shorten the prompt.", "prompt"));
        } catch (GenerationException refused) {
            stream.fail(refused);
        } catch (RefusedException refused) {
            stream.fail(translate(refused));
        } catch (Throwable fault) { // Whatever it is, the subscriber waits for a word.
            stream.fail(fault(fault));
        }
    }

    private final class Returns implements Places {
        @Override
        public SequenceHandle again(
                GenerationRequest request, PreparedPrompt prompt, Continuation soFar, SequenceListener listener)
                throws RefusedException {
            if (isLate(request)) {
                throw new RefusedException(RefusedException.Cause.LATE, "the deadline has passed", 0);
            }
            GenerationRequest rest = request.continuing(soFar);
            Submission submission;
            try {
                submission =
                        guided(rest, prompt.thinks(), submission(rest, prompt.ids(), false), () -> isLate(request));
            } catch (CancellationException late) {
                throw new RefusedException(RefusedException.Cause.LATE, "the deadline has passed", 0);
            }
            return engine.submit(submission, List.of(listener)).getFirst();
        }

        @Override
        public void later(Runnable task, int seconds) {
            CompletableFuture.delayedExecutor(seconds, TimeUnit.SECONDS, delivery)
                    .execute(task);
        }
    }

    /**
     * @param thinking whether the prompt has opened a thought
     * @param gone whether nobody waits any more
     */
    private Submission guided(GenerationRequest request, boolean thinking, Submission free, BooleanSupplier gone) {
        if (free.maxTokens() == 0) {
            return free;
        }
        Continuation continuation = request.continuation();
        int[] known = continuation == null ? NO_TOKENS : continuation.tokens();
        Supplier<Guide> each = guides.guides(request, thinking, known, free.endTokens(), gone);
        return each == null ? free : free.guided(each);
    }

    /** @param complete whether nothing is left to generate of an answer that is continued */
    private Submission submission(GenerationRequest request, int[] ids, boolean complete) {
        int room = limits.contextTokens() - ids.length;
        int maxTokens = request.maxTokens().orElse(Math.max(room, 1));
        if (maxTokens > room) {
            boolean asked = request.maxTokens().isPresent();
            throw tooLong(
                    "The prompt takes " + ids.length + (asked ? " and the answer was to have " + maxTokens + "." : "."),
                    "Shorten the prompt" + (asked ? " or max_tokens." : "."),
                    ids.length < limits.contextTokens() ? "max_tokens" : "prompt");
        }
        int most = profile.sampling().maxTokens();
        int answer = most == 0 ? maxTokens : Math.min(maxTokens, most);
        Continuation continuation = request.continuation();
        int[] known = continuation == null ? NO_TOKENS : continuation.tokens();
        if (known.length > answer) {
            throw invalid(
                    "An answer of " + answer + " tokens at most cannot be continued after " + known.length + ".",
                    "max_tokens");
        }
        int promptTops = continuation == null ? request.promptTops() : -1;
        if (promptTops >= 0 && (long) ids.length * (1 + request.promptTops()) > config.scoredEntries()) {
            throw new GenerationException(
                    Kind.INVALID,
                    "Scoring " + ids.length + " prompt tokens with " + request.promptTops()
                            + " alternatives each gives more than " + config.scoredEntries()
                            + " entries. Ask for fewer alternatives or send a shorter prompt.",
                    "logprobs",
                    0);
        }
        Set<Integer> endTokens = new HashSet<>(request.stops().tokens());
        if (!request.stops().ignoreEnd()) {
            endTokens.addAll(eosIds);
        }
        return new Submission(
                known.length == 0 ? ids : joined(ids, known),
                known.length,
                complete ? known.length : answer,
                Math.min(request.stops().minTokens(), answer),
                endTokens,
                samplingOf(request),
                request.tops(),
                promptTops,
                // Demand follows through the handles, token by token; scoring alone samples none.
                maxTokens == 0 ? 1 : 0,
                request.tenant(),
                request.urgency());
    }

    private boolean isLate(GenerationRequest request) {
        return request.urgency().passed(engine.nanos());
    }

    /** The engine knows only the choice that is continued, which keeps the seed of its number. */
    private static Sampling samplingOf(GenerationRequest request) {
        Continuation continuation = request.continuation();
        Sampling sampling = request.sampling();
        return continuation == null ? sampling : sampling.withSeed(sampling.seed() + continuation.choice());
    }

    private static int[] joined(int[] first, int[] second) {
        int[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private GenerationException tooLong(String given, String advice, String parameter) {
        return new GenerationException(
                Kind.TOO_LARGE,
                "This model's context is " + limits.contextTokens() + " tokens. " + given + " " + advice,
                parameter,
                0);
    }

    private void checkIds(GenerationRequest request) {
        if (request.choices() < 1 || request.choices() > limits.maxChoices()) {
            throw invalid("n must be between 1 and " + limits.maxChoices() + ", got " + request.choices() + ".", "n");
        }
        for (int id : request.stops().tokens()) {
            checkId(id, "stop_token_ids");
        }
        Continuation continuation = request.continuation();
        if (continuation != null) {
            if (continuation.choice() < 0 || continuation.choice() >= request.choices()) {
                throw invalid(
                        "Answer " + continuation.choice() + " of " + request.choices() + " cannot be continued.",
                        "continuation");
            }
            for (int id : continuation.tokens()) {
                checkId(id, "continuation");
            }
        }
        for (Map.Entry<String, Set<Integer>> named : request.sampling().ids().entrySet()) {
            for (int id : named.getValue()) {
                checkId(id, named.getKey());
            }
        }
    }

    private void checkId(int id, String parameter) {
        if (id < 0 || id >= limits.vocabulary()) {
            throw invalid(
                    "Token " + id + " of " + parameter + " is not below the vocabulary's size, " + limits.vocabulary()
                            + ".",
                    parameter);
        }
    }

    static GenerationException translate(RefusedException refused) {
        Kind kind = switch (refused.refusal()) {
            case TOO_LARGE -> Kind.TOO_LARGE;
            case BUSY -> Kind.BUSY;
            case LATE -> Kind.LATE;
            case UNAVAILABLE -> Kind.UNAVAILABLE;
        };
        String message = refused.getMessage();
        return new GenerationException(
                kind, message == null ? "The request was refused." : message, "", refused.retryAfterSeconds(), refused);
    }

    private static GenerationException invalid(String message, String parameter) {
        return new GenerationException(Kind.INVALID, message, parameter, 0);
    }

    private static Set<Integer> eosIdsOf(Tokenizer tokenizer) {
        Set<Integer> eosIds = new HashSet<>();
        for (int id = 0; id < tokenizer.size(); id++) {
            if (tokenizer.endsGeneration(id)) {
                eosIds.add(id);
            }
        }
        return Set.copyOf(eosIds);
    }
}
