package dev.tramontane.tracing;

import dev.tramontane.api.TraceContext;
import dev.tramontane.api.TraceSink;
import dev.tramontane.engine.EngineObserver.Phases;
import dev.tramontane.engine.FinishReason;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.TraceStateBuilder;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Sends sampled requests to an OpenTelemetry collector by OTLP over HTTP, as protobuf. A span of the request, and below it
 * one each for the time in the queue, for computing the prompt, for the tokens after the first, and for delivery. Spans are
 * made when their times are known, so nothing is held of a request that runs. Any thread.
 */
public final class OtlpTraces implements TraceSink, AutoCloseable {
    private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
    private static final AttributeKey<String> ROUTE = AttributeKey.stringKey("http.route");
    private static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");
    private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
    private static final AttributeKey<String> OPERATION = AttributeKey.stringKey("gen_ai.operation.name");
    private static final AttributeKey<String> MODEL = AttributeKey.stringKey("gen_ai.request.model");
    private static final AttributeKey<Long> INPUT = AttributeKey.longKey("gen_ai.usage.input_tokens");
    private static final AttributeKey<Long> OUTPUT = AttributeKey.longKey("gen_ai.usage.output_tokens");
    private static final AttributeKey<List<String>> REASONS =
            AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");
    private static final AttributeKey<String> ID = AttributeKey.stringKey("tramontane.id");
    private static final AttributeKey<Long> PROMPT = AttributeKey.longKey("tramontane.prompt");
    private static final AttributeKey<Long> CHOICE = AttributeKey.longKey("tramontane.choice");
    private static final AttributeKey<Long> PROMPT_TOKENS = AttributeKey.longKey("tramontane.prompt_tokens");
    private static final AttributeKey<Long> GENERATED = AttributeKey.longKey("tramontane.generated_tokens");
    private static final AttributeKey<Long> CACHED = AttributeKey.longKey("tramontane.cached_tokens");

    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "CONNECT", "TRACE");
    private static final String SOCKET = "SOCKET";
    private static final int SERVER_FAULT = 500;
    private static final Duration CONNECTING = Duration.ofSeconds(5);
    private static final Duration ANSWERING = Duration.ofSeconds(10);

    /** The library logs by itself, past this service's log; held, since the JDK keeps such loggers weakly. */
    private static final Logger LIBRARYS = Logger.getLogger("io.opentelemetry");

    private final GivenIds ids = new GivenIds();
    private final double share;
    private final SdkTracerProvider provider;
    private final Tracer tracer;

    /**
     * @param endpoint where traces are posted to
     * @param share of the traces that begin here which are sampled
     * @param version of this program
     */
    public OtlpTraces(URI endpoint, double share, String version) {
        LIBRARYS.setLevel(Level.OFF);
        this.share = share;
        OtlpHttpSpanExporter exporter = OtlpHttpSpanExporter.builder()
                .setEndpoint(endpoint.toString())
                .setConnectTimeout(CONNECTING)
                .setTimeout(ANSWERING)
                .build();
        provider = SdkTracerProvider.builder()
                .setIdGenerator(ids)
                .setSampler(Sampler.alwaysOn()) // Decided before: only sampled requests are told.
                .setResource(Resource.getDefault()
                        .merge(Resource.create(Attributes.of(
                                AttributeKey.stringKey("service.name"),
                                "tramontane",
                                AttributeKey.stringKey("service.version"),
                                version))))
                .addSpanProcessor(new SpanQueue(exporter, endpoint.toString(), System::nanoTime))
                .build();
        tracer = provider.get("dev.tramontane", version);
    }

    @Override
    public double share() {
        return share;
    }

    @Override
    public boolean listens() {
        return true;
    }

    @Override
    public void request(Request request) {
        long wall = wallNanos();
        TraceContext context = request.context();
        boolean socket = request.method().equals(SOCKET);
        String method = socket || METHODS.contains(request.method()) ? request.method() : "_OTHER";
        SpanBuilder builder = tracer.spanBuilder(method + " " + request.route())
                .setSpanKind(SpanKind.SERVER)
                .setStartTimestamp(wall + request.begun(), TimeUnit.NANOSECONDS)
                .setAttribute(ROUTE, request.route())
                .setAttribute(STATUS, (long) request.status())
                .setAttribute(ID, request.id());
        if (!socket) {
            builder.setAttribute(METHOD, method);
        }
        if (!request.operation().isEmpty()) {
            builder.setAttribute(OPERATION, request.operation())
                    .setAttribute(MODEL, request.model())
                    .setAttribute(INPUT, request.promptTokens())
                    .setAttribute(OUTPUT, request.answerTokens())
                    .setAttribute(REASONS, request.reasons());
        }
        if (context.parentId().isEmpty()) {
            builder.setNoParent();
        } else {
            builder.setParent(within(context, context.parentId()));
        }
        Span span = ids.with(context, builder::startSpan);
        String error = request.error();
        if (error != null) {
            span.setAttribute(ERROR, error);
            // What the client did wrong is no fault of this span; nor is that he left.
            if (request.status() >= SERVER_FAULT || (request.status() < 400 && !error.equals("disconnected"))) {
                span.setStatus(StatusCode.ERROR);
            }
        }
        long end = wall + request.begun() + request.nanos();
        span.end(end, TimeUnit.NANOSECONDS);
        if (request.firstAfter() >= 0) {
            part(context, "delivery", wall + request.begun() + request.firstAfter())
                    .startSpan()
                    .end(end, TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void sequence(Sequence sequence) {
        Phases phases = sequence.phases();
        FinishReason reason = sequence.finish().reason();
        boolean failed = reason == FinishReason.ERROR || reason == FinishReason.LOST;
        boolean started = phases.total() > phases.queue();
        boolean decoded = sequence.finish().generatedTokens() > 1;
        long at = wallNanos() + sequence.submittedNanos();
        end(of(sequence, "queue", at), at + phases.queue(), failed && !started);
        if (started) {
            long from = at + phases.queue();
            SpanBuilder prefill = of(sequence, "prefill", from)
                    .setAttribute(PROMPT_TOKENS, (long) sequence.finish().promptTokens())
                    .setAttribute(CACHED, (long) sequence.finish().cachedTokens());
            end(prefill, from + phases.prefill(), failed && !decoded);
        }
        if (decoded) {
            long from = at + phases.queue() + phases.prefill();
            SpanBuilder decode = of(sequence, "decode", from)
                    .setAttribute(GENERATED, (long) sequence.finish().generatedTokens());
            end(decode, from + phases.decode(), failed);
        }
    }

    private SpanBuilder of(Sequence sequence, String name, long start) {
        return part(sequence.context(), name, start)
                .setAttribute(PROMPT, (long) sequence.prompt())
                .setAttribute(CHOICE, (long) sequence.choice());
    }

    private static void end(SpanBuilder builder, long at, boolean failed) {
        Span span = builder.startSpan();
        if (failed) {
            span.setStatus(StatusCode.ERROR);
        }
        span.end(at, TimeUnit.NANOSECONDS);
    }

    private SpanBuilder part(TraceContext context, String name, long start) {
        return tracer.spanBuilder(name)
                .setParent(within(context, context.spanId()))
                .setStartTimestamp(start, TimeUnit.NANOSECONDS);
    }

    private static Context within(TraceContext context, String span) {
        return Context.root()
                .with(Span.wrap(SpanContext.createFromRemoteParent(
                        context.traceId(), span, TraceFlags.getSampled(), state(context.state()))));
    }

    private static TraceState state(String header) {
        TraceStateBuilder state = TraceState.builder();
        // The builder puts each before the others.
        for (String member : List.of(header.split(",")).reversed()) {
            int equals = member.indexOf('=');
            if (equals > 0) {
                state.put(
                        member.substring(0, equals).strip(),
                        member.substring(equals + 1).strip());
            }
        }
        return state.build();
    }

    /** What must be added to a reading of {@link System#nanoTime} to have the time of day. */
    private static long wallNanos() {
        Instant now = Instant.now();
        return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano() - System.nanoTime();
    }

    /** Sends what waits, for two seconds at most. */
    @Override
    public void close() {
        provider.close();
    }
}
