package dev.tramontane.answer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.answer.AnswerPart.CallBegun;
import dev.tramontane.answer.AnswerPart.CallText;
import dev.tramontane.answer.AnswerPart.Thought;
import dev.tramontane.answer.AnswerPart.Words;
import dev.tramontane.fixtures.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What comes of answers, whole and cut into pieces at every place. Answers are written with control tokens in angles: «[ARGS]»;
 * what they are read as with {@code w:} before words, {@code t:} before thoughts, {@code c:} before calls.
 */
final class AnswerReaderTest {
    private static final Set<String> CONTROL =
            Set.of("[TOOL_CALLS]", "[CALL_ID]", "[ARGS]", "[THINK]", "[/THINK]", "<|python_tag|>", "</s>");
    private static final Tools TOOLS = new Tools(Map.of(
                    "weather",
                    Map.of("properties", Map.of("city", Map.of("type", "string"), "days", Map.of("type", "integer"))),
                    "now",
                    Map.of(),
                    "held",
                    Map.of("properties", Map.of("text", Map.of("type", "string")))))
            .by(new CallRules(CallRules.Need.MAY, Set.of(), Set.of("held"), true));

    @ParameterizedTest
    @CsvSource(delimiter = '¦', quoteCharacter = '~', nullValues = "-", textBlock = """
        ARRAY ¦ Fine. ¦ w:Fine.
        ARRAY ¦ «[TOOL_CALLS]» [{"name": "weather", "arguments": {"city": "Brest"}}]«</s>» ¦ c:weather{"city": "Brest"}
        ARRAY ¦ «[TOOL_CALLS]»[{"name":"now","arguments":{},"id":"abcDEF123"},{"arguments":{"a":[1,"]}"]},"name":"weather"}] ¦ c:now{} c:weather{"a":[1,"]}"]}
        ARRAY ¦ Let me see.«[TOOL_CALLS]»[{"name":"now","arguments":{}}] ¦ w:Let me see. c:now{}
        ARRAY ¦ «[TOOL_CALLS]»{"name":"now"} ¦ c:now{}
        ARRAY ¦ «[TOOL_CALLS]»[] ¦ -
        ARRAY ¦ «[TOOL_CALLS]»I would call ¦ w:I would call
        ARRAY ¦ «[TOOL_CALLS]»[{"name":"weather","arguments":{"city":"Br ¦ c:weather{"city":"Br
        ARRAY ¦ «[TOOL_CALLS]»[{"name":"wea ¦ w:[{"name":"wea
        ARRAY ¦ [TOOL_CALLS][{"name":"now","arguments":{}}] ¦ w:[TOOL_CALLS][{"name":"now","arguments":{}}]
        NAMED ¦ «[TOOL_CALLS]»weather«[CALL_ID]»abcDEF123«[ARGS]»{"city": "Brest"}«[TOOL_CALLS]»now«[ARGS]»{} ¦ c:weather#abcDEF123{"city": "Brest"} c:now{}
        NAMED ¦ Yes.«[TOOL_CALLS]»weather«[ARGS]»{"city": "Brest", "days": 2}«</s>» ¦ w:Yes. c:weather{"city": "Brest", "days": 2}
        NAMED ¦ «[TOOL_CALLS]»weather{"city": "Brest"} ¦ c:weather{"city": "Brest"}
        NAMED ¦ «[TOOL_CALLS]»[{"name": "now", "arguments": {}}] ¦ c:now{}
        NAMED ¦ «[TOOL_CALLS]»weath ¦ w:weath
        NAMED ¦ «[TOOL_CALLS]»weather«[ARGS]»{"city": ¦ c:weather{"city":
        NAMED ¦ «[THINK]»Brest? «[/THINK]» Rain. ¦ t:Brest?_ w:_Rain.
        NAMED ¦ «[THINK]»call it«[TOOL_CALLS]»now«[ARGS]»{} ¦ t:call it c:now{}
        NAMED ¦ [THINK]no[/THINK] ¦ w:[THINK]no[/THINK]
        OBJECT ¦ <tool_call>⏎{"name": "weather", "arguments": {"city": "Brest"}}⏎</tool_call>⏎<tool_call>⏎{"name": "now", "arguments": {}}⏎</tool_call> ¦ c:weather{"city": "Brest"} c:now{}
        OBJECT ¦ Well,⏎<tool_call>{"name": "now", "arguments": "{\\\\"a\\\\": \\\\"\\\\\\\\u00e9\\\\"}"}</tool_call> Done. ¦ w:Well,⏎ c:now{"a": "\\\\u00e9"} w:_Done.
        OBJECT ¦ <tool_call>{"name": "now", "arguments": null}</tool_call> ¦ c:now{}
        OBJECT ¦ <tool_call>{"function": {"name": "now", "arguments": {"x": 1}}, "type": "function"}</tool_call> ¦ c:now{"x": 1}
        OBJECT ¦ <tool_call>not JSON</tool_call> ¦ w:<tool_call>not JSON</tool_call>
        OBJECT ¦ a <tool_calls> b < c ¦ w:a <tool_calls> b < c
        OBJECT ¦ <tool_call>{"name": "now", "arguments": {"x": 1]} </tool_call> ¦ c:now{"x": 1 w:]} </tool_call>
        OBJECT ¦ <think>⏎Hm.⏎⏎Yes.⏎</think>⏎⏎It is. ¦ t:Hm.⏎⏎Yes. w:It is.
        OBJECT ¦ <think>⏎⏎</think>⏎⏎<tool_call>{"name": "now", "arguments": {}}</tool_call> ¦ c:now{}
        OBJECT ¦ <think>so ¦ t:so
        OBJECT ¦ ⏎ <think>so</think>⏎<think> is a mark ¦ t:so w:<think> is a mark
        OBJECT ¦ The mark <think> opens, </think> closes. ¦ w:The mark <think> opens, </think> closes.
        OBJECT ¦ <thing> ¦ w:<thing>
        OBJECT ¦ <thin ¦ w:<thin
        OBJECT ¦ <tool_call>{"name": "now", "arguments": {"a": "<think>"}}</tool_call><think>b ¦ c:now{"a": "<think>"} w:<think>b
        BARE ¦ <think>so</think>⏎{"name": "now", "parameters": {}} ¦ t:so c:now{}
        ARRAY ¦ «[TOOL_CALLS]»[{"name": "a b", "arguments": {}}] ¦ w:[{"name": "a b", "arguments": {}}]
        NAMED ¦ «[TOOL_CALLS]»see: this«[ARGS]»{} ¦ w:see: this{}
        OBJECT ¦ <tool_call>{"name": "a.b", "arguments": {}}</tool_call> ¦ w:<tool_call>{"name": "a.b", "arguments": {}}</tool_call>
        TAGGED ¦ <tool_call><function=a b></function></tool_call> ¦ w:<tool_call><function=a b></function></tool_call>
        NAMED ¦ No.«[THINK]»Or«[/THINK]»Yes.«[THINK]»so ¦ w:No. t:Or w:Yes. t:so
        BARE ¦ {"name": "weather", "parameters": {"city": "Brest"}} ¦ c:weather{"city": "Brest"}
        BARE ¦ «<|python_tag|>»{"name": "now", "parameters": {}}; {"name": "weather", "parameters": {"days": 1}} ¦ c:now{} c:weather{"days": 1}
        BARE ¦ {"type": "function", "name": "now", "parameters": {"a": "b"}} ¦ c:now{"a": "b"}
        BARE ¦ {"type": "function", "function": "now", "parameters": {"a": "b"}} ¦ c:now{"a": "b"}
        BARE ¦ {"name": "Brest", "parameters": {}} ¦ w:{"name": "Brest", "parameters": {}}
        BARE ¦ {"name": "now", "population": 3} ¦ w:{"name": "now", "population": 3}
        BARE ¦ {"name": "now"} ¦ w:{"name": "now"}
        BARE ¦ ⏎ {"city": "Brest"} it is ¦ w:⏎ {"city": "Brest"} it is
        BARE ¦ It is {"name": "now", "parameters": {}} ¦ w:It is {"name": "now", "parameters": {}}
        TAGGED ¦ <tool_call>⏎<function=weather>⏎<parameter=city>⏎12⏎</parameter>⏎<parameter=days>⏎2⏎</parameter>⏎</function>⏎</tool_call> ¦ c:weather{"city": "12", "days": 2}
        TAGGED ¦ <tool_call><function=now></function></tool_call>⏎<tool_call><function=now><parameter=a>{"b": [1]}</parameter><parameter=c>x, "d": 1</parameter></function></tool_call> ¦ c:now{} c:now{"a": {"b":[1]}, "c": "x, \\"d\\": 1"}
        TAGGED ¦ <tool_call><function=now><parameter=a>1, 2</parameter></function></tool_call> ¦ c:now{"a": "1, 2"}
        TAGGED ¦ <tool_call><function=weather><parameter=city>Br ¦ c:weather
        TAGGED ¦ <tool_call><function=now><parameter=a>⏎["x</parameter>", "<parameter=y>"]⏎</parameter>⏎<parameter=b>2</parameter></function></tool_call> ¦ c:now{"a": ["x</parameter>","<parameter=y>"], "b": 2}
        TAGGED ¦ <tool_call><function=now><parameter=a>"x</parameter>⏎<parameter=b>2</parameter></function></tool_call> ¦ c:now{"a": "\\"x", "b": 2}
        TAGGED ¦ <tool_call><function=now><parameter=a>x "y</parameter> z ¦ c:now{"a": "x \\"y" w:z
        TAGGED ¦ <tool_call><function=weather><parameter=city>"x</parameter>⏎</function></tool_call> ¦ c:weather{"city": "\\"x"}
        TAGGED ¦ <tool_call><function=now><parameter=a>1</parameter><parameter=b>2</parameter><parameter=a>3</parameter></function></tool_call> ¦ c:now{"a": 1, "b": 2}
        TAGGED ¦ <tool_call><function=weather><parameter=city>Brest</parameter><parameter=city>Nantes</parameter> ¦ c:weather{"city": "Brest"
        TAGGED ¦ <tool_call><function=held><parameter=a>⏎["x</parameter> </function>", "</parameter><parameter=b>"] ⏎</parameter>⏎<parameter=b>2.50</parameter></function></tool_call> ¦ c:held{"a": ["x</parameter> </function>", "</parameter><parameter=b>"], "b": 2.50}
        TAGGED ¦ <tool_call><function=held><parameter=text>⏎"x⏎</parameter>⏎</function></tool_call> ¦ c:held{"text": "\\"x"}
        TAGGED ¦ <tool_call><function=held><parameter=a>⏎"x</parameter>⏎</function></tool_call> ¦ c:held
        TAGGED ¦ <tool_call>weather</tool_call> ¦ w:<tool_call>weather</tool_call>
        """)
    void readsAlikeHoweverItIsCut(CallStyle style, String answer, String read) {
        String given = answer.replace('⏎', '\n').replace("\\\\", "\\");
        String wanted = read == null ? "" : read.replace("\\\\", "\\");
        AnswerStyle form = new AnswerStyle(style, style == CallStyle.NAMED ? ThoughtStyle.MISTRAL : ThoughtStyle.TAGS);
        assertThat(shown(form, given, new Random(1), Integer.MAX_VALUE)).isEqualTo(wanted);
        assertThat(shown(form, given, new Random(1), 1)).isEqualTo(wanted);
        Random random = new Random(Seeds.next());
        for (int i = 0; i < 50; i++) {
            assertThat(shown(form, given, random, 7)).isEqualTo(wanted);
        }
    }

