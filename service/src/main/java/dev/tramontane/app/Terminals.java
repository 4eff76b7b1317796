package dev.tramontane.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** The terminal of this process. */
final class Terminals {
    private Terminals() {}

    /** Takes it over, with its signals. */
    static Terminal ofProcess() {
        try {
            return TerminalBuilder.builder()
                    .system(true)
                    .nativeSignals(true)
                    .signalHandler(Terminal.SignalHandler.SIG_IGN)
                    .build();
        } catch (IOException unusable) {
            throw new UncheckedIOException("the terminal cannot be used", unusable);
        }
    }
}
