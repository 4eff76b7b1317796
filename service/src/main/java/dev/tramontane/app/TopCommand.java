package dev.tramontane.app;

import dev.tramontane.top.Reading;
import dev.tramontane.top.ServerWatch;
import dev.tramontane.top.UnreachableException;
import dev.tramontane.top.View;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code tramontane top}: a running server, drawn anew every few seconds. */
@CommandLine.Command(
        name = "top",
        description = {
            "Watch a running server: sequences, cache pages by window, rates, times and keys. Keys: q ends, p or space"
                    + " pauses, + and - change the interval, r counts from now on, or no more.",
            "Rates and times are those between two looks; before the second one, and with --once, from the server's start."
                    + " Where standard output is no terminal, blocks of plain text follow each other."
        },
        footer = {
            "",
            "A server that asks for a key takes it from the variable TRAMONTANE_API_KEY.",
            "",
            "Example:",
            "  tramontane top --url https://10.0.0.5:8443 --cacert ca.pem --interval 5s"
        })
final class TopCommand extends Command {
    static final String KEY_VARIABLE = Setting.PREFIX + "API_KEY";

    private static final Duration SHORTEST = Duration.ofMillis(200);
    private static final Duration LONGEST = Duration.ofHours(1);

    @Option(
            names = "--url",
            paramLabel = "URL",
            defaultValue = "http://127.0.0.1:8080",
            description = "Where the server is. Default: http://127.0.0.1:8080.")
    private String url = "";

    @Option(
            names = "--metrics",
            paramLabel = "URL",
            description = "Where its figures are, if not at /metrics there: a server with --management-port has them at"
                    + " that. Example: --metrics http://127.0.0.1:9090/metrics")
    private @Nullable String metrics;

    @Option(
            names = "--interval",
            paramLabel = "TIME",
            defaultValue = "2s",
            description = "Between two looks, 200ms to 1h. Default: 2s.")
    private String interval = "";

    @Option(names = "--once", description = "Look once, print that as plain text and end.")
    private boolean once;

    @Option(
            names = "--cacert",
            paramLabel = "FILE",
            description = "Certificates (PEM) that are believed for https, in place of those that Java believes.")
    private @Nullable String certificates;

    TopCommand(Environment environment) {
        super(environment);
    }

    @Override
    List<Setting> settings() {
        return List.of(Setting.LOG_FORMAT, Setting.LOG_LEVEL);
    }

    @Override
    int run(Configuration configuration) throws InterruptedException {
        ServerWatch.Place place = new ServerWatch.Place(
                base("--url", url), metrics == null ? null : address("--metrics", metrics), key(environment()));
        Duration every = interval();
        try (ServerWatch watch = new ServerWatch(place, trust(), System::nanoTime)) {
            if (once) {
                return once(watch);
            }
            CountDownLatch stopped = new CountDownLatch(1);
            if (!environment().interactive()) {
                environment().onTermination().accept(stopped::countDown);
                try (Display plain = new PlainDisplay(environment().out(), stopped)) {
                    new TopLoop(watch::read, url, every, plain).run();
                }
                return ExitCode.OK;
            }
            try (TerminalDisplay terminal = TerminalDisplay.ofProcess()) {
                environment().onTermination().accept(terminal::interrupt);
                new TopLoop(watch::read, url, every, terminal).run();
            }
            return ExitCode.OK;
        }
    }

    private int once(ServerWatch watch) throws InterruptedException {
        try {
            Reading now = watch.read();
            environment().out().println(TopLoop.title(url, View.state(now)));
            View.lines(now, null).forEach(environment().out()::println);
            return ExitCode.OK;
        } catch (UnreachableException silent) {
            environment().err().println("tramontane: " + View.printable(String.valueOf(silent.getMessage())));
            return ExitCode.FAILURE;
        }
    }

    private Duration interval() {
        Duration every;
        try {
            every = Units.time(interval);
        } catch (IllegalArgumentException wrong) {
            throw new UsageException("--interval must be " + Units.TIME_RULE + ", got " + interval, wrong);
        }
        if (every.compareTo(SHORTEST) < 0 || every.compareTo(LONGEST) > 0) {
            throw new UsageException("--interval must be 200ms to 1h, got " + interval);
        }
        return every;
    }

    /** The key for servers that ask for one; null for none. The JDK would show one that can stand in no header. */
    static @Nullable String key(Environment environment) {
        String key = environment.variables().getOrDefault(KEY_VARIABLE, "").strip();
        if (!key.matches("[!-~]{0,4096}")) {
            throw new UsageException("the key in " + KEY_VARIABLE
                    + " is none: it has something else than visible letters, digits and signs");
        }
        return key.isEmpty() ? null : key;
    }

    /** Where a server is. What is no such address is not repeated: it may have a password in it. */
    static URI address(String flag, String text) {
        String rule = flag + " must be an address such as http://127.0.0.1:8080, without user, query or fragment";
        try {
            URI uri = new URI(text.strip());
            String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            if ((scheme.equals("http") || scheme.equals("https"))
                    && uri.getHost() != null
                    && uri.getPort() != 0
                    && uri.getPort() <= 65_535
                    && uri.getUserInfo() == null
                    && uri.getQuery() == null
                    && uri.getFragment() == null) {
                return uri;
            }
        } catch (URISyntaxException wrong) {
            throw new UsageException(rule, wrong);
        }
        throw new UsageException(rule);
    }

    /** The same, to which paths are added. */
    static URI base(String flag, String text) {
        String uri = address(flag, text).toString();
        return URI.create(uri.endsWith("/") ? uri.substring(0, uri.length() - 1) : uri);
    }

    private @Nullable SSLContext trust() {
        if (certificates == null) {
            return null;
        }
        try (InputStream in = Files.newInputStream(Path.of(certificates))) {
            KeyStore believed = KeyStore.getInstance(KeyStore.getDefaultType());
            believed.load(null, null);
            List<Certificate> read =
                    new ArrayList<>(CertificateFactory.getInstance("X.509").generateCertificates(in));
            for (int i = 0; i < read.size(); i++) {
                believed.setCertificateEntry("ca" + i, read.get(i));
            }
            if (read.isEmpty()) {
                throw new UsageException("--cacert " + certificates + " holds no certificate");
            }
            TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(believed);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return context;
        } catch (IOException | InvalidPathException | GeneralSecurityException unreadable) {
            throw new UsageException("--cacert " + certificates + " cannot be read as certificates in PEM", unreadable);
        }
    }
}
