package dev.tramontane.loadtest.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.loadtest.FakeServer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {
    /** Each is one line that names the option, and exit code 2. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "run | Missing required option: '--url=URL'",
                "run --url x | --url must be an address",
                "run --url ftp://h | --url must be an address",
                "run --url http://h/v1/chat | --url must be an address",
                "run --url http://u:p@h | --url must be an address",
                "run --url URL --api x | --api must be one of chat, completions, responses",
                "run --url URL --arrivals x | --arrivals must be one of",
                "run --url URL --rate 0 | --rate must be",
                "run --url URL --rate 1..2 | --rate must be one number",
                "run --url URL --arrivals ramp --rate 1 | --rate must be FROM..TO",
                "run --url URL --arrivals trace | --arrivals trace needs --trace FILE",
                "run --url URL --mix resume=1 | are those that --cut SHARE cuts",
                "run --url URL --cut 2 | --cut must be SHARE[:FROM..TO[:TIMES]]",
                "run --url URL --lanes 0 --api responses | --lanes must be 1 to 32",
                "run --url URL --lanes 2 | --api responses has them, chat has not",
                "run --url URL --duration 5 | --duration must be a time",
                "run --url URL --verify 1 --temperature 1 | --verify needs --temperature 0",
                "run --url URL --temperature -1 | --temperature must be 0 to 10",
                "run --url URL --field x | --field must be NAME=JSON",
                "run --url URL --field x={ | --field x={ has a value that is not JSON",
                "run --url URL --keys /nonexistent/keys | --keys /nonexistent/keys cannot be read",
                "run --url URL --trust /nonexistent/pem | --trust /nonexistent/pem cannot be read",
                "run --url URL --html /nonexistent/folder/x.html | /nonexistent/folder/x.html cannot be written",
                "run --url URL --burst 0 | --burst must be 1 to",
                "run --url URL --nonsense | Unknown option: '--nonsense'",
                "run --url http://127.0.0.1:1 | no server answers at http://127.0.0.1:1",
                "sweep --url URL | sweep needs an objective",
                "compare URL | requires at least 2 values",
                "proxy --url x | --url must be an address",
                "proxy --url URL --cut x | --cut must be one of none, reset, truncate, black_hole",
                "proxy --url URL --toward x | --toward must be one of clients, server, both",
                "proxy --url URL --after 5 | --after says when to cut",
                "proxy --url URL --delay 5 | --delay must be a time",
                "proxy --url URL --bytes-per-second -1 | must be 0 or more",
            })
    void whatIsWrongIsNamedInOneLine(String line, String message) {
        try (FakeServer server = new FakeServer()) {
            List<String> words = List.of(line.replace("URL", server.url).split(" "));
            Ran ran = Ran.of(words.toArray(String[]::new));
            assertThat(ran.code()).as(ran.toString()).isEqualTo(LoadCommand.USAGE);
            assertThat(ran.err()).contains(message).hasLineCount(1);
            assertThat(ran.out()).isEmpty();
        }
    }

    @Test
    void aServerThatRefusesTheFirstRequestIsNamed() {
        try (FakeServer server = new FakeServer()) {
            server.answering(
                    (body, response) -> response.setStatusCode(404).end("{\"error\":{\"message\":\"no such model\"}}"));
            Ran ran = Ran.of("run", "--url", server.url, "--model", "x");
            assertThat(ran.code()).isEqualTo(LoadCommand.USAGE);
            assertThat(ran.err()).contains("/v1/chat/completions failed: status 404: no such model");
        }
    }

    @Test
    void helpTellsEveryOption() {
        for (String command : List.of("run", "sweep", "compare")) {
            Ran ran = Ran.of(command, "--help");
            assertThat(ran.code()).isZero();
            assertThat(ran.out()).contains("--arrivals", "--mix", "--keys", "--json");
        }
        assertThat(Ran.of("--version").out()).startsWith("tramontane loadtest");
    }
}
