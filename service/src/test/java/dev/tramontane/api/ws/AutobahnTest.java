package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * The cases of Autobahn's WebSocket suite by its numbers (groups 1 to 7 and 10; 9 measures, 12 and 13 compress, which is
 * not negotiated), against an echo made of the service's own parts. Where the suite only prefers an answer, ours is
 * pinned: text that is no UTF-8 is told at the message's end, not at its first wrong byte.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AutobahnTest {
    private static final int PROTOCOL = 1002;
    private static final int UTF8 = 1007;
    private static final int NORMAL = 1000;

    private final EchoServer echo = new EchoServer(0);

    @AfterAll
    void close() {
        echo.close();
    }

    /** What a client does. */
    @FunctionalInterface
    private interface Deed {
        void to(RawSocket socket) throws IOException;
    }

    /** @param expected texts, bytes as hex, pongs, and at last what it is closed with */
    private record Case(String number, Deed deed, List<String> expected) {}

    private final List<Case> cases = new ArrayList<>();

    private void add(String number, Deed deed, String... expected) {
        cases.add(new Case(number, deed, List.of(expected)));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(String text) {
        return "text " + text;
    }

    private static String pong(String payload) {
        return "pong " + HexFormat.of().formatHex(ascii(payload));
    }

    private static String closed(int code) {
        return "closed " + code;
    }

    /** Ends as a client that is content does. */
    private static Deed well(Deed deed) {
        return socket -> {
            deed.to(socket);
            socket.closeFrame(NORMAL);
        };
    }

    @TestFactory
    Stream<DynamicTest> autobahn() {
        lengths();
        controls();
        reserved();
        fragments();
        characters();
        closings();
        add(
                "10.1.1",
                well(s -> {
                    byte[] all = ascii("*".repeat(65536));
                    for (int at = 0; at < all.length; at += 1300) {
                        boolean last = at + 1300 >= all.length;
                        s.frame(
                                at == 0 ? RawSocket.TEXT : RawSocket.CONTINUATION,
                                last,
                                Arrays.copyOfRange(all, at, Math.min(all.length, at + 1300)));
                    }
                }),
                text("*".repeat(65536)),
                closed(NORMAL));
        assertThat(cases).extracting(Case::number).doesNotHaveDuplicates().hasSizeGreaterThan(220);
        return cases.stream().map(each -> DynamicTest.dynamicTest("autobahn " + each.number(), () -> check(each)));
    }

    private void check(Case each) throws IOException {
        List<String> seen = new ArrayList<>();
        try (RawSocket socket = RawSocket.open(echo.port)) {
            try {
                each.deed().to(socket);
            } catch (SocketException cut) {
                // It was closed while we still sent; what came before is looked at.
            }
            hear(socket, seen);
        }
        assertThat(seen).isEqualTo(each.expected());
    }

    /** The server waits for it, unless the client was first. */
    private static void answerClose(RawSocket socket) throws IOException {
        try {
            socket.closeFrame(NORMAL);
        } catch (SocketException ended) {
            // It was.
        }
    }

    private static void hear(RawSocket socket, List<String> seen) throws IOException {
        StringBuilder text = new StringBuilder();
        try {
            while (true) {
                RawSocket.Frame frame = socket.next();
                switch (frame.opcode()) {
                    case RawSocket.PONG -> seen.add("pong " + HexFormat.of().formatHex(frame.payload()));
                    case RawSocket.BINARY -> seen.add("bytes " + frame.payload().length);
                    case RawSocket.CLOSE -> {
                        seen.add("closed "
                                + (frame.payload().length == 0
                                        ? "without a code"
                                        : ByteBuffer.wrap(frame.payload()).getShort() & 0xffff));
                        answerClose(socket);
                        assertThat(socket.ends()).isTrue();
                        return;
                    }
                    default -> {
                        text.append(new String(frame.payload(), StandardCharsets.UTF_8));
                        if (frame.last()) {
                            seen.add("text " + text);
                            text.setLength(0);
                        }
                    }
                }
            }
        } catch (EOFException | SocketException cut) {
            seen.add("cut");
        }
    }

    private void lengths() {
        int[] lengths = {0, 125, 126, 127, 128, 65535, 65536, 65536};
        for (int i = 0; i < lengths.length; i++) {
            int length = lengths[i];
            int piece = i == 7 ? 997 : Integer.MAX_VALUE / 2;
            add(
                    "1.1." + (i + 1),
                    well(s -> {
                        s.piece = piece;
                        s.frame(RawSocket.TEXT, true, ascii("*".repeat(length)));
                    }),
                    text("*".repeat(length)),
                    closed(NORMAL));
            add(
                    "1.2." + (i + 1),
                            well(s -> {
                                s.piece = piece;
                                s.frame(RawSocket.BINARY, true, new byte[length]);
                            }),
                    "bytes " + length, closed(NORMAL));
        }
    }

    private void controls() {
        String odd = "\u0000\u0001\u007f";
        add("2.1", well(s -> s.frame(RawSocket.PING, true, new byte[0])), pong(""), closed(NORMAL));
        add(
                "2.2",
                well(s -> s.frame(RawSocket.PING, true, ascii("Hello, world!"))),
                pong("Hello, world!"),
                closed(NORMAL));
        add("2.3", well(s -> s.frame(RawSocket.PING, true, ascii(odd))), pong(odd), closed(NORMAL));
        String longest = "x".repeat(125);
        add("2.4", well(s -> s.frame(RawSocket.PING, true, ascii(longest))), pong(longest), closed(NORMAL));
        add("2.5", s -> s.frame(RawSocket.PING, true, new byte[126]), closed(PROTOCOL));
        add(
                "2.6",
                well(s -> {
                    s.piece = 1;
                    s.frame(RawSocket.PING, true, ascii(longest));
                }),
                pong(longest),
                closed(NORMAL));
        add("2.7", well(s -> s.frame(RawSocket.PONG, true, new byte[0])), closed(NORMAL));
        add("2.8", well(s -> s.frame(RawSocket.PONG, true, ascii("unasked"))), closed(NORMAL));
        add(
                "2.9",
                well(s -> {
                    s.frame(RawSocket.PONG, true, ascii("unasked"));
                    s.frame(RawSocket.PING, true, ascii("ping"));
                }),
                pong("ping"),
                closed(NORMAL));
        for (int number = 10; number <= 11; number++) {
            int piece = number == 11 ? 1 : Integer.MAX_VALUE / 2;
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                expected.add(pong("payload-" + i));
            }
            expected.add(closed(NORMAL));
            add(
                    "2." + number,
                    well(s -> {
                        s.piece = piece;
                        for (int i = 0; i < 10; i++) {
                            s.frame(RawSocket.PING, true, ascii("payload-" + i));
                        }
                    }),
                    expected.toArray(String[]::new));
        }
    }

    private void reserved() {
        byte[] hello = ascii("Hello");
        add("3.1", s -> s.frame(0x80 | 1 << 4 | RawSocket.TEXT, true, 5, hello), closed(PROTOCOL));
        for (int bits = 2; bits <= 4; bits++) {
            int first = 0x80 | bits << 4 | RawSocket.TEXT;
            int piece = bits == 4 ? 1 : Integer.MAX_VALUE / 2;
            add(
                    "3." + bits,
                    s -> {
                        s.piece = piece;
                        s.frame(RawSocket.TEXT, true, hello);
                        s.frame(first, true, 5, hello);
                        s.frame(RawSocket.PING, true, new byte[0]);
                    },
                    text("Hello"),
                    closed(PROTOCOL));
        }
        add("3.5", s -> s.frame(0x80 | 5 << 4 | RawSocket.BINARY, true, 5, hello), closed(PROTOCOL));
        add("3.6", s -> s.frame(0x80 | 6 << 4 | RawSocket.PING, true, 5, hello), closed(PROTOCOL));
        add("3.7", s -> s.frame(0x80 | 7 << 4 | RawSocket.CLOSE, true, 5, hello), closed(PROTOCOL));
        for (int kind = 1; kind <= 2; kind++) {
            for (int i = 1; i <= 5; i++) {
                int opcode = (kind == 1 ? 2 : 10) + i;
                if (i <= 2) {
                    byte[] payload = i == 1 ? new byte[0] : hello;
                    add("4." + kind + "." + i, s -> s.frame(opcode, true, payload), closed(PROTOCOL));
                } else {
                    int piece = i == 5 ? 1 : Integer.MAX_VALUE / 2;
                    add(
                            "4." + kind + "." + i,
                            s -> {
                                s.piece = piece;
                                s.frame(RawSocket.TEXT, true, hello);
                                s.frame(opcode, true, hello);
                                s.frame(RawSocket.PING, true, new byte[0]);
                            },
                            text("Hello"),
                            closed(PROTOCOL));
                }
            }
        }
    }

    private void fragments() {
        byte[] one = ascii("fragment1");
        byte[] two = ascii("fragment2");
        String both = text("fragment1fragment2");
        add("5.1", s -> s.frame(RawSocket.PING, false, one), closed(PROTOCOL));
        add("5.2", s -> s.frame(RawSocket.PONG, false, one), closed(PROTOCOL));
        for (int i = 0; i < 3; i++) {
            int piece = i == 2 ? 1 : Integer.MAX_VALUE / 2;
            add(
                    "5." + (3 + i),
                    well(s -> {
                        s.piece = piece;
                        s.frame(RawSocket.TEXT, false, one);
                        s.frame(RawSocket.CONTINUATION, true, two);
                    }),
                    both,
                    closed(NORMAL));
            add(
                    "5." + (6 + i),
                    well(s -> {
                        s.piece = piece;
                        s.frame(RawSocket.TEXT, false, one);
                        s.frame(RawSocket.PING, true, ascii("ping"));
                        s.frame(RawSocket.CONTINUATION, true, two);
                    }),
                    pong("ping"),
                    both,
                    closed(NORMAL));
            for (int part = 0; part < 2; part++) {
                boolean last = part == 0;
                add(
                        "5." + (9 + 3 * part + i),
                        s -> {
                            s.piece = piece;
                            s.frame(RawSocket.CONTINUATION, last, one);
                            s.frame(RawSocket.TEXT, true, ascii("Hello"));
                        },
                        closed(PROTOCOL));
            }
        }
        add(
                "5.15",
                s -> {
                    s.frame(RawSocket.TEXT, false, one);
                    s.frame(RawSocket.CONTINUATION, true, two);
                    s.frame(RawSocket.CONTINUATION, false, one);
                    s.frame(RawSocket.TEXT, true, two);
                },
                both,
                closed(PROTOCOL));
        for (int i = 0; i < 2; i++) {
            boolean last = i == 1;
            add(
                    "5." + (16 + i),
                    s -> {
                        s.frame(RawSocket.CONTINUATION, last, one);
                        s.frame(RawSocket.TEXT, false, one);
                        s.frame(RawSocket.CONTINUATION, true, two);
                    },
                    closed(PROTOCOL));
        }
        add(
                "5.18",
                s -> {
                    s.frame(RawSocket.TEXT, false, one);
                    s.frame(RawSocket.TEXT, true, two);
                },
                closed(PROTOCOL));
        for (int i = 0; i < 2; i++) {
            int piece = i == 1 ? 1 : Integer.MAX_VALUE / 2;
            add(
                    "5." + (19 + i),
                    well(s -> {
                        s.piece = piece;
                        s.frame(RawSocket.TEXT, false, ascii("1"));
                        s.frame(RawSocket.CONTINUATION, false, ascii("2"));
                        s.frame(RawSocket.PING, true, ascii("a"));
                        s.frame(RawSocket.CONTINUATION, false, ascii("3"));
                        s.frame(RawSocket.CONTINUATION, false, ascii("4"));
                        s.frame(RawSocket.PING, true, ascii("b"));
                        s.frame(RawSocket.CONTINUATION, true, ascii("5"));
                    }),
                    pong("a"),
                    pong("b"),
                    text("12345"),
                    closed(NORMAL));
        }
    }

    private void valid(String number, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        add(
                number,
                well(s -> s.frame(RawSocket.TEXT, true, bytes)),
                text(new String(bytes, StandardCharsets.UTF_8)),
                closed(NORMAL));
    }

    private void invalid(String number, String hex) {
        add(number, s -> s.frame(RawSocket.TEXT, true, HexFormat.of().parseHex(hex)), closed(UTF8));
    }

    private void allInvalid(String group, String... hex) {
        for (int i = 0; i < hex.length; i++) {
            invalid(group + "." + (i + 1), hex[i]);
        }
    }

    private void allValid(String group, String... hex) {
        for (int i = 0; i < hex.length; i++) {
            valid(group + "." + (i + 1), hex[i]);
        }
    }

    private void characters() {
        String greek = "cebae1bdb9cf83cebcceb5";
        add("6.1.1", well(s -> s.frame(RawSocket.TEXT, true, new byte[0])), text(""), closed(NORMAL));
        for (int i = 0; i < 2; i++) {
            byte[] middle = ascii(i == 0 ? "" : "middle frame payload");
            add(
                    "6.1." + (2 + i),
                    well(s -> {
                        s.frame(RawSocket.TEXT, false, new byte[0]);
                        s.frame(RawSocket.CONTINUATION, false, middle);
                        s.frame(RawSocket.CONTINUATION, true, new byte[0]);
                    }),
                    text(new String(middle, StandardCharsets.UTF_8)),
                    closed(NORMAL));
        }
        String hello = "Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!";
        byte[] bytes = ascii(hello);
        int[] sizes = {bytes.length, 12, 1, 1};
        for (int i = 0;
                i < sizes.length;
                i++) { // In one frame, in two, in one for each byte; and Greek in the same way.
            byte[] all = i == 3 ? HexFormat.of().parseHex(greek) : bytes;
            int size = sizes[i];
            add(
                    "6.2." + (i + 1),
                    well(s -> inFrames(s, all, size)),
                    text(new String(all, StandardCharsets.UTF_8)),
                    closed(NORMAL));
        }
        byte[] broken = HexFormat.of().parseHex(greek + "eda080656469746564");
        add("6.3.1", s -> s.frame(RawSocket.TEXT, true, broken), closed(UTF8));
        add("6.3.2", s -> inFrames(s, broken, 1), closed(UTF8));
        for (int i = 0; i < 4; i++) { // The suite would have it told at once; at the message's end it calls non-strict.
            byte[] wrong = HexFormat.of().parseHex(greek + (i % 2 == 0 ? "f4908080" : "f490") + "656469746564");
            int piece = i < 2 ? Integer.MAX_VALUE / 2 : 1;
            add(
                    "6.4." + (i + 1),
                    s -> {
                        s.piece = piece;
                        s.frame(RawSocket.TEXT, false, Arrays.copyOf(wrong, 11));
                        s.frame(RawSocket.CONTINUATION, false, Arrays.copyOfRange(wrong, 11, 13));
                        s.frame(RawSocket.CONTINUATION, true, Arrays.copyOfRange(wrong, 13, wrong.length));
                    },
                    closed(UTF8));
        }
        allValid("6.5", greek, "ceba", "e1bdb9", "cf83", "cebcceb5");
        int[] whole = {2, 5, 7, 9, 11};
        for (int length = 1; length <= 11; length++) {
            String part = greek.substring(0, 2 * length);
            int asked = length;
            if (Arrays.stream(whole).anyMatch(end -> end == asked)) {
                valid("6.6." + length, part);
            } else {
                invalid("6.6." + length, part);
            }
        }
        allValid("6.7", "00", "c280", "e0a080", "f0908080");
        allInvalid("6.8", "f888808080", "fc8480808080");
        allValid("6.9", "7f", "dfbf", "efbfbf", "f48fbfbf");
        allInvalid("6.10", "f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf");
        allValid("6.11", "ed9fbf", "ee8080", "efbfbd", "f48fbfbf");
        invalid("6.11.5", "f4908080");
        StringBuilder continuations = new StringBuilder();
        for (int i = 0x80; i <= 0xbf; i++) {
            continuations.append(Integer.toHexString(i));
        }
        allInvalid(
                "6.12",
                "80",
                "bf",
                "80bf",
                "80bf80",
                "80bf80bf",
                "80bf80bf80",
                "80bf80bf80bf",
                continuations.toString());
        allInvalid("6.13", "c020", "e020", "f020", "f820", "fc20");
        allInvalid(
                "6.14",
                "c0",
                "e080",
                "f08080",
                "f8808080",
                "fc80808080",
                "df",
                "efbf",
                "f7bfbf",
                "fbbfbfbf",
                "fdbfbfbfbf");
        invalid("6.15.1", "c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf");
        allInvalid("6.16", "fe", "ff", "fefeffff");
        allInvalid("6.17", "c0af", "e080af", "f08080af", "f8808080af", "fc80808080af");
        allInvalid("6.18", "c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf");
        allInvalid("6.19", "c080", "e08080", "f0808080", "f880808080", "fc8080808080");
        allInvalid("6.20", "eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf");
        allInvalid(
                "6.21",
                "eda080edb080",
                "eda080edbfbf",
                "edadbfedb080",
                "edadbfedbfbf",
                "edae80edb080",
                "edae80edbfbf",
                "edafbfedb080",
                "edafbfedbfbf");
        int number = 1;
        for (int plane = 0; plane <= 16; plane++) {
            for (int last = 0xfffe; last <= 0xffff; last++) {
                byte[] encoded = Character.toString(plane << 16 | last).getBytes(StandardCharsets.UTF_8);
                valid("6.22." + number++, HexFormat.of().formatHex(encoded));
            }
        }
        allValid("6.23", "efbfb9", "efbfba", "efbfbb", "efbfbc", "efbfbd", "efbfbdefbfbd", "efbfbe");
    }

    private static void inFrames(RawSocket socket, byte[] all, int size) throws IOException {
        for (int at = 0; at < all.length; at += size) {
            int end = Math.min(all.length, at + size);
            socket.frame(
                    at == 0 ? RawSocket.TEXT : RawSocket.CONTINUATION,
                    end == all.length,
                    Arrays.copyOfRange(all, at, end));
        }
    }

    private static byte[] close(int code, byte[] reason) {
        return ByteBuffer.allocate(2 + reason.length)
                .putShort((short) code)
                .put(reason)
                .array();
    }

    private void closings() {
        byte[] hello = ascii("Hello World!");
        add("7.1.1", well(s -> s.frame(RawSocket.TEXT, true, hello)), text("Hello World!"), closed(NORMAL));
        add("7.1.2", well(s -> s.closeFrame(NORMAL)), closed(NORMAL));
        add(
                "7.1.3",
                s -> {
                    s.closeFrame(NORMAL);
                    s.frame(RawSocket.PING, true, new byte[0]);
                },
                closed(NORMAL));
        add(
                "7.1.4",
                s -> {
                    s.closeFrame(NORMAL);
                    s.frame(RawSocket.TEXT, true, hello);
                },
                closed(NORMAL));
        add(
                "7.1.5",
                s -> {
                    s.frame(RawSocket.TEXT, false, ascii("fragment1"));
                    s.closeFrame(NORMAL);
                    s.frame(RawSocket.CONTINUATION, true, ascii("fragment2"));
                },
                closed(NORMAL));
        add(
                "7.1.6",
                s -> {
                    s.frame(RawSocket.TEXT, true, ascii("BAsd7&jh23".repeat(26_214)));
                    s.frame(RawSocket.TEXT, true, hello);
                    s.closeFrame(NORMAL);
                    s.frame(RawSocket.PING, true, new byte[0]);
                },
                text("BAsd7&jh23".repeat(26_214)),
                text("Hello World!"),
                closed(NORMAL));
        add("7.3.1", s -> s.frame(RawSocket.CLOSE, true, new byte[0]), closed(NORMAL));
        add("7.3.2", s -> s.frame(RawSocket.CLOSE, true, ascii("a")), closed(PROTOCOL));
        add("7.3.3", s -> s.closeFrame(NORMAL), closed(NORMAL));
        add("7.3.4", s -> s.frame(RawSocket.CLOSE, true, close(NORMAL, hello)), closed(NORMAL));
        add("7.3.5", s -> s.frame(RawSocket.CLOSE, true, close(NORMAL, new byte[123])), closed(NORMAL));
        add("7.3.6", s -> s.frame(RawSocket.CLOSE, true, close(NORMAL, new byte[124])), closed(PROTOCOL));
        add(
                "7.5.1",
                s -> s.frame(RawSocket.CLOSE, true, close(NORMAL, HexFormat.of().parseHex("cebaeda080"))),
                closed(UTF8));
        int[] good = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999};
        for (int i = 0; i < good.length; i++) {
            int code = good[i];
            add("7.7." + (i + 1), s -> s.closeFrame(code), closed(code));
        }
        int[] bad = {0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999};
        for (int i = 0; i < bad.length; i++) {
            int code = bad[i];
            add("7.9." + (i + 1), s -> s.closeFrame(code), closed(PROTOCOL));
        }
        add("7.13.1", s -> s.closeFrame(5000), closed(5000)); // The suite leaves these two open.
        add("7.13.2", s -> s.closeFrame(65535), closed(65535));
    }
}
