package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class FormsWarmUpTest {
    /** What a server has said when it says that it serves. */
    @Test
    void masksAreWarmBeforeTheServerIsReady(@TempDir Path dir) throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger("dev.tramontane.generation");
        List<String> said = new CopyOnWriteArrayList<>();
        AppenderBase<ILoggingEvent> log = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                said.add(event.getFormattedMessage());
            }
        };
        log.start();
        logger.addAppender(log);
        logger.setLevel(Level.INFO);
        try (RunningService service = new RunningService(dir)) {
            assertThat(service.address).isNotEmpty();
            assertThat(said)
                    .anyMatch(line -> line.matches("forms of answers: .* masks are warm after .*[1-9][0-9]+ of them"));
        } finally {
            logger.detachAppender(log);
            logger.setLevel(null);
        }
    }
}
