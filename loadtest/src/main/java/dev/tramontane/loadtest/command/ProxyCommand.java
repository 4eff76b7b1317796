package dev.tramontane.loadtest.command;

import dev.tramontane.faults.Fault;
import dev.tramontane.faults.FaultProxy;
import dev.tramontane.loadtest.measure.Durations;
import dev.tramontane.loadtest.plan.InvalidPlanException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** A bad network between clients and a server. */
@CommandLine.Command(
        name = "proxy",
        mixinStandardHelpOptions = true,
        description = "Stand between clients and a server and be a bad network, until Ctrl-C.",
        footer = {
            "",
            "Examples:",
            "  proxy --url http://127.0.0.1:8080 --delay 200ms --bytes-per-second 2000",
            "  proxy --url http://127.0.0.1:8080 --cut reset --after 5000",
            "",
            "Knows nothing of TLS or HTTP: it passes bytes on. Listens on 127.0.0.1 only."
        })
final class ProxyCommand implements Callable<Integer> {
    @Option(names = "--url", paramLabel = "URL", required = true, description = "The server, as in http://HOST:PORT.")
    private String url = "";

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "0",
            description = "Where clients come. Default: a free port.")
    private int port;

    @Option(
            names = "--delay",
            paramLabel = "TIME",
            defaultValue = "0s",
            description = "Hold each piece of up to 8 KiB for so long.")
    private String delay = "";

    @Option(
            names = "--bytes-per-second",
            paramLabel = "N",
            defaultValue = "0",
            description = "Let no more through. Default: all that come.")
    private long bytesPerSecond;

    @Option(
            names = "--cut",
            paramLabel = "HOW",
            defaultValue = "none",
            description =
                    "End connections: reset (both sides get a reset), truncate (whoever receives gets an orderly end),"
                            + " black_hole (nothing passes any more and nobody is told), none. Default: none.")
    private String cut = "";

    @Option(
            names = "--after",
            paramLabel = "BYTES",
            defaultValue = "0",
            description = "How many bytes of a connection pass before the cut.")
    private long after;

    @Option(
            names = "--toward",
            paramLabel = "SIDE",
            defaultValue = "clients",
            description = "Which direction suffers: what goes to clients, to the server, or both. Default: clients.")
    private String toward = "";

    private final Surroundings around;

    ProxyCommand(Surroundings around) {
        this.around = around;
    }

    @Override
    public Integer call() {
        Fault fault = fault();
        boolean both = one("--toward", toward, "clients", "server", "both").equals("both");
        URI server = URI.create(TargetOptions.url("--url", url));
        try (FaultProxy proxy = FaultProxy.before(new InetSocketAddress(server.getHost(), portOf(server)), port)) {
            proxy.toClients(both || toward.equals("clients") ? fault : Fault.NONE);
            proxy.toServer(both || toward.equals("server") ? fault : Fault.NONE);
            around.out()
                    .println("loadtest: " + server.getScheme() + "://127.0.0.1:" + proxy.port() + " stands before "
                            + url);
            new CountDownLatch(1).await(); // The process is ended from outside.
        } catch (IOException taken) {
            throw new InvalidPlanException("--port " + port + " cannot be listened on: " + taken.getMessage(), taken);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
        return LoadCommand.INTERRUPTED;
    }

    private static int portOf(URI server) {
        return server.getPort() >= 0 ? server.getPort() : server.getScheme().equals("https") ? 443 : 80;
    }

    private Fault fault() {
        Fault.End end = Fault.End.valueOf(
                one("--cut", cut, "none", "reset", "truncate", "black_hole").toUpperCase(Locale.ROOT));
        if (end == Fault.End.NONE && after > 0) {
            throw new InvalidPlanException("--after says when to cut: say how with --cut as well");
        }
        if (after < 0 || bytesPerSecond < 0 || port < 0 || port > 65_535) {
            throw new InvalidPlanException("--after and --bytes-per-second must be 0 or more, --port 0 to 65535");
        }
        return Fault.NONE
                .delayed(Duration.ofNanos((long) (Durations.parse("--delay", delay) * 1e9)))
                .throttled(bytesPerSecond)
                .ending(end, after);
    }

    private static String one(String option, String value, String... of) {
        if (!List.of(of).contains(value)) {
            throw new InvalidPlanException(option + " must be one of " + String.join(", ", of) + ", got " + value);
        }
        return value;
    }
}
