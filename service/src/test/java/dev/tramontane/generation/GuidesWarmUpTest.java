package dev.tramontane.generation;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.fixtures.ByteTokenizer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What the log says of a warm-up, as it ends and where it fails. */
class GuidesWarmUpTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger(Guides.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        log.start();
        logger.addAppender(log);
        logger.setLevel(Level.INFO);
        logger.setAdditive(false);
    }

    @AfterEach
    void leave() {
        logger.detachAppender(log);
        logger.setLevel(null);
        logger.setAdditive(true);
    }

    private static Guides guides(ByteTokenizer tokenizer) {
        return new Guides(AnswerStyle.PLAIN, new TokenTexts(tokenizer), ByteTokenizer.SIZE, GuideObserver.NONE);
    }

    @Test
    void saysHowManyMasksItMade() {
        guides(new ByteTokenizer()).warmUp();
        assertThat(log.list).hasSize(1);
        assertThat(log.list.getFirst().getLevel()).isEqualTo(Level.INFO);
        assertThat(log.list.getFirst().getFormattedMessage())
                .matches(
                        "forms of answers: the vocabulary of 259 tokens was put in order in \\d+ ms, and masks are warm after \\d+ ms more and \\d{4} of them");
    }

    @Test
    void aFaultIsLoggedAndNothingElseComesOfIt() {
        RuntimeException fault = new IllegalStateException("no bytes");
        guides(new ByteTokenizer() {
                    @Override
                    public byte[] bytes(int id) {
                        throw fault;
                    }
                })
                .warmUp();
        assertThat(log.list).hasSize(1);
        assertThat(log.list.getFirst().getLevel()).isEqualTo(Level.ERROR);
        assertThat(log.list.getFirst().getThrowableProxy().getMessage()).isEqualTo("no bytes");
    }
}
