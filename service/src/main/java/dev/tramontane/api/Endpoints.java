package dev.tramontane.api;

import dev.tramontane.json.Printable;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The service's paths. Each path answers its methods; any other method is 405 with an Allow header, any other path 404.
 * Each asks for a key first, and so do those that are not there, unless it is said that it goes without.
 * Filled before the service listens.
 */
public final class Endpoints {
    /** Key of the matched path in a {@link RoutingContext}: the label that observers see. */
    static final String LABEL = "tramontane.route";

    /** Characters of an unknown path that are given back. */
    private static final int SHOWN_PATH = 200;

    private final Router router;
    private final Doorkeeper doorkeeper;
    private final Set<String> keyless = new HashSet<>();
    private final Set<String> keylessPosts = new HashSet<>();
    private final Map<String, TreeSet<String>> methods = new LinkedHashMap<>();
    private final List<Runnable> mounted = new ArrayList<>();
    private final Set<String> probes = new HashSet<>();
    private final Map<String, ApiException> unserved = new LinkedHashMap<>();

    Endpoints(Router router, Doorkeeper doorkeeper) {
        this.router = router;
        this.doorkeeper = doorkeeper;
    }

    /** Answers GET and, without the body, HEAD. The path may end in a star; what was added first comes first. */
    public void get(String path, Handler<RoutingContext> handler) {
        add(path, HttpMethod.HEAD, handler);
        add(path, HttpMethod.GET, handler);
    }

    /** As {@link #get}, and answered also when all connections are taken: for those who ask how the service is. No star. */
    public void probe(String path, Handler<RoutingContext> handler) {
        probes.add(path);
        get(path, handler);
    }

    /** These paths can be read by whoever asks, also where keys are asked for; a POST needs one. As they are declared. */
    public void withoutKey(String... paths) {
        keyless.addAll(List.of(paths));
    }

    /** Of those without a key, one to which anybody may post, too. */
    public void postWithoutKey(String path) {
        keylessPosts.add(path);
    }

    boolean isProbe(String path) {
        return probes.contains(path);
    }

    public void post(String path, Handler<RoutingContext> handler) {
        add(path, HttpMethod.POST, handler);
    }

    public void delete(String path, Handler<RoutingContext> handler) {
        add(path, HttpMethod.DELETE, handler);
    }

    /** Refuses every method of a path, which no endpoint answers, with what to use. It is not among those of {@link #list}. */
    void unserved(String path, ApiException refusal) {
        unserved.put(path, refusal);
    }

    private void add(String path, HttpMethod method, Handler<RoutingContext> handler) {
        methods.computeIfAbsent(path, key -> new TreeSet<>()).add(method.name());
        mounted.add(() -> router.route(method, path).handler(context -> {
            context.put(LABEL, template(path));
            if (isAdmitted(context, path)) {
                handler.handle(context);
            }
        }));
    }

    /** A path as people write it: the router's :id is their {id}. */
    private static String template(String path) {
        return path.replaceAll(":(\\w+)", "{$1}");
    }

    private boolean isAdmitted(RoutingContext context, String path) {
        return isKeyless(context.request().method(), path) || doorkeeper.admits(context);
    }

    /** A method that a path does not have is refused alike, whoever asks. */
    private boolean isKeyless(HttpMethod method, String path) {
        boolean posts = method.equals(HttpMethod.POST)
                && methods.getOrDefault(path, new TreeSet<>()).contains(method.name());
        return keyless.contains(path) && (!posts || keylessPosts.contains(path));
    }

    /** Closes the table: what no endpoint answers is refused. */
    void seal() {
        mounted.forEach(Runnable::run);
        methods.forEach((path, allowed) -> router.route(path).handler(context -> {
            String allow = String.join(", ", allowed);
            context.put(LABEL, template(path));
            if (!isAdmitted(context, path)) {
                return;
            }
            context.response().putHeader("Allow", allow);
            Replies.fail(
                    context,
                    ApiException.invalid(
                            405,
                            context.request().method() + " is not allowed on " + template(path) + "; use " + allow,
                            "method_not_allowed"));
        }));
        unserved.forEach((path, refusal) -> router.route(path).handler(context -> {
            context.put(LABEL, path);
            if (doorkeeper.admits(context)) {
                Replies.fail(context, refusal);
            }
        }));
        String known = String.join(", ", list());
        List<String> paths = methods.keySet().stream().map(Endpoints::template).toList();
        router.route().handler(context -> {
            if (doorkeeper.admits(context)) {
                Replies.fail(context, unknown(context.request().path(), paths, known));
            }
        });
    }

    private static ApiException unknown(@Nullable String asked, List<String> paths, String known) {
        String path = Objects.requireNonNullElse(asked, "this path");
        String said = "There is nothing at " + Printable.of(path, SHOWN_PATH);
        String meant = NearPath.suggestion(path, paths);
        String message = said + (meant.isEmpty() ? "; this server has " : meant + " This server has ") + known;
        return ApiException.invalid(404, message, "unknown_url");
    }

    /** Every endpoint as method and path, in the order of their adding; a HEAD goes without saying where there is a GET. */
    List<String> list() {
        return methods.entrySet().stream()
                .flatMap(path -> path.getValue().stream()
                        .filter(method -> !method.equals("HEAD"))
                        .map(method -> method + " " + template(path.getKey())))
                .toList();
    }
}
