package dev.tramontane.loadtest.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.loadtest.client.Continuation;
import dev.tramontane.loadtest.client.End;
import dev.tramontane.loadtest.client.Outcome;
import dev.tramontane.loadtest.measure.Slo;
import dev.tramontane.loadtest.measure.Tally;
import dev.tramontane.loadtest.plan.Ask;
import dev.tramontane.loadtest.plan.Behaviour;
import dev.tramontane.loadtest.plan.Tenant;
import dev.tramontane.loadtest.run.Verification;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class ReportTest {
    private static Result result(int requests) {
        Tally tally = new Tally(Slo.parse("--slo", "ttft=50ms"), false, 0, 0);
        for (long i = 0; i < requests; i++) {
            long at = i * 100_000_000;
            tally.started(at, at);
            tally.ended(new Outcome(
                    new Ask(i, () -> "", 3, Tenant.ANYONE, Behaviour.STEADY, List.of(1)),
                    i % 7 == 6 ? End.FAILED : End.FINISHED,
                    i % 7 == 6 ? "<b>bad & \"worse\"</b>" : "",
                    at,
                    at,
                    new long[] {at + 10_000_000 * (i % 5 + 1), at + 60_000_000},
                    at + 70_000_000,
                    3,
                    2,
                    "",
                    "",
                    Continuation.NONE));
        }
        return new Result(
                "A <script>alert(1)</script> title",
                "2026-01-01T00:00:00Z",
                Map.of("server", "http://127.0.0.1:1"),
                false,
                tally.summary(1, false),
                0,
                new Verification(3, List.of("request 1 (steady): <i>differs</i>"), List.of()));
    }

    /** The policy allows its own style by digest and nothing else; a wrong digest would show a page without style. */
    @Test
    void thePageLoadsNothingAndRunsNothing() throws Exception {
        String page = HtmlReport.page(result(50));
        Matcher style = Pattern.compile("(?s)<style>(.*?)</style>").matcher(page);
        assertThat(style.find()).isTrue();
        String digest = Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("SHA-256")
                        .digest(style.group(1).getBytes(StandardCharsets.UTF_8)));
        assertThat(page)
                .contains("content=\"default-src 'none'; style-src 'sha256-" + digest + "'\"")
                .doesNotContain("<script", "<b>bad", "<i>differs", " style=", "href=", "src=")
                .contains("A &lt;script&gt;", "&lt;b&gt;bad &amp; &quot;worse&quot;");
    }

    @Test
    void plotsAreWellFormedAlsoOfNothing() throws Exception {
        for (int requests : new int[] {0, 1, 50}) {
            Matcher plots = Pattern.compile("(?s)<svg.*?</svg>").matcher(HtmlReport.page(result(requests)));
            int count = 0;
            while (plots.find()) {
                DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new InputSource(new StringReader(plots.group())));
                assertThat(plots.group()).doesNotContain("NaN", "Infinity");
                count++;
            }
            assertThat(count).isEqualTo(6);
        }
    }

    @Test
    void tableAndJsonSayTheSame() {
        Result result = result(50);
        String table = String.join("\n", TableReport.lines(result));
        assertThat(table).contains("50 requests in 4.97 s: 43 finished", "7 failed", "7 x <b>bad", "1 DIFFER");
        var json = JsonReport.of(result);
        assertThat(json.getJsonObject("steady").getJsonObject("ends").getInteger("finished"))
                .isEqualTo(43);
        assertThat(json.getJsonObject("steady").getJsonObject("ttft").getInteger("count"))
                .isEqualTo(43);
        assertThat(json.getString("loop")).isEqualTo("open");
        assertThat(json.getJsonObject("steady").getJsonObject("ttft").fieldNames())
                .containsExactlyInAnyOrder("count", "sum", "mean", "p50", "p90", "p95", "p99", "p99.9", "most");
    }
}
