package dev.tramontane.api.openai;

import dev.tramontane.generation.AnswerForm;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.structure.Form;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fields that say what an answer must be: OpenAI's {@code response_format}, vLLM's {@code structured_outputs} and the {@code guided_} fields
 * before it, llama.cpp's {@code grammar} and {@code json_schema}. What they say is checked later, off the event loop, when it is compiled.
 */
public final class FormFields {
    private static final String NOT_YET =
            "only choices and regular expressions (structured_outputs) are enforced so far";

    private FormFields() {}

    /** What one of them asks for, or null; two that ask for something are one too many. */
    static @Nullable AnswerForm read(JsonFields fields) {
        return only(
                format(fields.object("response_format")),
                structuredOutputs(fields.object("structured_outputs")),
                choice(fields, "guided_choice"),
                regex(fields, "guided_regex"));
    }

    /** The same of a request for a response: OpenAI's {@code text.format}, vLLM's {@code structured_outputs}. */
    public static @Nullable AnswerForm ofResponse(JsonFields fields) {
        AnswerForm format = null;
        JsonFields text = fields.object("text");
        if (text != null) {
            format = format(text.object("format"));
            text.only("verbosity", "medium");
            text.end();
        }
        return only(format, structuredOutputs(fields.object("structured_outputs")));
    }

    private static @Nullable AnswerForm only(@Nullable AnswerForm... all) {
        AnswerForm only = null;
        for (AnswerForm form : all) {
            if (only != null && form != null) {
                throw new InvalidJsonException(
                        form.field(),
                        only.field() + " and " + form.field() + " both say what an answer must be; send one of them");
            }
            only = form == null ? only : form;
        }
        return only;
    }

    private static @Nullable AnswerForm format(@Nullable JsonFields format) {
        if (format != null) {
            format.only("type", "text");
            format.end();
        }
        return null;
    }

    private static @Nullable AnswerForm structuredOutputs(@Nullable JsonFields outputs) {
        if (outputs == null) {
            return null;
        }
        AnswerForm form = only(choice(outputs, "choice"), regex(outputs, "regex"));
        for (String name : List.of("json", "grammar", "structural_tag", "whitespace_pattern")) {
            outputs.refuse(name, NOT_YET);
        }
        for (String name :
                List.of("json_object", "disable_fallback", "disable_any_whitespace", "disable_additional_properties")) {
            outputs.only(name, false);
        }
        outputs.end();
        if (form == null) {
            throw new InvalidJsonException(
                    "structured_outputs", "structured_outputs must have one of choice and regex, or be left out");
        }
        return form;
    }

    private static @Nullable AnswerForm choice(JsonFields fields, String name) {
        List<@Nullable Object> given = fields.array(name);
        if (given == null) {
            return null;
        }
        String path = fields.path(name);
        List<String> texts = new ArrayList<>();
        int characters = 0;
        for (int i = 0; i < given.size(); i++) {
            String text = JsonFields.string(given.get(i), path + "[" + i + "]");
            characters += text.length();
            texts.add(text);
        }
        return new AnswerForm(new Form.Choice(texts), path, characters);
    }

    private static @Nullable AnswerForm regex(JsonFields fields, String name) {
        String pattern = fields.string(name);
        return pattern == null ? null : new AnswerForm(new Form.Regex(pattern), fields.path(name), pattern.length());
    }
}
