package dev.tramontane.api;

import dev.tramontane.fixtures.OwnProcess;
import dev.tramontane.fixtures.TinyModel;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Ten thousand idle WebSockets on one process, then a thousand streams beside them: the memory that a connection takes,
 * how many were dropped, and the time to the first token and between tokens of one more client. The model is tiny, so
 * that the figures are the service's. Not a test; needs 11,500 descriptors a process ({@code ulimit -n}). Run it from
 * {@code service} after {@code mvn -DskipTests package}:
 *
 * <pre>java --enable-native-access=ALL-UNNAMED -cp "target/test-classes:target/classes:target/lib/*" \
 *     dev.tramontane.api.ManyConnectionsBenchmark [sockets [streams]]</pre>
 */
public final class ManyConnectionsBenchmark {
    private static final Pattern PORT = Pattern.compile("tramontane: serving \\S+ at http://127.0.0.1:(\\d+)");
    private static final int ANSWER = 300;

    private final int port;
    private final long pid;
    private final AtomicInteger dropped = new AtomicInteger();
    private volatile boolean over;

    private ManyConnectionsBenchmark(int port, long pid) {
        this.port = port;
        this.pid = pid;
    }

    /** See above. */
    public static void main(String[] arguments) throws Exception {
        int sockets = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 10_000;
        int streams = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1000;
        Path dir = Files.createTempDirectory("many");
        Process process = OwnProcess.serve(
                        List.of(OwnProcess.OWN_LOG, "-Xmx1g"),
                        "--model",
                        TinyModel.PLAIN.withContext(1024).writeTo(dir).toString(),
                        "--port",
                        "0",
                        "--threads",
                        "1",
                        "--max-connections",
                        Integer.toString(sockets + streams + 200),
                        "--max-sequences",
                        Integer.toString(streams + 8),
                        "--queue-requests",
                        Integer.toString(streams + 8),
                        "--cache-memory",
                        "512MiB")
                .redirectOutput(dir.resolve("out").toFile())
                .redirectError(dir.resolve("err").toFile())
                .start();
        try {
            Matcher address;
            do {
                TimeUnit.MILLISECONDS.sleep(50);
                address = PORT.matcher(Files.readString(dir.resolve("out")));
            } while (!address.find() && process.isAlive());
            new ManyConnectionsBenchmark(Integer.parseInt(address.group(1)), process.pid()).run(sockets, streams);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private void run(int sockets, int streams) throws Exception {
        oneMore("warming up");
        oneMore("alone");
        long before = residentKilobytes();
        CountDownLatch open = new CountDownLatch(sockets);
        for (int i = 0; i < sockets; i++) {
            Thread.ofVirtual().start(() -> idle(open));
            if (i % 200 == 0) {
                TimeUnit.MILLISECONDS.sleep(50); // A backlog is finite.
            }
        }
        open.await();
        TimeUnit.SECONDS.sleep(40); // Two heartbeats and more: who is dead for the server has been dropped by now.
        long after = residentKilobytes();
        System.out.printf(
                Locale.ROOT,
                "%d idle sockets: %d dropped, resident %.1f -> %.1f MiB, %.1f KiB a connection%n",
                sockets,
                dropped.get(),
                before / 1024.0,
                after / 1024.0,
                (after - before) / (double) sockets);
        oneMore("beside the idle");
        AtomicInteger whole = new AtomicInteger();
        Queue<String> broken = new ConcurrentLinkedQueue<>();
        List<Thread> readers = new ArrayList<>();
        long began = System.nanoTime();
        for (int i = 0; i < streams; i++) {
            readers.add(Thread.ofVirtual().start(() -> {
                try {
                    if (stream(ANSWER).whole()) {
                        whole.incrementAndGet();
                    } else {
                        broken.add("cut before its end");
                    }
                } catch (IOException cut) {
                    broken.add(cut.toString());
                }
            }));
        }
        TimeUnit.SECONDS.sleep(2);
        for (int i = 0; i < 3 && readers.stream().anyMatch(Thread::isAlive); i++) {
            oneMore("beside the idle and the streams");
        }
        for (Thread reader : readers) {
            reader.join();
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        System.out.printf(
                Locale.ROOT,
                "%d streams of %d tokens: %d whole, %d broken %s, %.0f tokens/s, resident %.1f MiB; sockets dropped: %d%n",
                streams,
                ANSWER,
                whole.get(),
                broken.size(),
                broken.stream().distinct().limit(3).toList(),
                streams * (double) ANSWER / seconds,
                residentKilobytes() / 1024.0,
                dropped.get());
        over = true;
    }

    /** An idle socket, which answers pings as any client does. */
    private void idle(CountDownLatch open) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(RawClient.upgrade().getBytes(StandardCharsets.US_ASCII));
            DataInputStream in = new DataInputStream(socket.getInputStream());
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                head.append((char) in.readUnsignedByte());
            }
            open.countDown();
            while (true) {
                int opcode = in.readUnsignedByte() & 15;
                in.skipNBytes(in.readUnsignedByte());
                if (opcode == RawClient.PING) {
                    socket.getOutputStream().write(RawClient.frame(10, new byte[0]));
                }
            }
        } catch (IOException gone) {
            if (!over) {
                dropped.incrementAndGet();
            }
        }
    }

    /**
     * @param times at which its texts came, in nanoseconds since it was asked for
     * @param whole whether its end came, too
     */
    private record Heard(List<Long> times, boolean whole) {}

    private Heard stream(int tokens) throws IOException {
        long asked = System.nanoTime();
        List<Long> times = new ArrayList<>();
        boolean whole = false;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            String body =
                    "{\"prompt\": \"hello\", \"stream\": true, \"ignore_eos\": true, \"max_tokens\": " + tokens + "}";
            socket.getOutputStream()
                    .write(RawClient.post("/v1/completions", body).getBytes(StandardCharsets.US_ASCII));
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            for (String line = lines.readLine();
                    line != null && !line.equals("data: [DONE]");
                    line = lines.readLine()) {
                whole |= line.contains("\"finish_reason\":\"length\"");
                if (line.startsWith("data: ") && !line.contains("\"text\":\"\"")) {
                    times.add(System.nanoTime() - asked);
                }
            }
        }
        return new Heard(times, whole);
    }

    private void oneMore(String when) throws IOException {
        List<Long> times = stream(100).times();
        long[] gaps = new long[times.size() - 1];
        for (int i = 0; i < gaps.length; i++) {
            gaps[i] = times.get(i + 1) - times.get(i);
        }
        Arrays.sort(gaps);
        System.out.printf(
                Locale.ROOT,
                "one more client, %s: first token %.1f ms; between tokens median %.2f ms, 99 %% %.2f ms%n",
                when,
                times.getFirst() / 1e6,
                gaps[gaps.length / 2] / 1e6,
                gaps[gaps.length * 99 / 100] / 1e6);
    }

    private long residentKilobytes() throws IOException {
        String status = Files.readString(Path.of("/proc", Long.toString(pid), "status"));
        return Long.parseLong(status.replaceAll("(?s).*VmRSS:\\s+(\\d+) kB.*", "$1"));
    }
}
