package dev.tramontane.generation.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.answer.AnswerPart;
import dev.tramontane.answer.AnswerPart.CallBegun;
import dev.tramontane.answer.AnswerPart.CallText;
import dev.tramontane.answer.AnswerReader;
import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.CallRules;
import dev.tramontane.answer.CallRules.Need;
import dev.tramontane.answer.CallStyle;
import dev.tramontane.answer.ThoughtStyle;
import dev.tramontane.answer.Tools;
import dev.tramontane.engine.Guide;
import dev.tramontane.engine.MaskWork;
import dev.tramontane.fixtures.Seeds;
import dev.tramontane.json.JsonReader;
import dev.tramontane.structure.Form;
import dev.tramontane.structure.Structure;
import dev.tramontane.structure.StructureException;
import dev.tramontane.structure.StructureLimits;
import dev.tramontane.structure.TokenTree;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Masks and readers of answers mean the same by a call: tokens are bytes, and control tokens in angles where the vocabulary has them. */
final class CoursesTest {
    private static final int BYTES = 256;
    private static final List<String> MARKS = List.of(
            "[TOOL_CALLS]",
            "[CALL_ID]",
            "[ARGS]",
            "[THINK]",
            "[/THINK]",
            "<tool_call>",
            "</tool_call>",
            "<|python_tag|>");
    private static final byte[] NOTHING = {};

    /** What a text within JSON may spell, whatever the marks of calls are. */
    private static final String TAGS = "</parameter> </function></tool_call>";

    private static byte[] bytes(int id) {
        return id < BYTES ? new byte[] {(byte) id} : NOTHING;
    }

    /** A vocabulary with these control tokens, of which the last ends answers. */
    private record Vocabulary(List<String> controls) {
        int size() {
            return BYTES + controls.size() + 1;
        }

        int end() {
            return size() - 1;
        }

        OptionalInt id(String piece) {
            int at = controls.indexOf(piece);
            return at < 0 ? OptionalInt.empty() : OptionalInt.of(BYTES + at);
        }

        @Nullable
        String piece(int id) {
            return id < BYTES ? null : id == end() ? "</s>" : controls.get(id - BYTES);
        }

        Guide guide(AnswerStyle style, Tools tools, CallRules rules) {
            Part start = new Courses(style, this::id).start(null, tools, rules, false);
            TokenTree tree = TokenTree.of(size(), CoursesTest::bytes);
            Map<Part, Structure> texts = new HashMap<>();
            for (Part part : start.all()) {
                Form form = part.form();
                if (form != null) {
                    texts.put(part, Structure.of(form, tree, StructureLimits.DEFAULT));
                }
            }
            Tokens tokens = new Tokens(size(), id -> id >= BYTES, CoursesTest::bytes);
            return new Course(start, texts, tokens, new int[] {end()}).guide();
        }

        List<Integer> ids(String answer) {
            List<Integer> ids = new ArrayList<>();
            Matcher pieces = Pattern.compile("«([^»]*)»|[^«]+").matcher(answer);
            while (pieces.find()) {
                if (pieces.group(1) != null) {
                    ids.add(id(pieces.group(1)).orElseThrow());
                } else {
                    for (byte each : pieces.group().getBytes(StandardCharsets.UTF_8)) {
                        ids.add(each & 0xff);
                    }
                }
            }
            return ids;
        }
    }

    private static Map<String, @Nullable Object> schema(String json) {
        return JsonReader.object(json, "schema");
    }

    private static final String CITY =
            "{\"type\": \"object\", \"properties\": {\"city\": {\"type\": \"string\", \"enum\": [\"Brest\"]}},"
                    + " \"required\": [\"city\"], \"additionalProperties\": false}";

    private static CallRules rules(Need need, String... strict) {
        return new CallRules(need, Set.of(), Set.of(strict), false);
    }

