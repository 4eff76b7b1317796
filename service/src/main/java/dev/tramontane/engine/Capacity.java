package dev.tramontane.engine;

import dev.tramontane.engine.Outlook.Verdict;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.StageFacts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What the engine holds and could take: of the cache and of what runs as of the last step, of what waits as of now. Any
 * thread; nothing here keeps the engine from its work.
 */
public final class Capacity {
    /**
     * Layers of one window.
     *
     * @param window tokens that each token sees; 0 for all
     * @param layers how many
     * @param ringPages that a sequence holds at most, whatever its length
     * @param reserved pages that the admitted sequences may come to hold
     * @param used pages held
     * @param kept pages that nobody holds, with something in them that may be found again: as good as free
     */
    public record Group(
            int window, int layers, int ringPages, long pageBytes, int pages, long reserved, int used, int kept) {}

    private final CachePlan plan;
    private final SubmissionRules rules;
    private final EngineConfig config;
    private final Intake intake;
    private final Books books;
    private final List<StageFacts> stages;

    Capacity(
            CachePlan plan,
            SubmissionRules rules,
            EngineConfig config,
            Intake intake,
            Books books,
            List<StageFacts> stages) {
        this.stages = stages;
        this.plan = plan;
        this.rules = rules;
        this.config = config;
        this.intake = intake;
        this.books = books;
    }

    /** That of an engine which has nothing to do, of a model that is not loaded: what could be taken once it is. */
    public static Capacity idle(ModelGeometry geometry, EngineConfig config) {
        CachePlan plan = CachePlan.of(geometry, config);
        EngineLimits limits = new EngineLimits(config.contextTokens(), geometry.vocabulary(), config.maxChoices());
        Intake intake = new Intake(new EngineSignal(), config.queueRequests(), config.queueTokens(), System::nanoTime);
        KvCache cache = new KvCache(plan.windows(), plan.shape());
        int pages =
                plan.shape().groups().stream().mapToInt(CacheShape.Group::pages).sum();
        List<Integer> none = Collections.nCopies(plan.windows().size(), 0);
        Books books = new Books(
                new EngineStatus(true, 0, 0, 0, 0, 0, 0, pages, 0, 0, 0, 0, 0, 0, 0, 0, 0),
                cache.holdings(),
                none,
                none,
                List.of(),
                new WaitingLine<>(),
                Backlog.NONE);
        return new Capacity(plan, new SubmissionRules(plan, limits), config, intake, books, List.of());
    }

    /** The formula. */
    public CachePlan plan() {
        return plan;
    }

    /** What the model's layers are divided into; empty for a model in one piece. */
    public List<StageFacts> stages() {
        return stages;
    }

    public EngineLimits limits() {
        return rules.limits();
    }

    /** The bounds of what is let in. */
    public EngineConfig config() {
        return config;
    }

    public EngineStatus status() {
        return books.status();
    }

    /** In the plan's order. */
    public List<Group> groups() {
        List<Group> groups = new ArrayList<>();
        for (int group = 0; group < plan.windows().size(); group++) {
            groups.add(new Group(
                    plan.windows().get(group).window(),
                    plan.layers(group),
                    plan.windows().get(group).ring(),
                    plan.pageBytes(group),
                    plan.shape().groups().get(group).pages(),
                    books.holdings().pages(group),
                    books.used().get(group),
                    books.kept().get(group)));
        }
        return groups;
    }

    /** Sequences that have a place. */
    public int slotsReserved() {
        return books.holdings().slots();
    }

    /** Requests that wait. */
    public int waitingRequests() {
        return intake.door().queued().requests();
    }

    /** Tokens of their prompts. */
    public long waitingTokens() {
        return intake.door().queued().tokens();
    }

    /** Prompt tokens computed a second in steps with prompts, as measured lately; 0 before the first. */
    public double promptTokensPerSecond() {
        return perSecond(books.backlog().nanosPerPromptToken());
    }

    /** Tokens generated a second by all sequences of a step together, as measured lately; 0 before the first. */
    public double generatedTokensPerSecond() {
        return perSecond(books.backlog().nanosPerGeneratedToken());
    }

    private static double perSecond(double nanos) {
        return nanos == 0 ? 0 : 1e9 / nanos;
    }

    /**
     * What would become of a request, by the very rules that {@link Engine#submit} goes by.
     *
     * @param prompt tokens of its prompt
     * @throws IllegalArgumentException when it means nothing
     */
    public Outlook outlook(Tenant tenant, int priority, int prompt, int maxTokens, int choices) {
        int length;
        try {
            length = rules.length(prompt, maxTokens, choices);
        } catch (RefusedException tooLarge) {
            return new Outlook(Verdict.TOO_LARGE, String.valueOf(tooLarge.getMessage()), List.of(), 0, 0);
        }
        List<Long> pages = new ArrayList<>();
        long bytes = 0;
        for (int group = 0; group < plan.windows().size(); group++) {
            long needed = plan.windows().get(group).pages(prompt, length, choices);
            pages.add(needed);
            bytes += needed * plan.pageBytes(group);
        }
        String refusal = intake.door().refusal(tenant, prompt);
        if (refusal != null) {
            Verdict verdict = intake.door().isClosed() ? Verdict.UNAVAILABLE : Verdict.BUSY;
            return new Outlook(verdict, refusal, pages, bytes, 0);
        }
        Likeness newcomer = new Likeness(tenant, priority, prompt, length, choices);
        return new Outlook(
                books.starts(newcomer) ? Verdict.STARTS : Verdict.WAITS,
                "",
                pages,
                bytes,
                books.nanosToFirstToken(
                        newcomer, intake.door().queued(tenant), intake.door().queued()));
    }
}
