package dev.tramontane.loadtest.command;

import dev.tramontane.loadtest.client.End;
import dev.tramontane.loadtest.report.HtmlReport;
import dev.tramontane.loadtest.report.JsonReport;
import dev.tramontane.loadtest.report.Result;
import dev.tramontane.loadtest.report.TableReport;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** One load, and what its readers saw. */
@CommandLine.Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = "Put one load on a server, and tell what its readers saw.",
        footer = {
            "",
            "Ends with 1 when requests failed, were refused or remained unfinished, or when answers differ, or",
            "events are lost or doubled.",
            "",
            "Example:",
            "  run --url http://127.0.0.1:8080 --rate 4 --duration 1m --slo ttft=500ms --html report.html"
        })
final class RunCommand extends LoadCommand {
    @Option(names = "--url", paramLabel = "URL", required = true, description = "The server: http://127.0.0.1:8080")
    private String url = "";

    @Option(names = "--title", paramLabel = "TEXT", defaultValue = "Load test", description = "Of the report.")
    private String title = "";

    @Option(
            names = "--allow-refused",
            description =
                    "End with 0 although requests were refused for want of room (429, 503), as in a test of overload.")
    private boolean refusedAllowed;

    RunCommand(Surroundings around) {
        super(around);
    }

    @Override
    public Integer call() throws Exception {
        Result result = session("--url", url, session -> session.run(title, 0));
        TableReport.lines(result).forEach(around.out()::println);
        outputs.json(JsonReport.of(result).encodePrettily());
        outputs.html(HtmlReport.page(result));
        if (Interruption.came()) {
            return INTERRUPTED;
        }
        boolean well = result.summary().count(End.FAILED) == 0
                && result.summary().count(End.UNFINISHED) == 0
                && (refusedAllowed || result.summary().count(End.REFUSED) == 0)
                && result.summary().continuations().intact()
                && result.verification().passed();
        return well ? OK : FAILURE;
    }
}