    /** A bare object's mark begins a call wherever words spell it, so words don't. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        Brest, I think. | true
        {"name": "weather", "parameters": {"city": "Brest"}} | true
        {"name": "weather", "parameters": {"city": "Nantes"}} | false
        It is {"name": "weather"} | true
        < 3 | true
        `<` | true
        <<b>> | true
        `a <|other|> b` | true
        `<<|python_tag|>{"name": "weather"` | false
        `Well: <|python_tag|>` | false
        `<|python_tag|>{"name": "weather"` | false
        """)
    void wordsBesideBareObjects(String answer, boolean allowed) {
        Vocabulary bare = new Vocabulary(List.of());
        Guide guide = bare.guide(
                new AnswerStyle(CallStyle.BARE, null),
                new Tools(Map.of("weather", schema(CITY))),
                rules(Need.MAY, "weather"));
        boolean fits = true;
        for (int id : bare.ids(answer)) {
            fits = fits && guide.accept(id);
        }
        assertThat(fits && guide.isComplete()).isEqualTo(allowed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"required\": [\"city\"]} | required \"city\", which is no property",
                "{\"properties\": {\"a\": {}}, \"required\": [\"b\"]} | required \"b\"",
                "{\"properties\": {\"a\": {}}, \"required\": \"a\"} | required that is no list",
                "{\"properties\": [1]} | properties that are no object",
                "{\"properties\": {\"a>b\": {}}} | an argument named \"a>b\"",
                "{\"properties\": {\"a\\nb\": {}}} | an argument named",
                "{\"properties\": {\"\": {}}} | an argument named \"\"",
                "{\"properties\": {\" a\": {}}} | an argument named \" a\"",
                "{\"properties\": {\"a\": {\"type\": \"string\", \"enum\": [\"x</parameter>\"]}}} | it lists the"
                        + " text \"x</parameter>\", and </parameter> can't stand in one (at /properties/a)",
                "{\"properties\": {\"a\": {\"type\": \"string\", \"const\": \"</function>\"}}} | and </function>"
                        + " can't stand in one",
                "{\"properties\": {\"a\": {\"type\": \"string\", \"pattern\": \"(?=x)\"}}} | properties/a/pattern",
                "{\"properties\": {\"a\": {\"type\": \"string\", \"frob\": 1}}} | frob",
                "{\"minProperties\": 1} | minProperties",
            })
    void whatTagsCannotHoldIsNamed(String line) {
        int bar = line.indexOf(" | ");
        Tools tools = new Tools(Map.of("weather", schema(line.substring(0, bar))));
        Vocabulary vocabulary = new Vocabulary(List.of());
        AnswerStyle style = new AnswerStyle(CallStyle.TAGGED, null);
        assertThatThrownBy(() -> vocabulary.guide(style, tools, rules(Need.MUST)))
                .isInstanceOfAny(UnforcedException.class, StructureException.class)
                .hasMessageContaining("weather")
                .hasMessageContaining(line.substring(bar + 3));
    }

    /** Whatever is drawn is read as calls of tools that there are, with arguments that are whole, as many as may be. */
    @ParameterizedTest
    @EnumSource(CallStyle.class)
    void whatIsForcedIsRead(CallStyle calls) {
        Map<String, Map<String, @Nullable Object>> parameters = new LinkedHashMap<>();
        parameters.put("weather", schema(CITY));
        parameters.put("weather_" + "x".repeat(56), schema(CITY));
        parameters.put(
                "-",
                schema("{\"properties\": {\"a b\": {\"type\": [\"boolean\", \"null\"]}, \"c\": {\"enum\": [\"é\"]},"
                        + " \"d\": {\"type\": \"array\", \"items\": {\"const\": \"" + TAGS + "\"}, \"maxItems\": 2}},"
                        + " \"required\": [\"d\"], \"additionalProperties\": false}"));
        Tools tools = new Tools(parameters);
        Random random = new Random(Seeds.next());
        for (int round = 0; round < 12; round++) {
            ThoughtStyle thoughts = round % 3 == 0 ? null : round % 3 == 1 ? ThoughtStyle.TAGS : ThoughtStyle.MISTRAL;
            boolean marked = round % 2 == 0 || calls == CallStyle.NAMED;
            Vocabulary vocabulary = new Vocabulary(marked ? MARKS : List.of());
            AnswerStyle style = new AnswerStyle(calls, thoughts);
            CallRules rules = new CallRules(Need.MUST, Set.of(), Set.of(), round % 4 < 2);
            Guide guide = vocabulary.guide(style, tools, rules);
            List<Integer> drawn = walk(guide, vocabulary, random);
            if (drawn.isEmpty()) {
                continue; // A long thought.
            }
            AnswerReader reader =
                    style.reader(tools.by(rules), piece -> vocabulary.id(piece).isPresent());
            List<AnswerPart> parts = new ArrayList<>();
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            for (int id : drawn) {
                String piece = vocabulary.piece(id);
                if (piece == null) {
                    text.write(id);
                    continue;
                }
                reader.text(text.toString(StandardCharsets.UTF_8), parts);
                text.reset();
                reader.control(piece, parts);
            }
            reader.text(text.toString(StandardCharsets.UTF_8), parts);
            reader.finish(parts);
            StringBuilder[] arguments = parts.stream()
                    .filter(CallBegun.class::isInstance)
                    .map(call -> new StringBuilder())
                    .toArray(StringBuilder[]::new);
            assertThat(arguments.length).isBetween(1, rules.several() ? Integer.MAX_VALUE : 1);
            for (AnswerPart part : parts) {
                switch (part) {
                    case CallBegun call -> assertThat(parameters).containsKey(call.name());
                    case CallText more -> arguments[more.index()].append(more.text());
                    case AnswerPart.Thought thought -> {}
                    case AnswerPart.Words words -> assertThat(words.text()).isBlank();
                }
            }
            for (StringBuilder each : arguments) {
                assertThat(JsonReader.object(each.toString(), "arguments").getOrDefault("d", List.of()))
                        .as("%s", each)
                        .asInstanceOf(InstanceOfAssertFactories.LIST)
                        .allMatch(TAGS::equals);
            }
        }
    }

