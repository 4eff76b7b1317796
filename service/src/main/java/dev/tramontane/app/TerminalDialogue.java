package dev.tramontane.app;

import java.io.IOException;
import java.util.Optional;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;

/** A person at a terminal: line editing and history by JLine, Ctrl-C stops the answer, Ctrl-D ends. */
final class TerminalDialogue implements Dialogue {
    private final Terminal terminal;
    private final LineReader reader;

    private TerminalDialogue(Terminal terminal) {
        this.terminal = terminal;
        // What people say has apostrophes, backslashes and exclamation marks: none of them means anything here.
        DefaultParser plain = new DefaultParser().quoteChars(new char[0]).escapeChars(new char[0]);
        reader = LineReaderBuilder.builder()
                .terminal(terminal)
                .parser(plain)
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .option(LineReader.Option.BRACKETED_PASTE, true)
                .build();
    }

    /** Takes over the process's terminal. */
    static TerminalDialogue ofProcess() {
        return new TerminalDialogue(Terminals.ofProcess());
    }

    @Override
    public Optional<String> read() {
        while (true) {
            try {
                return Optional.of(reader.readLine("> "));
            } catch (UserInterruptException cleared) {
                remark("Ctrl-D ends the chat");
            } catch (EndOfFileException end) {
                return Optional.empty();
            }
        }
    }

    @Override
    public void print(String text) {
        terminal.writer().print(text);
        terminal.flush();
    }

    @Override
    public void remark(String text) {
        terminal.writer().println("(" + text + ")");
        terminal.flush();
    }

    @Override
    public void onInterrupt(Runnable action) {
        terminal.handle(Terminal.Signal.INT, signal -> action.run());
    }

    @Override
    public void close() {
        try {
            terminal.close();
        } catch (IOException ignored) {
            // The program ends; a terminal that cannot be put back is nothing that could be mended here.
            remark("the terminal could not be restored: " + ignored.getMessage());
        }
    }
}
