package dev.tramontane.app;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * What is kept of answers, for those who come back to them.
 *
 * @param responseMemory bytes of heap of all responses
 * @param responseTime after a response's end
 * @param resumeBytes of one answer's events
 * @param resumeTime that a resumable answer waits for a reader
 */
record KeptChoice(OptionalLong responseMemory, Duration responseTime, long resumeBytes, Duration resumeTime) {
    static KeptChoice of(SettingValues values) {
        return new KeptChoice(
                values.size(Setting.RESPONSE_MEMORY),
                values.time(Setting.RESPONSE_TIME, "at most 744h", Duration.ZERO, Duration.ofDays(31)),
                values.size(Setting.RESUME_BYTES).orElseThrow(),
                values.time(Setting.RESUME_TIME, "at most 24h", Duration.ZERO, Duration.ofHours(24)));
    }
}
