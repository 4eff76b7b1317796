package dev.tramontane.hub;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A web server of a test's own that also says what is not so: its answers are written as they are given, whatever their
 * headers promise. One request a connection.
 */
public final class HubServer implements AutoCloseable {
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");

    private final ServerSocket listening;
    private final Map<String, Service> services = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();

    /** A request; names of headers in small letters. */
    public record Request(String method, String path, Map<String, String> headers) {
        public @Nullable String header(String name) {
            return headers.get(name);
        }
    }

    /**
     * What is written.
     *
     * @param body after which the connection ends
     */
    public record Reply(int status, Map<String, String> headers, byte[] body) {
        public Reply with(String name, String value) {
            Map<String, String> more = new LinkedHashMap<>(headers);
            more.put(name, value);
            return new Reply(status, more, body);
        }

        /** As if it went on. */
        public Reply cutAfter(int bytes) {
            return new Reply(status, headers, Arrays.copyOf(body, Math.min(bytes, body.length)));
        }
    }

    /** Answers; null for never, which holds the connection open. */
    @FunctionalInterface
    public interface Service {
        public @Nullable Reply answer(Request request);
    }

    public HubServer() throws IOException {
        listening = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    public URI uri() {
        return URI.create("http://127.0.0.1:" + listening.getLocalPort());
    }

    public int port() {
        return listening.getLocalPort();
    }

    public HubServer on(String path, Service service) {
        services.put(path, service);
        return this;
    }

    /** Answers whatever stands behind a question mark, where nothing is said of a whole path. */
    public HubServer asked(String path, Service service) {
        return on(path + "?*", service);
    }

    /** A file that can be had in parts. */
    public HubServer file(String path, byte[] bytes) {
        return on(path, request -> part(request, bytes));
    }

    public List<Request> requests() {
        return List.copyOf(requests);
    }

    /** Requests of one path. */
    public List<Request> requests(String path) {
        return requests.stream().filter(request -> request.path().equals(path)).toList();
    }

    public static Reply reply(int status, byte[] body) {
        return new Reply(status, Map.of("Content-Length", Integer.toString(body.length)), body);
    }

    public static Reply json(String text) {
        return reply(200, text.getBytes(StandardCharsets.UTF_8)).with("Content-Type", "application/json");
    }

    public static Reply redirect(URI to) {
        return reply(302, new byte[0]).with("Location", to.toString());
    }

    /** Where a part begins that was asked for; -1 where all was. */
    public static int from(Request request) {
        Matcher range = RANGE.matcher(String.valueOf(request.header("range")));
        return range.matches() ? Integer.parseInt(range.group(1)) : -1;
    }

    /** What was asked for of a file: all of it, or a part. */
    public static Reply part(Request request, byte[] bytes) {
        Matcher range = RANGE.matcher(String.valueOf(request.header("range")));
        if (!range.matches()) {
            return reply(200, bytes).with("ETag", tag(bytes));
        }
        int from = Integer.parseInt(range.group(1));
        int to = Math.min(bytes.length, Integer.parseInt(range.group(2)) + 1);
        return reply(206, Arrays.copyOfRange(bytes, from, to))
                .with("ETag", tag(bytes))
                .with("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + bytes.length);
    }

    public static String tag(byte[] bytes) {
        return "\"" + Digest.sha256(bytes).substring(0, 16) + "\"";
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket socket = listening.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            Request request = read(new BufferedInputStream(socket.getInputStream()));
            requests.add(request);
            Service service = services.get(request.path());
            if (service == null) {
                service = services.get(request.path().replaceFirst("\\?.*", "") + "?*");
            }
            Reply reply = service == null ? reply(404, new byte[0]) : service.answer(request);
            if (reply == null) {
                socket.getInputStream().read(); // until the client goes
                return;
            }
            StringBuilder head = new StringBuilder("HTTP/1.1 " + reply.status() + " As it is\r\nConnection: close\r\n");
            reply.headers()
                    .forEach((name, value) ->
                            head.append(name).append(": ").append(value).append("\r\n"));
            OutputStream out = socket.getOutputStream();
            out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
            out.write(reply.body());
            out.flush();
            socket.shutdownOutput();
            // A close before the client's would reset what it has not read.
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException | UncheckedIOException gone) {
            return; // As clients do that have heard enough.
        }
    }

    private static Request read(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("no request");
            }
            head.write(next);
        }
        List<String> lines = head.toString(StandardCharsets.ISO_8859_1).lines().toList();
        Map<String, String> headers = new LinkedHashMap<>();
        for (String line : lines.subList(1, lines.size())) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                headers.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
        }
        String[] words = lines.getFirst().split(" ", -1);
        return new Request(words[0], words[1], headers);
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
