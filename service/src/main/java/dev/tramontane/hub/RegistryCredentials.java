package dev.tramontane.hub;

import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.hub.Transport.Answer;
import dev.tramontane.json.Printable;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A registry's tokens. Where it refuses with a {@link Challenge}, whoever that names is asked for one: without a name, as the
 * token specification of the distribution registry says, and, where he is the registry's own, with a signature by the user's
 * key, as Ollama does. Tokens run out, and others are asked for. Any thread.
 */
final class RegistryCredentials implements Credentials {
    private static final int OK = 200;
    private static final int MOST_ANSWER = 1 << 16;
    private static final String TOKEN = "[!-~]{1,16384}";

    /** Ollama's registry has its tokens given out by its site. */
    private static final Map<String, String> OTHERS =
            Map.of("https://registry.ollama.ai:443", "https://ollama.com:443");

    /** What stands for a body in what is signed: requests for tokens have none. */
    private static final String NO_BODY =
            Base64.getEncoder().encodeToString(Digest.sha256(new byte[0]).getBytes(StandardCharsets.US_ASCII));

    private final URI registry;
    private final Transport transport;
    private final HubConfig config;
    private final SecureRandom random = new SecureRandom();
    private volatile @Nullable String header;
    private volatile boolean knocked;

    /** Why there is none to sign with; empty where there is one, or was none needed. */
    private volatile String noKey = "";

    /** Whether a signature has brought nothing here, so that it is asked without a name first. */
    private boolean strange;

    RegistryCredentials(URI registry, Transport transport, HubConfig config) {
        this.registry = registry;
        this.transport = transport;
        this.config = config;
    }

    @Override
    public @Nullable String header() {
        return header;
    }

    /** What to do where it stays refused. */
    String advice() {
        return knocked
                ? config.keys().advice() + noKey
                : "it is private, or there is no such model; what asks for a password is not answered here. Of Ollama's"
                        + " models: pull it with Ollama, whose cache is read where it lies";
    }

    @Override
    public synchronized Renewal renew(URI asked, HttpHeaders refusal, @Nullable String sent, int times)
            throws IOException, InterruptedException {
        if (!Objects.equals(sent, header)) {
            return Renewal.ANOTHERS;
        }
        Optional<Challenge> challenge = Challenge.of(refusal.allValues("WWW-Authenticate"));
        if (challenge.isEmpty()) {
            return Renewal.REFUSED;
        }
        Challenge said = challenge.get();
        if ("https".equalsIgnoreCase(asked.getScheme())
                && !"https".equalsIgnoreCase(said.realm().getScheme())) {
            throw new HubException(
                    Kind.WRONG,
                    Endpoint.host(asked) + " has tokens given out by \""
                            + Printable.of(said.realm().toString(), 80) + "\", which is plain http");
        }
        boolean own = isOwn(said.realm());
        Optional<SigningKey> key = own && !strange ? config.keys().find() : Optional.empty();
        knocked = knocked || key.isPresent();
        if (key.isPresent() && times == 0 && take(token(said, key.get()))) {
            return Renewal.RENEWED;
        }
        strange |= key.isPresent(); // What is for anybody is for whoever is not known, too.
        if ((key.isPresent() || times == 0) && take(token(said, null))) {
            return Renewal.RENEWED;
        }
        if (!own || key.isPresent()) {
            return Renewal.REFUSED;
        }
        Optional<SigningKey> made = made();
        knocked = true;
        return made.isPresent() && take(token(said, made.get())) ? Renewal.RENEWED : Renewal.REFUSED;
    }

    /** That none can be kept is no reason of a refusal, but is to be said with it. */
    private Optional<SigningKey> made() throws InterruptedException {
        try {
            return config.keys().findOrMake();
        } catch (HubException unkept) {
            if (unkept.kind() != Kind.STORE) {
                throw unkept;
            }
            noKey = "; " + unkept.getMessage();
            return Optional.empty();
        }
    }

    private boolean take(Optional<String> token) {
        token.ifPresent(text -> header = "Bearer " + text);
        return token.isPresent();
    }

    /** Whether signatures are for him: he is the registry itself, or the one that Ollama's has. */
    private boolean isOwn(URI realm) {
        String origin = Endpoint.origin(registry);
        return origin.equals(Endpoint.origin(realm)) || Endpoint.origin(realm).equals(OTHERS.get(origin));
    }

    /** A token; empty where he gives none to whoever asks. */
    private Optional<String> token(Challenge challenge, @Nullable SigningKey key)
            throws IOException, InterruptedException {
        URI realm = challenge.realm();
        Tries tries = new Tries(realm, "a token", () -> "", config.pause());
        Answer answer = tries.again(
                () -> knock(challenge, key), // Each time with a nonce and a time of its own.
                status -> status == OK || (status / 100 == 4 && !Refusals.isPassing(status)));
        if (answer.status() != OK) {
            return Optional.empty();
        }
        String token =
                JsonDocument.read(answer.body(), "the token of " + Endpoint.host(realm), JsonDocument.SMALL, object -> {
                    String first = JsonDocument.text(object, "token");
                    return first.isEmpty() ? JsonDocument.text(object, "access_token") : first;
                });
        if (!token.matches(TOKEN)) {
            throw new HubException(Kind.WRONG, "what " + Endpoint.host(realm) + " gives as a token is none");
        }
        return Optional.of(token);
    }

    private Answer knock(Challenge challenge, @Nullable SigningKey key) throws IOException, InterruptedException {
        URI uri = uri(challenge, key != null);
        Endpoint endpoint = new Endpoint(
                URI.create(Endpoint.origin(uri)), Credentials.of(key == null ? null : signature(uri, key)));
        return transport.document(endpoint, uri, Map.of("Accept", "application/json"), MOST_ANSWER);
    }

    /** With the parameters in the order of their names, escaped as forms are. */
    private URI uri(Challenge challenge, boolean signed) {
        List<String> query = new ArrayList<>();
        if (signed) {
            byte[] nonce = new byte[16];
            random.nextBytes(nonce);
            query.add("nonce=" + escaped(Base64.getUrlEncoder().withoutPadding().encodeToString(nonce)));
        }
        challenge.scopes().forEach(scope -> query.add("scope=" + escaped(scope)));
        if (!challenge.service().isEmpty()) {
            query.add("service=" + escaped(challenge.service()));
        }
        if (signed) {
            query.add("ts=" + System.currentTimeMillis() / 1000);
        }
        String realm = challenge.realm().toString();
        String joint = query.isEmpty() ? "" : challenge.realm().getRawQuery() == null ? "?" : "&";
        return URI.create(realm + joint + String.join("&", query));
    }

    private static String escaped(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("*", "%2A")
                .replace("%7E", "~");
    }

    /** Of the method, the address and the body's sum; the key's public half says whose it is. */
    private static String signature(URI uri, SigningKey key) {
        String signed = "GET," + uri + "," + NO_BODY;
        return key.publicText() + ":"
                + Base64.getEncoder().encodeToString(key.sign(signed.getBytes(StandardCharsets.UTF_8)));
    }
}
