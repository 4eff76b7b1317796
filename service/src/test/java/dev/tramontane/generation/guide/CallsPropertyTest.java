package dev.tramontane.generation.guide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.answer.AnswerPart;
import dev.tramontane.answer.AnswerReader;
import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.CallRules;
import dev.tramontane.answer.CallRules.Need;
import dev.tramontane.answer.CallStyle;
import dev.tramontane.answer.Tools;
import dev.tramontane.engine.Guide;
import dev.tramontane.engine.MaskWork;
import dev.tramontane.fixtures.Seeds;
import dev.tramontane.structure.Judge;
import dev.tramontane.structure.SchemaGenerator;
import dev.tramontane.structure.Structure;
import dev.tramontane.structure.StructureException;
import dev.tramontane.structure.StructureLimits;
import dev.tramontane.structure.Structures;
import dev.tramontane.structure.Together;
import dev.tramontane.structure.TokenTree;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Forced calls of tools with generated schemas, both ways and in each style: what masks allow is a call that is read, with arguments that are valid, and a call with valid
 * arguments is allowed. Another validator is the judge.
 */
final class CallsPropertyTest {
    private static final int SCHEMAS = 40;
    private static final int DOCUMENTS = 8;
    private static final int WALK = 700;
    private static final CallRules RULES = new CallRules(Need.MUST, Set.of(), Set.of(), false);

    @SuppressWarnings("ImmutableEnumChecker") // nothing changes them
    enum Style {
        ARRAY(CallStyle.ARRAY, "[TOOL_CALLS]"),
        SPELLED_ARRAY(CallStyle.ARRAY),
        NAMED(CallStyle.NAMED, "[TOOL_CALLS]", "[ARGS]"),
        NAMED_WITH_ID(CallStyle.NAMED, "[TOOL_CALLS]", "[ARGS]", "[CALL_ID]"),
        OBJECT(CallStyle.OBJECT, "<tool_call>", "</tool_call>"),
        SPELLED_OBJECT(CallStyle.OBJECT),
        BARE(CallStyle.BARE),
        TAGGED(CallStyle.TAGGED, "<tool_call>", "</tool_call>"),
        SPELLED_TAGGED(CallStyle.TAGGED);

        private final CallStyle calls;
        private final AnswerStyle style;
        private final List<byte[]> tokens = new ArrayList<>();
        private final List<String> controls;
        private final int end;
        private final Tokens all;
        private final Structures structures;

        Style(CallStyle calls, String... controls) {
            this.calls = calls;
            this.style = new AnswerStyle(calls, null);
            this.controls = List.of(controls);
            IntStream.range(0, 256).forEach(value -> tokens.add(new byte[] {(byte) value}));
            for (String piece : List.of(
                    "{\"", "\": ", "\", \"", "}}", "name", "arg", "</", "tool_", "=p", ">\n", "00", "\u00e9a")) {
                tokens.add(piece.getBytes(StandardCharsets.UTF_8));
            }
            this.end = tokens.size() + controls.length;
            IntStream.rangeClosed(tokens.size(), end).forEach(id -> tokens.add(new byte[0]));
            this.all = new Tokens(tokens.size(), id -> tokens.get(id).length == 0, tokens::get);
            this.structures =
                    new Structures(TokenTree.of(tokens.size(), tokens::get), StructureLimits.DEFAULT, 64 << 20);
        }

        private OptionalInt control(String piece) {
            int at = controls.indexOf(piece);
            return at < 0 ? OptionalInt.empty() : OptionalInt.of(end - controls.size() + at);
        }

        private @Nullable String piece(int id) {
            int at = id - end + controls.size();
            return at >= 0 && at < controls.size() ? controls.get(at) : null;
        }

