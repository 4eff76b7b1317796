package dev.tramontane.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.utils.InfoCmp.Capability;
import org.jline.utils.NonBlockingReader;

/** A person's terminal: a screen of its own while this is open, keys as they are pressed, lines cut to its size. */
final class TerminalDisplay implements Display {
    private static final String HOME = "\u001b[H";
    private static final String REST_OF_LINE = "\u001b[K";
    private static final String REST_OF_SCREEN = "\u001b[J";

    /** How soon a change of size and a signal are seen. */
    private static final long LOOK_MILLIS = 100;

    private final Terminal terminal;
    private final Attributes before;
    private final AtomicBoolean resized = new AtomicBoolean();
    private final AtomicBoolean interrupted = new AtomicBoolean();
    private List<String> shown = List.of();

    TerminalDisplay(Terminal terminal) {
        this.terminal = terminal;
        terminal.handle(Terminal.Signal.WINCH, signal -> resized.set(true));
        terminal.handle(Terminal.Signal.INT, signal -> interrupted.set(true));
        before = terminal.enterRawMode();
        terminal.puts(Capability.enter_ca_mode);
        terminal.puts(Capability.cursor_invisible);
        terminal.flush();
    }

    /** Takes over the process's terminal. */
    static TerminalDisplay ofProcess() {
        return new TerminalDisplay(Terminals.ofProcess());
    }

    /** SIGTERM came, or Ctrl-C where it is a signal. */
    void interrupt() {
        interrupted.set(true);
    }

    @Override
    public void show(List<String> lines) {
        shown = List.copyOf(lines);
        draw();
    }

    private void draw() {
        int columns = terminal.getSize().getColumns();
        int rows = terminal.getSize().getRows();
        StringBuilder screen = new StringBuilder(HOME);
        int room = rows <= 0 ? shown.size() : Math.min(rows, shown.size());
        for (int row = 0; row < room; row++) {
            boolean cut = row == room - 1 && room < shown.size();
            String line = cut ? "... " + (shown.size() - row) + " more lines" : shown.get(row);
            screen.append(cut(line, columns)).append(REST_OF_LINE);
            if (row < room - 1) {
                screen.append("\r\n");
            }
        }
        terminal.writer().print(screen.append(REST_OF_SCREEN));
        terminal.flush();
    }

    private static String cut(String line, int columns) {
        return columns <= 0 || line.length() <= columns ? line : line.substring(0, columns);
    }

    @Override
    public int key(Duration most) {
        long left = most.toMillis();
        try {
            while (true) {
                if (interrupted.get()) {
                    return 'q';
                }
                if (resized.getAndSet(false)) {
                    draw();
                }
                int key = terminal.reader().read(Math.clamp(left, 1, LOOK_MILLIS));
                if (key == NonBlockingReader.EOF) {
                    return 'q';
                }
                if (key != NonBlockingReader.READ_EXPIRED) {
                    return key;
                }
                left -= LOOK_MILLIS;
                if (left <= 0) {
                    return NONE;
                }
            }
        } catch (IOException gone) {
            return 'q'; // Nobody sits there any more.
        }
    }

    @Override
    public void close() {
        terminal.puts(Capability.cursor_visible);
        terminal.puts(Capability.exit_ca_mode);
        terminal.setAttributes(before);
        terminal.flush();
        try {
            terminal.close();
        } catch (IOException failed) {
            throw new UncheckedIOException("the terminal could not be restored", failed);
        }
    }
}