    /** In tags, what schemas ask of texts holds of what stands between them. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        {"pattern": "^[a-z]+$"} | abc | true
        {"pattern": "^[a-z]+$"} | abC | false
        {"pattern": "^[a-z]+$"} | `` | false
        {"pattern": "x"} | a </paramete x | true
        {"pattern": "x"} | a </parameter> x | false
        {"maxLength": 3} | éèê | true
        {"maxLength": 3} | éèêe | false
        {"minLength": 2, "pattern": "^(ab)*$"} | ab | true
        {"minLength": 3, "pattern": "^(ab)*$"} | ab | false
        {"not": {"enum": ["ab", "abc"]}} | ab | false
        {"not": {"enum": ["ab", "abc"]}} | a | true
        {"not": {"pattern": "^a"}} | ab | false
        {"not": {"pattern": "^a"}, "maxLength": 2} | ba | true
        {"format": "date"} | 2024-02-29 | true
        {"format": "date"} | 2024-02-30 | false
        {"const": "<b>'</b>"} | <b>'</b> | true
        {"enum": ["a", "bb"], "minLength": 2} | bb | true
        {"enum": ["a", "bb"], "minLength": 2} | a | false
        {"anyOf": [{"const": "a"}, {"minLength": 3}]} | a | true
        {"anyOf": [{"const": "a"}, {"minLength": 3}]} | aa | false
        {"$ref": "#/$defs/word"} | w1 | true
        {"$ref": "#/$defs/word"} | w | false
        """)
    void textsInTags(String conditions, String text, boolean allowed) {
        Map<String, @Nullable Object> word = schema(conditions);
        word.put("type", "string");
        Map<String, @Nullable Object> arguments = schema("{\"$defs\": {\"word\": {\"pattern\": \"^w[0-9]$\"}},"
                + " \"required\": [\"a\"], \"properties\": {\"a\": {}}}");
        arguments.put("properties", Map.of("a", word));
        assertThat(takes(arguments, "<parameter=a>\n" + text + "\n</parameter>\n"))
                .isEqualTo(allowed);
    }

    private static boolean takes(Map<String, @Nullable Object> schema, String arguments) {
        Vocabulary vocabulary = new Vocabulary(List.of());
        Guide guide = vocabulary.guide(
                new AnswerStyle(CallStyle.TAGGED, null), new Tools(Map.of("f", schema)), rules(Need.MUST));
        List<Integer> ids = vocabulary.ids("<tool_call>\n<function=f>\n" + arguments + "</function>\n</tool_call>");
        return ids.stream().allMatch(guide::accept) && guide.isComplete();
    }

    /** The whole that a reference means is the object of the arguments, not one of them. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        [] | true
        [{"below": []}, {}] | true
        [[]] | false
        [{"below": 1}] | false
        """)
    void referencesInTagsAreToTheWhole(String value, boolean allowed) {
        Map<String, @Nullable Object> schema = schema("{\"type\": \"object\", \"additionalProperties\": false,"
                + " \"properties\": {\"below\": {\"type\": \"array\", \"items\": {\"$ref\": \"#\"}}}}");
        assertThat(takes(schema, "<parameter=below>\n" + value + "\n</parameter>\n"))
                .isEqualTo(allowed);
    }

    /** A schema that allows null beside an object: arguments are the object. */
    @ParameterizedTest
    @EnumSource(CallStyle.class)
    void argumentsAreAnObjectWhateverElseIsAllowed(CallStyle calls) {
        Tools tools = new Tools(Map.of(
                "f",
                schema("{\"type\": [\"null\", \"object\"], \"properties\": {\"a\": {\"const\": 1}},"
                        + " \"required\": [\"a\"], \"additionalProperties\": false}")));
        Vocabulary vocabulary = new Vocabulary(MARKS);
        Guide guide = vocabulary.guide(new AnswerStyle(calls, null), tools, rules(Need.MUST));
        String call = switch (calls) {
            case ARRAY -> "«[TOOL_CALLS]»[{\"name\": \"f\", \"arguments\": ";
            case NAMED -> "«[TOOL_CALLS]»f«[ARGS]»";
            case OBJECT -> "«<tool_call>»{\"name\": \"f\", \"arguments\": ";
            case BARE -> "{\"name\": \"f\", \"parameters\": ";
            case TAGGED -> "«<tool_call>»<function=f>\n<parameter=a>\n";
        };
        assertThat(vocabulary.ids(call).stream().allMatch(guide::accept)).isTrue();
        assertThat(guide.accept((int) 'n')).as("null").isFalse();
        assertThat(guide.accept(calls == CallStyle.TAGGED ? (int) '1' : (int) '{'))
                .isTrue();
    }

