package dev.tramontane.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InstallerLogTest {
    @Test
    void keepsErrorsAndOneCause() {
        String pip = "Looking in indexes: x\n"
                + "WARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError('<pip._vendor.X"
                + " object at 0x7fb4>: Failed: [Errno 111] refused')': /simple/small/\n"
                + "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<pip._vendor.X"
                + " object at 0x7fe9>: Failed: [Errno 111] refused')': /simple/small/\n"
                + "ERROR: Could not find a version\n"
                + "ERROR: No matching distribution found\n";
        assertThat(InstallerLog.shortened(pip, 1))
                .isEqualTo(
                        "Failed: [Errno 111] refused')': /simple/small/ / ERROR: Could not find a version / ERROR: No"
                                + " matching distribution found");
        String uv =
                "Using CPython\nerror: Request failed after 3 retries\n  cause: Connection refused (os error 111)\n";
        assertThat(InstallerLog.shortened(
                        "Using CPython\n  \u00d7 No solution found\n  \u2570\u2500\u25b6 Because\n", 1))
                .isEqualTo("\u00d7 No solution found / \u2570\u2500\u25b6 Because");
        assertThat(InstallerLog.shortened(uv, 2))
                .isEqualTo("error: Request failed after 3 retries / cause: Connection refused (os error 111)");
    }

    @Test
    void isOneLineWhateverWasSaid() {
        assertThat(InstallerLog.shortened("", 9)).isEqualTo("nothing, and ends with code 9");
        assertThat(InstallerLog.shortened("Traceback\n  File x\nKeyError: 'y'\n\n", 1))
                .isEqualTo("KeyError: 'y'");
        String long1 = InstallerLog.shortened("ERROR: \u001b[31m" + "a\tb\u0000".repeat(1000), 1);
        assertThat(long1).hasSize(240).startsWith("ERROR: a b").doesNotContain("\u001b", "\t", "\u0000");
        assertThat(InstallerLog.shortened("ERROR: x\n".repeat(50), 1)).isEqualTo("ERROR: x / ERROR: x / ERROR: x");
    }
}