    private static String shown(AnswerStyle form, String answer, Random random, int most) {
        AnswerReader reader = form.reader(TOOLS, CONTROL::contains);
        List<AnswerPart> parts = new ArrayList<>();
        Matcher pieces = Pattern.compile("«([^»]*)»|[^«]+").matcher(answer);
        while (pieces.find()) {
            if (pieces.group(1) != null) {
                reader.control(pieces.group(1), parts);
                continue;
            }
            String text = pieces.group();
            for (int at = 0; at < text.length(); ) {
                int end = (int) Math.min(text.length(), at + 1L + random.nextInt(most));
                reader.text(text.substring(at, end), parts);
                at = end;
            }
        }
        reader.finish(parts);
        return shown(parts);
    }

    private static String shown(List<AnswerPart> parts) {
        StringBuilder shown = new StringBuilder();
        Class<?> last = null;
        for (AnswerPart part : parts) {
            boolean goesOn = part.getClass() == last || part instanceof CallText;
            String head = switch (part) {
                case Words words -> "w:";
                case Thought thought -> "t:";
                case CallBegun call -> "c:" + call.name() + (call.id().isEmpty() ? "" : "#" + call.id());
                case CallText text -> "";
            };
            boolean begins = !goesOn || part instanceof CallBegun;
            String text = part.text().replace('\n', '⏎');
            if (begins) {
                shown.append(shown.isEmpty() ? "" : " ").append(head);
                text = text.replaceAll("^ ", "_");
            }
            shown.append(text);
            last = part instanceof CallText ? CallBegun.class : part.getClass();
        }
        return shown.toString().replaceAll(" (?= [wtc]:)", "_");
    }