    /** Of the strict subset in this form as in every other. */
    @ParameterizedTest
    @EnumSource(CallStyle.class)
    void strictToolsAreOfTheStrictSubset(CallStyle calls) {
        Tools tools = new Tools(Map.of("weather", schema("{\"type\": \"object\", \"properties\": {\"a\": {}}}")));
        assertThatThrownBy(() ->
                        new Vocabulary(MARKS).guide(new AnswerStyle(calls, null), tools, rules(Need.MAY, "weather")))
                .isInstanceOf(StructureException.class)
                .hasMessageContaining("the tool weather")
                .hasMessageContaining("additionalProperties");
    }

    /** Draws by chance until the answer is over; nothing where that takes too long. */
    private static List<Integer> walk(Guide guide, Vocabulary vocabulary, Random random) {
        List<Integer> drawn = new ArrayList<>();
        long[] words = new long[(vocabulary.size() + 63) / 64];
        while (drawn.size() < 3000) {
            boolean made = false;
            while (!made) {
                made = guide.mask(words, new MaskWork(MaskWork.STEP));
            }
            List<Integer> allowed = new ArrayList<>();
            for (int id = 0; id < vocabulary.size(); id++) {
                if ((words[id >> 6] >>> id & 1) != 0) {
                    allowed.add(id);
                }
            }
            int token = allowed.get(random.nextInt(allowed.size()));
            boolean over = guide.isComplete() && (token == vocabulary.end() || random.nextInt(4) == 0);
            if (over || guide.isFinished()) {
                return drawn;
            }
            assertThat(guide.accept(token)).isTrue();
            drawn.add(token);
        }
        return List.of();
    }
}