        /** A call's ids: its marks are control tokens where there are such. */
        private List<Integer> call(String name, String arguments) {
            List<Integer> ids = new ArrayList<>();
            if (calls != CallStyle.BARE) {
                write(calls.open(), ids);
            }
            switch (calls) {
                case ARRAY -> write("[{\"name\": \"" + name + "\", \"arguments\": " + arguments + "}]", ids);
                case NAMED -> {
                    write(name, ids);
                    write(CallStyle.ARGUMENTS, ids);
                    write(arguments, ids);
                }
                case OBJECT -> write("\n{\"name\": \"" + name + "\", \"arguments\": " + arguments + "}\n", ids);
                case BARE -> write("{\"name\": \"" + name + "\", \"parameters\": " + arguments + "}", ids);
                case TAGGED -> write("\n<function=" + name + ">\n" + arguments + "</function>\n", ids);
            }
            if (calls != CallStyle.BARE && !calls.close().isEmpty()) {
                write(calls.close(), ids);
            }
            return ids;
        }

        private void write(String text, List<Integer> ids) {
            OptionalInt control = control(text);
            if (control.isPresent()) {
                ids.add(control.getAsInt());
                return;
            }
            for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
                ids.add(each & 0xff);
            }
        }

        /** Arguments by the names of calls, as they are read. */
        private Map<String, String> calls(List<Integer> ids, Tools tools) {
            AnswerReader reader = style.reader(tools.by(RULES), controls::contains);
            List<AnswerPart> parts = new ArrayList<>();
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            for (int id : ids) {
                String piece = piece(id);
                if (piece == null) {
                    text.writeBytes(tokens.get(id));
                } else {
                    reader.text(text.toString(StandardCharsets.UTF_8), parts);
                    text.reset();
                    reader.control(piece, parts);
                }
            }
            reader.text(text.toString(StandardCharsets.UTF_8), parts);
            reader.finish(parts);
            List<String> names = new ArrayList<>();
            StringBuilder arguments = new StringBuilder();
            for (AnswerPart part : parts) {
                switch (part) {
                    case AnswerPart.CallBegun begun -> names.add(begun.name());
                    case AnswerPart.CallText more -> arguments.append(more.text());
                    case AnswerPart.Words words -> assertThat(words.text()).isBlank();
                    case AnswerPart.Thought thought ->
                        assertThat(thought.text()).isEmpty();
                }
            }
            assertThat(names).hasSize(1);
            return Map.of(names.getFirst(), arguments.toString());
        }

