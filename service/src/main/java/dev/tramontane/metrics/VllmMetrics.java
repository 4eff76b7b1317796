package dev.tramontane.metrics;

import dev.tramontane.engine.EngineObserver;
import dev.tramontane.engine.EngineStatus;
import dev.tramontane.engine.FinishReason;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.datapoints.GaugeDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The engine's figures under vLLM's names, for dashboards, routers and autoscalers that were made for vLLM: the same
 * types, units, buckets and labels as in its {@code vllm/v1/metrics/loggers.py}. Of what vLLM has and this server has not
 * (sleep, cache transfer) nothing is shown; what can't happen here (preemption) is a count that
 * stays 0. Recorded on the engine thread, read by scrapes on any thread.
 */
public final class VllmMetrics implements EngineObserver {
    private static final double NANOS = 1e9;

    private final DistributionDataPoint firstToken;
    private final DistributionDataPoint[] nextToken;
    private final DistributionDataPoint perOutputToken;
    private final DistributionDataPoint requestTime;
    private final DistributionDataPoint queueTime;
    private final DistributionDataPoint inferenceTime;
    private final DistributionDataPoint prefillTime;
    private final DistributionDataPoint decodeTime;
    private final DistributionDataPoint promptTokens;
    private final DistributionDataPoint generatedTokens;
    private final DistributionDataPoint mostGenerated;
    private final DistributionDataPoint maxTokens;
    private final DistributionDataPoint choices;
    private final DistributionDataPoint stepTokens;
    private final CounterDataPoint promptTotal;
    private final CounterDataPoint generatedTotal;
    private final CounterDataPoint cachedTotal;
    private final List<CounterDataPoint> soughtTotals = new ArrayList<>();
    private final List<CounterDataPoint> foundTotals = new ArrayList<>();
    private final GaugeDataPoint running;
    private final GaugeDataPoint waiting;
    private final GaugeDataPoint waitingForRoom;
    private final GaugeDataPoint[] cacheUsage;
    private final Gauge cacheConfig;
    private final VllmNames names;
    private final int pageTokens;
    private final CounterDataPoint preemptions;
    private final CounterDataPoint draftTokens;
    private final CounterDataPoint acceptedTokens;
    private final Map<FinishReason, CounterDataPoint> ends = new EnumMap<>(FinishReason.class);
    private boolean cacheKnown;
    private long promptSeen;
    private long generatedSeen;
    private long soughtSeen;
    private long foundSeen;
    private long draftSeen;
    private long acceptedSeen;

    /**
     * @param model the name by which clients know it: the label {@code model_name}
     * @param contextTokens the longest request, up to which buckets of token counts go
     * @param pageTokens tokens of a page of the cache
     */
    public VllmMetrics(PrometheusRegistry registry, String model, int contextTokens, int pageTokens) {
        this(ModelCollectors.ofOne(registry), model, contextTokens, pageTokens);
    }

    /**
     * Of one of several: {@code model_name} tells them apart.
     *
     * @param model the name by which clients know it
     * @param contextTokens the longest request of all of them
     * @param pageTokens tokens of a page of the cache
     */
    public VllmMetrics(ModelCollectors collectors, String model, int contextTokens, int pageTokens) {
        this.pageTokens = pageTokens;
        names = new VllmNames(collectors, model);
        double[] tokens = VllmNames.oneTwoFive(contextTokens);
        firstToken = names.seconds(
                "time_to_first_token", "Histogram of time to first token in seconds.", VllmNames.FIRST_TOKEN);
        nextToken = new DistributionDataPoint[] {
            names.seconds(
                    "inter_token_latency", "Histogram of inter-token latency in seconds.", VllmNames.TOKEN_LATENCY),
            names.seconds(
                    "time_per_output_token",
                    "Histogram of time per output token in seconds. Old name of vllm:inter_token_latency_seconds.",
                    VllmNames.TOKEN_LATENCY)
        };
        perOutputToken = names.seconds(
                "request_time_per_output_token",
                "Histogram of a request's mean time per output token, the first left out, in seconds.",
                VllmNames.TOKEN_LATENCY);
        requestTime = names.seconds(
                "e2e_request_latency", "Histogram of e2e request latency in seconds.", VllmNames.REQUEST_LATENCY);
        queueTime = names.seconds(
                "request_queue_time", "Histogram of time spent waiting for admission.", VllmNames.REQUEST_LATENCY);
        inferenceTime = names.seconds(
                "request_inference_time",
                "Histogram of time from admission to the last token.",
                VllmNames.REQUEST_LATENCY);
        prefillTime = names.seconds(
                "request_prefill_time",
                "Histogram of time from admission to the first token.",
                VllmNames.REQUEST_LATENCY);
        decodeTime = names.seconds(
                "request_decode_time",
                "Histogram of time from the first token to the last.",
                VllmNames.REQUEST_LATENCY);
        promptTokens = names.counts("request_prompt_tokens", "Number of prefill tokens processed.", tokens);
        generatedTokens = names.counts("request_generation_tokens", "Number of generation tokens processed.", tokens);
        mostGenerated = names.counts(
                "request_max_num_generation_tokens",
                "Histogram of maximum number of requested generation tokens: the most of a request's choices.",
                tokens);
        maxTokens = names.counts("request_params_max_tokens", "Histogram of the max_tokens request parameter.", tokens);
        choices = names.counts("request_params_n", "Histogram of the n request parameter.", VllmNames.CHOICES);
        stepTokens = names.counts(
                "iteration_tokens_total", "Histogram of number of tokens per engine_step.", VllmNames.STEP_TOKENS);
        promptTotal = names.counter("prompt_tokens", "Number of prefill tokens processed, computed or found.");
        cachedTotal = names.counter("prompt_tokens_cached", "Number of cached prompt tokens.");
        generatedTotal = names.counter("generation_tokens", "Number of generation tokens processed.");
        running = names.gauge("num_requests_running", "Number of requests in model execution batches.");
        waiting = names.gauge("num_requests_waiting", "Number of requests waiting to be processed.");
        Gauge reasons =
                names.labelled("num_requests_waiting_by_reason", "Number of requests waiting, by reason.", "reason");
        waitingForRoom = names.of(reasons, "capacity");
        names.of(reasons, "deferred").set(0); // Nothing waits for anything but room.
        cacheUsage = new GaugeDataPoint[] {
            names.gauge(
                    "kv_cache_usage_perc",
                    "KV-cache usage. 1 means 100 percent usage. Pages reserved for admitted requests, of all."),
            names.gauge("gpu_cache_usage_perc", "Old name of vllm:kv_cache_usage_perc.")
        };
        cacheConfig = names.labelled(
                "cache_config_info", "Information of the cache configuration.", "block_size", "num_gpu_blocks");
        preemptions = names.counter("num_preemptions", "Cumulative number of preemptions: of answers nobody reads.");
        draftTokens = names.counter("spec_decode_num_draft_tokens", "Number of draft tokens.");
        acceptedTokens = names.counter("spec_decode_num_accepted_tokens", "Number of accepted tokens.");
        for (String cache : VllmNames.PREFIX_CACHES) {
            soughtTotals.add(names.counter(cache + "_queries", "Prefix cache queries, in terms of number of tokens."));
            foundTotals.add(names.counter(cache + "_hits", "Prefix cache hits, in terms of number of cached tokens."));
        }
        Counter success = names.ends();
        for (FinishReason reason : FinishReason.values()) {
            ends.put(reason, names.ended(success, word(reason)));
        }
    }

