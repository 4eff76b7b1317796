package dev.tramontane.app;

/** Tells the logging library its form and level, before the first logger exists. */
final class Logging {
    private Logging() {}

    /** Must come before anything that logs is loaded: logback reads the properties once. */
    static void configure(LogChoice choice, String defaultLevel) {
        System.setProperty("tramontane.log.level", choice.level().orElse(defaultLevel));
        System.setProperty("tramontane.log.access", choice.access() ? "INFO" : "OFF");
        if (choice.json()) {
            System.setProperty("logback.configurationFile", "logback-json.xml");
        }
    }
}
