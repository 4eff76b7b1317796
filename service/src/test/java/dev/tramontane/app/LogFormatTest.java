package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.joran.spi.JoranException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

/** The two forms of log lines, as the program's own configurations make them. */
class LogFormatTest {
    private static LoggerContext configured(String resource, String access) throws JoranException {
        LoggerContext context = new LoggerContext();
        context.setMDCAdapter(new LogbackMDCAdapter());
        context.putProperty("tramontane.log.level", "WARN");
        context.putProperty("tramontane.log.access", access);
        JoranConfigurator configurator = new JoranConfigurator();
        configurator.setContext(context);
        configurator.doConfigure(Objects.requireNonNull(LogFormatTest.class.getResource(resource)));
        return context;
    }

    private static String line(LoggerContext context, String message, boolean pairs) {
        Logger access = context.getLogger("access");
        LoggingEvent event = new LoggingEvent("", access, Level.INFO, message, null, new Object[0]);
        if (pairs) {
            event.addKeyValuePair(new KeyValuePair("id", "req_1"));
            event.addKeyValuePair(new KeyValuePair("ms", 7L));
        }
        ConsoleAppender<ILoggingEvent> appender =
                (ConsoleAppender<ILoggingEvent>) context.getLogger("ROOT").getAppender("stderr");
        return new String(appender.getEncoder().encode(event), StandardCharsets.UTF_8);
    }

    @Test
    void textIsOneLineWithItsPairs() throws JoranException {
        LoggerContext context = configured("/logback.xml", "INFO");
        assertThat(line(context, "GET /a 200", true)).matches("\\S+ INFO  access: GET /a 200 id=req_1 ms=7\\R");
        assertThat(line(context, "one\ntwo\r\nthree", false)).matches("\\S+ INFO  access: one \\| two \\| three\\R");
    }

    @Test
    void jsonIsOneObjectWithItsPairs() throws JoranException {
        String line = line(configured("/logback-json.xml", "INFO"), "GET /a\n200", true);
        assertThat(line).hasLineCount(1);
        JsonObject json = new JsonObject(line);
        assertThat(json.getString("formattedMessage")).isEqualTo("GET /a\n200");
        assertThat(json.getJsonArray("kvpList").encode()).isEqualTo("[{\"id\":\"req_1\"},{\"ms\":\"7\"}]");
    }

    /** The access log has its own switch, whatever else is logged. */
    @Test
    void accessLinesAreOnWhenTheyAreTurnedOn() throws JoranException {
        for (String resource : new String[] {"/logback.xml", "/logback-json.xml"}) {
            assertThat(configured(resource, "INFO").getLogger("access").isInfoEnabled())
                    .isTrue();
            assertThat(configured(resource, "OFF").getLogger("access").isErrorEnabled())
                    .isFalse();
            assertThat(configured(resource, "INFO").getLogger("else").isInfoEnabled())
                    .isFalse();
        }
    }
}