    private static String word(FinishReason reason) {
        return switch (reason) {
            case STOP -> "stop";
            case LENGTH -> "length";
            case CANCELLED, DEADLINE, YIELDED -> "abort"; // What has yielded has not ended, and is not told.
            case LOST, ERROR -> "error";
        };
    }

    @Override
    public void firstToken(long nanos) {
        firstToken.observe(nanos / NANOS);
    }

    @Override
    public void nextToken(long nanos) {
        for (DistributionDataPoint each : nextToken) {
            each.observe(nanos / NANOS);
        }
    }

    @Override
    public void finished(FinishReason reason, int prompt, int generated, Phases phases) {
        CounterDataPoint end = ends.get(reason);
        if (end != null) {
            end.inc();
        }
        requestTime.observe(phases.total() / NANOS);
        queueTime.observe(phases.queue() / NANOS);
        prefillTime.observe(phases.prefill() / NANOS);
        decodeTime.observe(phases.decode() / NANOS);
        inferenceTime.observe((phases.prefill() + phases.decode()) / NANOS);
        promptTokens.observe(prompt);
        generatedTokens.observe(generated);
        if (generated > 1) {
            perOutputToken.observe(phases.decode() / NANOS / (generated - 1));
        }
    }

    @Override
    public void yielded() {
        preemptions.inc();
    }

    @Override
    public void requestEnded(int choices, int maxTokens, int mostGenerated) {
        this.choices.observe(choices);
        this.maxTokens.observe(maxTokens);
        this.mostGenerated.observe(mostGenerated);
    }

    @Override
    public void step(int rows, int sequences, long nanos) {
        stepTokens.observe(rows);
    }

    @Override
    public void books(EngineStatus status) {
        long prompts = status.promptTokens() + status.foundTokens();
        promptTotal.inc(prompts - promptSeen);
        promptSeen = prompts;
        soughtTotals.forEach(each -> each.inc(status.soughtTokens() - soughtSeen));
        soughtSeen = status.soughtTokens();
        foundTotals.forEach(each -> each.inc(status.foundTokens() - foundSeen));
        cachedTotal.inc(status.foundTokens() - foundSeen);
        foundSeen = status.foundTokens();
        generatedTotal.inc(status.generatedTokens() - generatedSeen);
        generatedSeen = status.generatedTokens();
        long drafts = status.guessesAccepted() + status.guessesRejected();
        draftTokens.inc(drafts - draftSeen);
        draftSeen = drafts;
        acceptedTokens.inc(status.guessesAccepted() - acceptedSeen);
        acceptedSeen = status.guessesAccepted();
        running.set(status.running());
        waiting.set(status.queued());
        waitingForRoom.set(status.queued());
        for (GaugeDataPoint each : cacheUsage) {
            each.set(status.reservedRatio());
        }
        if (!cacheKnown) {
            cacheKnown = true;
            names.of(cacheConfig, Integer.toString(pageTokens), Integer.toString(status.pagesTotal()))
                    .set(1);
        }
    }
}