    /** Nobody waits for the end of what is known: a name, then arguments as they come. */
    @Test
    void callsAreToldAsTheyCome() {
        AnswerReader reader = new AnswerStyle(CallStyle.OBJECT, null).reader(TOOLS, CONTROL::contains);
        List<AnswerPart> parts = new ArrayList<>();
        reader.text("<tool_call>{\"name\": \"weather\", ", parts);
        assertThat(parts).containsExactly(new CallBegun(0, "", "weather"));
        reader.text("\"arguments\": {\"city\": \"Br", parts);
        assertThat(parts).hasSize(2).last().isEqualTo(new CallText(0, "{\"city\": \"Br"));
        reader.text("est\"", parts);
        assertThat(parts).hasSize(3).last().isEqualTo(new CallText(0, "est\""));
    }

    /** A name has 64 characters at most, in every form. */
    @ParameterizedTest
    @CsvSource(delimiter = '¦', textBlock = """
        ARRAY ¦ «[TOOL_CALLS]»[{"name": "%s", "arguments": {}}]
        NAMED ¦ «[TOOL_CALLS]»%s«[ARGS]»{}
        OBJECT ¦ <tool_call>{"name": "%s", "arguments": {}}</tool_call>
        TAGGED ¦ <tool_call><function=%s></function></tool_call>
        """)
    void namesHaveALimit(CallStyle style, String answer) {
        AnswerStyle form = new AnswerStyle(style, null);
        String longest = "x".repeat(64);
        assertThat(shown(form, answer.replace("%s", longest), new Random(1), 7)).isEqualTo("c:" + longest + "{}");
        assertThat(shown(form, answer.replace("%s", longest + "y"), new Random(1), 7))
                .startsWith("w:")
                .contains(longest + "y");
    }