        private Course course(Tools tools) {
            Part start = new Courses(style, this::control).start(null, tools, RULES, false);
            Together together = structures.together();
            Map<Part, Structure> texts = new LinkedHashMap<>();
            for (Part part : start.all()) {
                if (part.form() != null) {
                    texts.put(part, together.structure(part.form()));
                }
            }
            return new Course(start, texts, all, new int[] {end});
        }
    }

    private final Random random = new Random(Seeds.next());
    private final SchemaGenerator generator = new SchemaGenerator(random);

    /** Two tools; null where no call of them is allowed at all, or not in this style. */
    private @Nullable Course course(Style style, Map<String, Map<String, @Nullable Object>> parameters) {
        try {
            return style.course(new Tools(parameters));
        } catch (UnforcedException unforced) {
            assertThat(style.calls).isEqualTo(CallStyle.TAGGED);
            return null;
        } catch (StructureException refused) {
            assertThat(refused).hasMessageContaining("no text at all is allowed");
            return null;
        }
    }

    private Map<String, Map<String, @Nullable Object>> tools(Style style) {
        Map<String, Map<String, @Nullable Object>> parameters = new LinkedHashMap<>();
        for (String name : List.of("p", "pick")) {
            Map<String, @Nullable Object> schema = generator.arguments(2);
            if (style.calls == CallStyle.TAGGED) {
                schema.keySet().retainAll(Set.of("type", "properties", "required", "$defs"));
            }
            parameters.put(name, schema);
        }
        return parameters;
    }

    @ParameterizedTest
    @EnumSource
    void whatMasksAllowIsReadAndValid(Style style) {
        int finished = 0;
        for (int round = 0; round < SCHEMAS; round++) {
            Map<String, Map<String, @Nullable Object>> parameters = tools(style);
            Course course = course(style, parameters);
            List<Integer> ids = course == null ? null : walk(style, course.guide());
            if (ids != null) {
                finished++;
                assertThat(style.calls(ids, new Tools(parameters)))
                        .as("%s", ids)
                        .hasSize(1)
                        .allSatisfy((name, arguments) -> assertThat(
                                        new Judge(SchemaGenerator.json(parameters.get(name))).errors(arguments))
                                .as("%s of %s", arguments, SchemaGenerator.json(parameters.get(name)))
                                .isEmpty());
            }
        }
        assertThat(finished).isGreaterThan(SCHEMAS / 8);
    }

    @ParameterizedTest
    @EnumSource
    void callsAreTakenIfAndOnlyIfTheyAreValid(Style style) {
        int valid = 0;
        int invalid = 0;
        for (int round = 0; round < SCHEMAS; round++) {
            Map<String, Map<String, @Nullable Object>> parameters = tools(style);
            Course course = course(style, parameters);
            for (int each = 0; course != null && each < DOCUMENTS; each++) {
                String name = List.copyOf(parameters.keySet()).get(each % 2);
                Map<String, @Nullable Object> schema = Objects.requireNonNull(parameters.get(name));
                Object value = generator.value(schema);
                String arguments = style.calls == CallStyle.TAGGED ? tagged(value, schema) : generator.print(value);
                if (arguments == null) {
                    continue;
                }
                boolean right = new Judge(SchemaGenerator.json(schema)).takes(generator.print(value));
                valid += right ? 1 : 0;
                invalid += right ? 0 : 1;
                assertThat(allows(course.guide(), style.call(name, arguments)))
                        .as("%s takes %s", SchemaGenerator.json(schema), arguments)
                        .isEqualTo(right);
            }
        }
        assertThat(valid).isGreaterThan(SCHEMAS / 2);
        assertThat(invalid).isGreaterThan(SCHEMAS / 4);
    }

    /** Null for what has no form in tags: members that no property names, and something else where a text is due. */
    private @Nullable String tagged(@Nullable Object value, Map<String, @Nullable Object> schema) {
        if (!(value instanceof Map<?, ?> members)
                || !(schema.get("properties") instanceof Map<?, ?> properties)
                || !properties.keySet().containsAll(members.keySet())) {
            return null;
        }
        StringBuilder text = new StringBuilder();
        for (Map.Entry<?, ?> each : members.entrySet()) {
            boolean raw = properties.get(each.getKey()) instanceof Map<?, ?> its && "string".equals(its.get("type"));
            if (raw && !(each.getValue() instanceof String)) {
                return null;
            }
            text.append("<parameter=").append(each.getKey()).append(">\n");
            text.append(raw ? each.getValue() : generator.print(each.getValue()));
            text.append("\n</parameter>\n");
        }
        return text.toString();
    }

    private static boolean allows(Guide guide, List<Integer> ids) {
        return ids.stream().allMatch(guide::accept) && guide.isComplete();
    }

    /** Draws among what masks allow, closing what is open more often than not; null where that has no end. */
    private @Nullable List<Integer> walk(Style style, Guide guide) {
        List<Integer> ids = new ArrayList<>();
        long[] words = new long[(style.tokens.size() + 63) / 64];
        Scout scout = new Scout(WALK);
        while (ids.size() < WALK && !guide.isComplete()) {
            assertThat(guide.mask(words, new MaskWork(MaskWork.STEP))).isTrue();
            scout.compare(guide, words);
            List<Integer> allowed = IntStream.range(0, style.tokens.size())
                    .filter(id -> (words[id >> 6] >>> id & 1) != 0)
                    .boxed()
                    .toList();
            assertThat(allowed).as("after %s", ids).isNotEmpty();
            List<Integer> closing =
                    allowed.stream().filter(id -> "\"}]<>/0".indexOf(id) >= 0).toList();
            List<Integer> from = !closing.isEmpty() && random.nextInt(3) > 0 ? closing : allowed;
            int token = from.get(random.nextInt(from.size()));
            assertThat(guide.accept(token)).isTrue();
            scout.take(token);
            ids.add(token);
        }
        assertThat(scout.compared).isGreaterThanOrEqualTo(ids.size() / 2);
        return guide.isComplete() ? ids : null;
    }
}