    /** Arguments are as deep as they are: nothing that masks allow is taken for broken. */
    @ParameterizedTest
    @CsvSource(delimiter = '¦', textBlock = """
        ARRAY ¦ «[TOOL_CALLS]»[{"name": "held", "arguments": {"a": %s}}]
        NAMED ¦ «[TOOL_CALLS]»held«[ARGS]»{"a": %s}
        OBJECT ¦ <tool_call>{"name": "held", "arguments": {"a": %s}}</tool_call>
        BARE ¦ {"name": "held", "parameters": {"a": %s}}
        TAGGED ¦ <tool_call><function=held><parameter=a>%s</parameter></function></tool_call>
        """)
    void argumentsNestAsDeepAsTheyLike(CallStyle style, String answer) {
        String deep = "[".repeat(5000) + "]".repeat(5000);
        assertThat(shown(new AnswerStyle(style, null), answer.replace("%s", deep), new Random(1), 7))
                .isEqualTo("c:held{\"a\": " + deep + "}");
    }

    @Test
    void withoutToolsNothingIsACall() {
        AnswerReader reader = new AnswerStyle(CallStyle.OBJECT, null).reader(Tools.NONE, CONTROL::contains);
        List<AnswerPart> parts = new ArrayList<>();
        reader.text("<tool_call>{\"name\": \"now\"}</tool_call>", parts);
        assertThat(shown(parts)).isEqualTo("w:<tool_call>{\"name\": \"now\"}</tool_call>");
    }

    /** Half of an escaped character waits for its other half. */
    @Test
    void quotedArgumentsKeepTheirCharactersWhole() {
        AnswerReader reader = new AnswerStyle(CallStyle.OBJECT, null).reader(TOOLS, CONTROL::contains);
        List<AnswerPart> parts = new ArrayList<>();
        reader.text("<tool_call>{\"name\": \"now\", \"arguments\": \"\\ud83d", parts);
        assertThat(parts).hasSize(1);
        reader.text("\\ude00\"}", parts);
        assertThat(parts.get(1)).isEqualTo(new CallText(0, "\ud83d\ude00"));
    }

    @Test
    void aThoughtThatThePromptOpened() {
        AnswerStyle form = new AnswerStyle(null, ThoughtStyle.TAGS);
        AnswerReader reader = form.reader(Tools.NONE, CONTROL::contains);
        reader.openThought();
        List<AnswerPart> parts = new ArrayList<>();
        reader.text("Hm.\n</think>\n\nYes.", parts);
        assertThat(parts).containsExactly(new Thought("Hm."), new Words("Yes."));
    }

    @Test
    void idsAreOfTheModelsKind() {
        assertThat(new AnswerStyle(CallStyle.NAMED, null).callId("chatcmpl-1", 0, 0))
                .matches("[0-9A-Za-z]{9}")
                .isEqualTo(new AnswerStyle(CallStyle.NAMED, null).callId("chatcmpl-1", 0, 0))
                .isNotEqualTo(new AnswerStyle(CallStyle.NAMED, null).callId("chatcmpl-1", 0, 1));
        assertThat(new AnswerStyle(CallStyle.OBJECT, null).callId("chatcmpl-1", 0, 0))
                .matches("call_[0-9A-Za-z]{24}");
    }
}
